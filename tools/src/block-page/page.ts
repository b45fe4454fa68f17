/**
 * The shipped page as a template. What it must do: docs/block-page.md.
 *
 * Colours are fixed when it is written; it loads nothing, moves nothing, and without JavaScript only the copy button is
 * missing. Labels in the details stay English in every language: support tools look for them in what users paste.
 */
import type { Settings } from '../../../schema/settings.ts';
import { brandPalette, darkPalette, isDark, type Palette } from './colours.ts';

export function shippedPage({ block_page: { brand, show_address, support_email } }: Settings): string {
  const title = brand.name === undefined ? '{{heading}}' : '{{heading}} · {{brand_name}}';
  return [
    '<!doctype html>',
    '<html lang="{{language}}" dir="{{direction}}">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${title}</title>`,
    // Without this a browser asks for /favicon.ico, and that may be blocked in turn.
    '<link rel="icon" href="data:,">',
    `<style>${squeeze(styles(brand))}</style>`,
    '<main>',
    ...(brand.logo === undefined
      ? [
          ...(brand.name === undefined ? [] : ['<p class="brand">{{brand_name}}</p>']),
          '<svg viewBox="3 1 18 22" aria-hidden="true"><path d="M12 2 4 5v6c0 5 3.4 9.2 8 11 4.6-1.8 8-6 8-11V5zM12 8v4.5m0 3v.2"/></svg>',
        ]
      : ['<p class="brand"><img src="{{logo}}" alt="{{brand_name}}"></p>']),
    '<h1>{{heading}}</h1>',
    '<p>{{message}}</p>',
    '<p>{{advice}}</p>',
    '<h2>{{details}}</h2>',
    [
      '<pre id="details" lang="en" dir="ltr">',
      ...(show_address ? ['IP: {{client_ip}}\n'] : []),
      'Time: {{timestamp}}\n',
      'Request ID: {{request_id}}</pre>',
    ].join(''),
    '<p class="actions">',
    '<button id="copy" type="button" hidden data-done="{{copied}}" data-failed="{{copy_failed}}">{{copy}}</button>',
    ...(support_email === undefined ? [] : ['<a href="{{mailto}}">{{contact}}</a>']),
    '</p>',
    '<p id="status" role="status"></p>',
    '</main>',
    `<script>${squeeze(script)}</script>`,
    '',
  ].join('\n');
}

const variables = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour};`)
    .join('');

function styles(brand: Settings['block_page']['brand']): string {
  const dark = darkPalette(brand);
  return `
:root {
  color-scheme: ${dark !== undefined ? 'light dark' : isDark(brand.background) ? 'dark' : 'light'};
  ${variables(brandPalette(brand))}
}
${
  dark === undefined
    ? ''
    : `@media screen and (prefers-color-scheme: dark) {
  :root { ${variables(dark)} }
  img { padding: .375rem .5rem; background: ${brand.background}; border-radius: .375rem; forced-color-adjust: none; }
}`
}
* { box-sizing: border-box; }
body {
  display: flex; min-height: 100vh; margin: 0; padding: clamp(.5rem, 3vw, 1rem);
  background: var(--page); color: var(--text);
  font: 1rem/1.6 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main {
  width: 100%; max-width: 36rem; margin: auto; padding: clamp(1rem, 6vw, 2.75rem);
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
  box-shadow: 0 1px 2px #0000000d, 0 12px 32px #0000000f;
}
.brand { margin: 0 0 2rem; font-weight: 600; }
img { display: block; max-width: 100%; height: 2.5rem; }

svg { width: 2.125rem; fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
h1 { margin: .5rem 0 1rem; font-size: 1.75rem; line-height: 1.25; text-wrap: balance; }
:lang(ko) { word-break: keep-all; }
h2 { margin: 1.75rem 0 .5rem; color: var(--muted); font-size: .875rem; }
p { margin: .5rem 0; }
pre {
  margin: 0; padding: .75rem clamp(.75rem, 3vw, 1rem);
  background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
  font: clamp(.75rem, 3.5vw, .875rem)/1.75 ui-monospace, Menlo, Consolas, "Liberation Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere;
  -webkit-user-select: all; user-select: all;
}
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 0; }
.actions > :not([hidden]) {
  display: inline-block; min-height: 2.75rem; padding: .5rem 1.125rem;
  border: 1px solid var(--accent); border-radius: .5rem;
  font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
}
button { background: var(--accent); color: var(--card); }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
#status { margin: .75rem 0 0; }
#status:empty { margin: 0; }
@media (forced-colors: active) {
  svg { stroke: CanvasText; }
  button { background: ButtonFace; color: ButtonText; }
}
@media print {
  :root { --page: #fff; --card: #fff; --panel: #fff; --text: #000; --muted: #000; }
  body { display: block; padding: 0; }
  main { border: 0; box-shadow: none; }
  .actions, #status { display: none; }
}
`;
}

/**
 * The button appears only here, so a page without JavaScript has none. `execCommand` serves where the Clipboard API is
 * missing (plain HTTP) or refused; if that fails too, the details stay selected and the text says so. The text is set a
 * moment after it was emptied, so that screen readers speak up the second time as well.
 */
const script = `
(function (d) {
  var b = d.getElementById("copy"), t = d.getElementById("details"), s = d.getElementById("status");
  function say(k) {
    s.textContent = "";
    setTimeout(function () { s.textContent = b.getAttribute("data-" + k); }, 50);
  }
  function select() {
    var g = getSelection(), ok = false;
    g.removeAllRanges();
    g.selectAllChildren(t);
    try { ok = d.execCommand("copy"); } catch (e) {}
    say(ok ? "done" : "failed");
  }
  b.onclick = function () {
    if (navigator.clipboard) {
      navigator.clipboard.writeText(t.textContent).then(function () { say("done"); }, select);
    } else {
      select();
    }
  };
  b.hidden = false;
})(document);
`;

/** Takes out the space that only people need. Strings in the sources above hold none next to a bracket or operator. */
function squeeze(source: string): string {
  return source
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,:>=?]|\|\||&&) ?/g, '$1')
    .replace(/;}/g, '}')
    .trim();
}

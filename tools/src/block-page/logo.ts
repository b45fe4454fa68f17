/**
 * The brand's logo as a `data:` URI for an `<img>`, where nothing in it can run or load.
 *
 * What could is refused all the same: somebody may open the image by itself, and a reference that never loads is a
 * mistake that the operator wants to know of.
 */

export type LogoReading = { readonly dataUri: string } | { readonly problem: string };

/** Elements that draw, and nothing else. */
const svgElements = new Set(
  (
    'svg g defs symbol use title desc metadata path rect circle ellipse line polyline polygon text tspan ' +
    'lineargradient radialgradient stop clippath mask pattern marker style filter fegaussianblur feoffset feblend ' +
    'fecolormatrix fecomposite feflood femerge femergenode femorphology fedropshadow'
  ).split(' '),
);

/** Beginnings of image files, as bytes. */
const signatures: Readonly<Record<string, readonly string[]>> = {
  'image/png': ['\x89PNG\r\n\x1a\n'],
  'image/jpeg': ['\xff\xd8\xff'],
  'image/gif': ['GIF87a', 'GIF89a'],
  'image/webp': ['RIFF'],
};

/** Reads `block_page.brand.logo`: inline SVG, or a `data:` URI of SVG, PNG, JPEG, GIF or WebP. */
export function readLogo(logo: string): LogoReading {
  const text = logo.trim();
  return /^data:/i.test(text) ? readDataUri(text) : readSvg(text);
}

function readDataUri(uri: string): LogoReading {
  const parts = /^data:(image\/[a-z+]+)((?:;[a-z0-9=-]+)*),(.*)$/is.exec(uri);
  const type = parts?.[1]?.toLowerCase() ?? '';
  if (parts === null || (type !== 'image/svg+xml' && !(type in signatures))) {
    return { problem: 'a data: URI must be of image/svg+xml, image/png, image/jpeg, image/gif or image/webp' };
  }
  const isBase64 = /;base64$/i.test(parts[2] ?? '');
  const data = (parts[3] ?? '').trim();
  if (isBase64 && !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    return { problem: 'the data: URI is not valid base64' };
  }
  if (type === 'image/svg+xml') {
    const svg = isBase64 ? Buffer.from(data, 'base64').toString('utf8') : decodePercent(data);
    return svg === undefined ? { problem: 'the data: URI is not valid percent-encoding' } : readSvg(svg);
  }
  if (!isBase64) {
    return { problem: `a data: URI of ${type} must be base64` };
  }
  const bytes = Buffer.from(data, 'base64').toString('latin1');
  return (signatures[type] ?? []).some((signature) => bytes.startsWith(signature))
    ? { dataUri: `data:${type};base64,${data}` }
    : { problem: `the data: URI says ${type}, and its content is something else` };
}

function readSvg(text: string): LogoReading {
  const svg = text
    .replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, '')
    .replace(/<!--[^]*?-->/g, '')
    .trim();
  if (!/^<svg[\s>]/i.test(svg) || !/<\/svg>$/i.test(svg)) {
    return { problem: 'a logo is SVG from "<svg" to "</svg>", or a data: URI of an image' };
  }
  const problem = svgProblem(svg);
  if (problem !== undefined) {
    return { problem };
  }
  // Without the namespace a browser does not take the image for SVG.
  const named = /^<svg[^>]*\sxmlns\s*=/i.test(svg)
    ? svg
    : svg.replace(/^<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
  return { dataUri: `data:image/svg+xml,${encodeSvg(named.replace(/\s+/g, ' ').replace(/> </g, '><'))}` };
}

function svgProblem(svg: string): string | undefined {
  if (/[\p{Surrogate}\u0000-\u0008\u000b\u000c\u000e-\u001f]/u.test(svg)) {
    return 'a logo must not hold control characters or halves of characters';
  }
  if (/<[!?]/.test(svg)) {
    return 'a logo must not hold <!DOCTYPE>, <!ENTITY>, CDATA or processing instructions; remove them';
  }
  for (const [, name = ''] of svg.matchAll(/<\/?([^\s/>]*)/g)) {
    if (!svgElements.has(name.toLowerCase())) {
      return `a logo must not hold <${name.slice(0, 30)}>: only drawing is allowed, nothing that runs or loads`;
    }
  }
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});)/i.test(svg)) {
    return 'a logo may use only the entities &amp; &lt; &gt; &quot; &apos; and numbers; "&" itself is written &amp;';
  }
  if (svg.includes('\\')) {
    return 'a logo must not hold backslashes: they can hide what a style loads';
  }
  // Character references could spell any of the words below.
  const plain = svg.replace(/&#(x?)([0-9a-f]+);/gi, (_, hex: string, digits: string) =>
    String.fromCodePoint(Math.min(Number.parseInt(digits, hex === '' ? 10 : 16), 0x10ffff)),
  );
  const handler = /[\s"'/](on[a-z]+)\s*=/i.exec(plain)?.[1];
  if (handler !== undefined) {
    return `a logo must not hold ${handler}=: nothing in it may run`;
  }
  for (const [, name = '', value = ''] of plain.matchAll(/[\s"'/]((?:\w+:)?href|src)\s*=\s*["']?([^"'\s>]*)/gi)) {
    if (!value.startsWith('#')) {
      return `a logo must not refer to ${name}="${value.slice(0, 40)}": only "#…" inside itself`;
    }
  }
  for (const [, name = '', value = ''] of plain.matchAll(/(url|src|image|image-set)\(\s*["']?([^"')]*)/gi)) {
    if (!value.startsWith('#')) {
      return `a logo must not load ${name}(${value.slice(0, 40)}): only url(#…) inside itself`;
    }
  }
  if (/@import|javascript:/i.test(plain)) {
    return 'a logo must not hold @import or javascript:';
  }
  return malformed(svg);
}

const token = /<(\/?)([^\s/>]+)(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>|[^<]+/y;

/** A browser shows no image for XML that is not well-formed. */
function malformed(svg: string): string | undefined {
  const open: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < svg.length) {
    const start = token.lastIndex;
    const found = token.exec(svg);
    if (found === null) {
      return `the logo is not well-formed at ${svg.slice(start, start + 40)}`;
    }
    const [, slash, name, self] = found;
    if (name === undefined || self === '/') {
      continue;
    }
    if (slash === '') {
      open.push(name);
    } else if (open.pop() !== name) {
      return `the logo is not well-formed: </${name}> closes nothing that is open`;
    }
  }
  const last = open.at(-1);
  return last === undefined ? undefined : `the logo is not well-formed: <${last}> is never closed`;
}

/** Percent-encoding of what an attribute in double quotes or NGINX's configuration cannot hold; shorter than base64. */
function encodeSvg(svg: string): string {
  return svg.replace(/[^ !'()*,\-./0-9:;=?@A-Z_a-z~]/gu, (character) => encodeURIComponent(character));
}

function decodePercent(data: string): string | undefined {
  try {
    return decodeURIComponent(data);
  } catch {
    return undefined;
  }
}

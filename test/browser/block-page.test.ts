/**
 * The blocking page in a real browser, served by a real NGINX: WCAG 2.2 AA, every way people look at a page, and the
 * copy button on every path that a browser takes.
 */
import { rmSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSite, type Site, type SiteOptions } from '../../scripts/site.ts';
import { languages } from '../../tools/src/block-page/languages.ts';
import { allBuilds, siteDirectory } from '../nginx/harness.ts';
import { has } from '../requirement.ts';
import { accessibilityFindings, screenshot, startChromium } from './chromium.ts';

const logo =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 40"><circle cx="20" cy="20" r="18" fill="#0b7a53"/>' +
  '<path d="M11 20l7 7 12-13" fill="none" stroke="#fff" stroke-width="4"/>' +
  '<text x="48" y="28" font-family="sans-serif" font-size="24" font-weight="700" fill="#0b7a53">Lunaria</text></svg>';

/** What a person pastes must be found by these. Source: wallarm-node.md 4.4. */
function pasted(text: string): { ip?: string; time?: string; id?: string } {
  const ip = /IP:?\s+(\S+)/.exec(text)?.[1];
  const time = /(?:Blocked on|Time:)\s+(\S+)/.exec(text)?.[1];
  const id = /(?:UUID|Request ID:)\s+([0-9a-f]{32})/.exec(text)?.[1];
  return {
    ...(ip === undefined ? {} : { ip }),
    ...(time === undefined ? {} : { time }),
    ...(id === undefined ? {} : { id }),
  };
}

const complete = {
  ip: '203.0.113.7',
  time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
  id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
};

describe.skipIf(!has('chromium'))('blocking page in Chromium', () => {
  let browser: Browser;
  const sites: Site[] = [];
  const directories: string[] = [];
  /** With name, logo and a support address; and as it ships; and with a dark brand. */
  let branded: Site;
  let plain: Site;
  let dark: Site;

  const site = async (blockPage: NonNullable<SiteOptions['settings']>['block_page']): Promise<Site> => {
    const [build] = await allBuilds();
    if (build === undefined) throw new Error('no kit');
    const directory = siteDirectory();
    directories.push(directory);
    const started = await startSite({
      kit: build.kit,
      directory,
      settings: {
        ...(blockPage === undefined ? {} : { block_page: blockPage }),
        trusted_proxies: { from: ['127.0.0.1/32'] },
      },
      serverLines: ['if ($arg_blocked) { return 498; }'],
    });
    sites.push(started);
    return started;
  };

  beforeAll(async () => {
    branded = await site({
      support_email: 'help@lunaria.example',
      brand: { name: 'Lunaria', logo, accent: '#0b7a53' },
    });
    plain = await site(undefined);
    dark = await site({ brand: { name: 'Nocturne', background: '#101820', text: '#f2f2f2', accent: '#ffb547' } });
    browser = await startChromium('MAP blocked.example 127.0.0.1');
  });
  afterAll(async () => {
    await browser?.close();
    for (const one of sites) await one.stop();
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });

  /** Opens the page in a fresh context that ends with the test. */
  async function open(
    from: Site,
    options: BrowserContextOptions & {
      language?: string;
      host?: string;
      before?: (page: Page) => Promise<unknown>;
    } = {},
  ): Promise<Page> {
    const { language, host = '127.0.0.1', before, ...contextOptions } = options;
    const context = await browser.newContext({
      locale: language ?? 'en-GB',
      extraHTTPHeaders: { 'X-Forwarded-For': '203.0.113.7' },
      ...contextOptions,
    });
    const page = await context.newPage();
    await before?.(page);
    const response = await page.goto(`http://${host}:${from.ports.app}/account?blocked=1`);
    expect(response?.status()).toBe(403);
    return page;
  }

  const overflow = (page: Page): Promise<number> =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

  const looks: readonly [string, () => Site, BrowserContextOptions][] = [
    ['plain', () => plain, {}],
    ['plain, dark', () => plain, { colorScheme: 'dark' }],
    ['branded', () => branded, {}],
    ['branded, dark', () => branded, { colorScheme: 'dark' }],
    ['dark brand', () => dark, {}],
    ['dark brand, dark', () => dark, { colorScheme: 'dark' }],
    ['forced colours', () => branded, { forcedColors: 'active' }],
    ['forced colours, dark', () => branded, { forcedColors: 'active', colorScheme: 'dark' }],
    ['320 px', () => branded, { viewport: { width: 320, height: 568 } }],
    ['200 % zoom', () => branded, { viewport: { width: 640, height: 360 }, deviceScaleFactor: 2 }],
    ['400 % zoom', () => branded, { viewport: { width: 320, height: 180 }, deviceScaleFactor: 4 }],
    ['phone, landscape', () => branded, { viewport: { width: 568, height: 320 } }],
    ['reduced motion', () => branded, { reducedMotion: 'reduce' }],
  ];
  test.each(looks)('%s: no finding of axe-core, nothing to scroll sideways', async (name, from, options) => {
    const page = await open(from(), { ...options, bypassCSP: true });
    await screenshot(page, name.replace(/[^\w]+/g, '-'));
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    expect(pasted(await page.locator('#details').innerText())).toEqual(complete);
    await page.context().close();
  });

  test.each(languages.map(({ tag, direction, strings }) => [tag, direction, strings] as const))(
    '%s: in its own language and direction, readable at 320 px',
    async (tag, direction, strings) => {
      const page = await open(branded, { language: tag, viewport: { width: 320, height: 568 }, bypassCSP: true });
      await page.locator('#copy').click();
      await page.locator('#status:not(:empty)').waitFor();
      await screenshot(page, `language-${tag}`);
      expect(await accessibilityFindings(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir])).toEqual([
        tag,
        direction,
      ]);
      expect(await page.locator('h1').innerText()).toBe(strings.heading);
      expect(await page.locator('#details').evaluate((element) => getComputedStyle(element).direction)).toBe('ltr');
      expect(pasted(await page.locator('#details').innerText())).toEqual(complete);
      await page.context().close();
    },
  );

  test('Arabic on a wide screen begins on the right', async () => {
    const page = await open(branded, { language: 'ar' });
    await screenshot(page, 'language-ar-wide');
    const [logoBox, card] = await Promise.all([page.locator('img').boundingBox(), page.locator('main').boundingBox()]);
    const middle = (card?.x ?? 0) + (card?.width ?? 0) / 2;
    expect(logoBox?.x).toBeGreaterThan(middle);
    await page.context().close();
  });

  test('text twice as large, and text spacing, cut nothing off', async () => {
    const page = await open(branded, { bypassCSP: true, viewport: { width: 1280, height: 720 } });
    await page.addStyleTag({ content: 'html { font-size: 200% }' });
    expect(await overflow(page)).toBe(0);
    await screenshot(page, 'text-200');
    // WCAG 1.4.12.
    await page.addStyleTag({
      content:
        'html { font-size: 100% } * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }',
    });
    expect(await overflow(page)).toBe(0);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll('p, pre, h1, h2, button, a')]
        .filter(
          (element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline',
        )
        .map((element) => element.outerHTML),
    );
    expect(cut).toEqual([]);
    await screenshot(page, 'text-spacing');
    await page.context().close();
  });

  test('print: the details, no buttons', async () => {
    const page = await open(branded, {});
    await page.emulateMedia({ media: 'print' });
    await screenshot(page, 'print');
    expect(await page.locator('#copy').isVisible()).toBe(false);
    expect(pasted(await page.locator('main').innerText())).toEqual(complete);
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
    await page.context().close();
  });

  test('without JavaScript: everything but the copy button', async () => {
    const page = await open(branded, { javaScriptEnabled: false });
    await screenshot(page, 'no-javascript');
    expect(await page.locator('#copy').isVisible()).toBe(false);
    expect(await page.locator('a').isVisible()).toBe(true);
    expect(pasted(await page.locator('#details').innerText())).toEqual(complete);
    await page.context().close();
  });

  test('keyboard: focus can be seen, Enter copies, the mail link comes next', async () => {
    const page = await open(branded);
    await page.keyboard.press('Tab');
    const outline = (): Promise<string> =>
      page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement as Element);
        return `${document.activeElement?.id || document.activeElement?.tagName} ${outlineStyle} ${outlineWidth}`;
      });
    expect(await outline()).toBe('copy solid 3px');
    await screenshot(page, 'keyboard-focus');
    await page.keyboard.press('Enter');
    await page.getByText('Details copied.').waitFor();
    await page.keyboard.press('Tab');
    expect(await outline()).toBe('A solid 3px');
    await page.context().close();
  });

  test('targets are at least 24 by 24 pixels', async () => {
    const page = await open(branded, { viewport: { width: 320, height: 568 } });
    for (const target of ['#copy', 'a']) {
      const box = await page.locator(target).boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0), target).toBeGreaterThanOrEqual(24);
    }
    await page.context().close();
  });

  const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

  test('copies with the Clipboard API, says so again on a second press', async () => {
    const page = await open(plain, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.locator('#copy').click();
    await page.getByText('Details copied.').waitFor();
    expect(pasted(await clipboard(page))).toEqual(pasted(await page.locator('#details').innerText()));
    expect(await page.locator('#status').getAttribute('role')).toBe('status');
    await screenshot(page, 'copied');
    const changes = page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const seen: string[] = [];
          const status = document.getElementById('status') as Element;
          new MutationObserver(() => {
            seen.push(status.textContent ?? '');
            if (seen.at(-1) !== '') resolve(seen);
          }).observe(status, { childList: true });
        }),
    );
    await page.locator('#copy').click();
    expect(await changes).toEqual(['', 'Details copied.']);
    await page.context().close();
  });

  test('copies without the Clipboard API: plain HTTP on a host name', async () => {
    const page = await open(plain, { host: 'blocked.example' });
    expect(await page.evaluate(() => [isSecureContext, 'clipboard' in navigator])).toEqual([false, false]);
    await page.locator('#copy').click();
    await page.getByText('Details copied.').waitFor();
    const reader = await open(plain, { permissions: ['clipboard-read'] });
    expect(pasted(await clipboard(reader))).toEqual(pasted(await page.locator('#details').innerText()));
    await page.context().close();
    await reader.context().close();
  });

  test('copies when the Clipboard API refuses', async () => {
    const page = await open(plain, {
      permissions: ['clipboard-read', 'clipboard-write'],
      before: (one) =>
        one.addInitScript(() => {
          navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
        }),
    });
    await page.locator('#copy').click();
    await page.getByText('Details copied.').waitFor();
    expect(pasted(await clipboard(page))).toEqual(pasted(await page.locator('#details').innerText()));
    await page.context().close();
  });

  test('when nothing can copy, the details stay selected and the page says so', async () => {
    const page = await open(plain, {
      host: 'blocked.example',
      before: (one) =>
        one.addInitScript(() => {
          document.execCommand = () => false;
        }),
    });
    await page.locator('#copy').click();
    await page.getByText('The details are selected.').waitFor();
    expect(pasted(await page.evaluate(() => String(getSelection())))).toEqual(complete);
    await screenshot(page, 'copy-failed');
    await page.context().close();
  });

  test('one click into the details selects all of them', async () => {
    const page = await open(plain);
    await page.locator('#details').click({ position: { x: 30, y: 25 } });
    expect(pasted(await page.evaluate(() => String(getSelection())))).toEqual(complete);
    await page.context().close();
  });

  test('the mail has the details filled in', async () => {
    const page = await open(branded, { language: 'ar' });
    const address = new URL((await page.locator('a').getAttribute('href')) ?? '');
    expect(address.protocol + address.pathname).toBe('mailto:help@lunaria.example');
    expect(address.searchParams.get('subject')).toMatch(/^تم حظر الطلب: [0-9a-f]{32}$/);
    const body = address.searchParams.get('body') ?? '';
    expect(body).toContain('\r\n');
    expect(pasted(body)).toEqual(pasted(await page.locator('#details').innerText()));
    await page.context().close();
  });

  test('asks for nothing else, breaks no rule of its own policy, sets nothing', async () => {
    const requests: string[] = [];
    const complaints: string[] = [];
    const page = await open(branded, {
      before: async (one) => {
        one.on('request', (request) => requests.push(request.url()));
        one.on('console', (message) => complaints.push(message.text()));
        one.on('pageerror', (error) => complaints.push(String(error)));
      },
    });
    await page.locator('#copy').click();
    await page.locator('#status:not(:empty)').waitFor();
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([page.url()]);
    expect(complaints.filter((text) => !text.includes('status of 403'))).toEqual([]);
    expect(await page.context().cookies()).toEqual([]);
    expect(await page.evaluate(() => document.querySelector('img')?.naturalWidth)).toBeGreaterThan(0);
    await page.context().close();
  });

  test('the policy stops what does not belong to the page', async () => {
    const page = await open(branded);
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
      const style = document.createElement('style');
      style.textContent = 'h1 { display: none }';
      document.head.append(style);
      return [
        (globalThis as { ran?: boolean }).ran ?? false,
        getComputedStyle(document.querySelector('h1') as Element).display,
      ];
    });
    expect(ran).toEqual([false, 'block']);
    await page.context().close();
  });

  test('nothing moves', async () => {
    const page = await open(branded);
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element);
          return transitionDuration !== '0s' || animationName !== 'none';
        }).length,
    );
    expect(moving).toBe(0);
    await page.context().close();
  });
});

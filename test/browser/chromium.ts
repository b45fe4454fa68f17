/** Real Chromium for tests: the distribution's package, driven by playwright-core. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { repositoryRoot } from '../../scripts/kits/repository.ts';
import { findProgram } from '../../scripts/test/requirements.ts';

/** @param hosts  `--host-resolver-rules`, such as `MAP blocked.example 127.0.0.1` */
export function startChromium(hosts: string): Promise<Browser> {
  return chromium.launch({
    executablePath: findProgram('chromium') ?? 'chromium',
    args: [
      '--no-sandbox',
      '--headless',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${hosts}`,
    ],
  });
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds against WCAG 2.2 level AA and its own best practices: `rule: element` per finding. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    interface Axe {
      run(options: object): Promise<{ violations: Finding[]; incomplete: Finding[]; passes: Finding[] }>;
    }
    interface Finding {
      id: string;
      nodes: { html: string; failureSummary?: string }[];
    }
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations, incomplete, passes } = await axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    if (passes.length < 10) {
      return [`axe-core looked at almost nothing: ${passes.length} rules passed`];
    }
    return [...violations, ...incomplete].flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    );
  });
}

/** Keeps a picture in `.cache/screenshots/` for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = path.join(repositoryRoot, '.cache/screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

/**
 * What `wallguard check` says of configurations that nobody broke: no error and no warning. Whatever it does say stands
 * here, so that a new check cannot add noise unnoticed.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ensureKit, KIT_NAMES } from '../../scripts/kits/kit.ts';
import { writeSite } from '../../scripts/site.ts';
import type { Engine } from '../../schema/settings.ts';
import { commands, runCli } from '../../tools/src/cli.ts';
import { ensureDouble, whyNoDouble } from '../double/build.ts';
import { fakeIo } from '../unit/cli/fake-io.ts';

const noDouble = await whyNoDouble();
if (noDouble !== undefined) process.stderr.write(`skipped: ${noDouble}\n`);

const behindBalancer = 'info realip-missing: there is no set_real_ip_from';

/** By engine. */
const demo = {
  none: { said: [behindBalancer] },
  modsecurity: {
    said: [
      behindBalancer,
      'info modsecurity-body-limit: NGINX takes bodies of 20 MiB, and ModSecurity refuses more than 12.5 MiB',
    ],
  },
  wallarm: {
    said: [
      behindBalancer,
      'info mode-override: wallarm_mode $wallguard_mode holds only where the Console defines no mode',
    ],
  },
} as const;

const kits = await Promise.all(KIT_NAMES.map((name) => ensureKit(name, { dev: true })));

interface Report {
  readonly findings: readonly { readonly check: string; readonly severity: string; readonly message: string }[];
  readonly checks: readonly { readonly id: string; readonly outcome: string; readonly reasons: readonly string[] }[];
}

/** All findings as `severity check: message`, with the temporary directory left out. */
async function findings(args: readonly string[], directory = '/nowhere'): Promise<string[]> {
  const io = fakeIo(tmpdir());
  await runCli(['check', '--format', 'json', ...args], io, commands);
  const report = JSON.parse(io.written.out) as Report;
  expect(report.checks.filter(({ outcome }) => outcome === 'crashed')).toEqual([]);
  return report.findings.map(({ severity, check, message }) =>
    `${severity} ${check}: ${message}`.replaceAll(directory, ''),
  );
}

describe.each(kits.map((kit) => ({ name: `nginx ${kit.nginxVersion}`, kit })))('$name', ({ kit }) => {
  test('the stock configuration of the distribution', async () => {
    expect(await findings(['--root', kit.root])).toEqual([]);
  });

  test.each(Object.entries(demo))('the site of the demo with engine %s', async (engine, { said }) => {
    if (engine === 'wallarm' && noDouble !== undefined) return;
    const directory = mkdtempSync(path.join(tmpdir(), 'wallguard-check-'));
    chmodSync(directory, 0o755);
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const { files } = await writeSite({
      kit,
      directory,
      upstream: 'http://127.0.0.1:3000',
      // The directory of the test is below /tmp, about which there is something to say.
      settings: { engine: engine as Engine, core_dumps: { directory: '/var/lib/wallguard/cores' } },
      ...(engine === 'wallarm' ? { wallarmModule: await ensureDouble(kit, '6.13.0') } : {}),
    });
    expect(await findings([files.nginxConf], directory)).toEqual(said);
  });
});

/**
 * Lists in a real NGINX, on every build and engine: what each list means in each mode, row by row, and that entries come
 * and go as they should.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeHostFile } from '../../njs/src/core/lists/host-file.ts';
import type { ListEntry, ListName } from '../../schema/lists.ts';
import type { Engine, Mode } from '../../schema/settings.ts';
import type { Site } from '../../scripts/site.ts';
import { controlClient } from '../../tools/src/control/control-client.ts';
import { eventually } from './harness.ts';
import {
  ask,
  attack,
  builds,
  contentLocations,
  directoryOf,
  end,
  engines,
  hostFile,
  lineOf,
  start,
  type Answer,
} from './sources.ts';

const modes: readonly Mode[] = ['off', 'monitoring', 'safe_blocking', 'block'];
const listed: Readonly<Record<ListName | '', string>> = {
  '': '127.0.1.1',
  allow: '127.0.1.2',
  deny: '127.0.1.3',
  gray: '127.0.1.4',
};

/** What becomes of clean requests and of attacks: passed, or blocked for a reason. Source: wallarm-node.md 2.1, 5.1. */
function expected(mode: Mode, list: ListName | '', engine: Engine): { clean: string; attack: string } {
  if (mode === 'off' || list === 'allow') return { clean: 'passed', attack: 'passed' };
  if (list === 'deny') return { clean: 'denylist', attack: 'denylist' };
  if (engine === 'none') return { clean: 'passed', attack: 'passed' };
  if (mode === 'block') return { clean: 'passed', attack: 'attack' };
  return { clean: 'passed', attack: mode === 'safe_blocking' && list === 'gray' ? 'graylist' : 'passed' };
}

describe.each(builds.flatMap((build) => engines.map((engine) => [build.name, engine, build] as const)))(
  '%s, %s',
  (_name, engine, build) => {
    let site: Site;

    beforeAll(async () => {
      site = await start(build, engine, {
        workers: 2,
        locations: contentLocations,
        settings: {
          engine,
          applications: modes.map((mode, index) => ({ id: index + 1, name: mode, hosts: [`${mode.replace('_', '-')}.test`], mode })),
        },
      });
      const client = controlClient(site.files.controlSocket);
      for (const list of ['allow', 'deny', 'gray'] as const) await client.add(list, [{ address: listed[list] }], 'test');
    });

    afterAll(() => end(site));

    test.each(modes.flatMap((mode) => (['', 'allow', 'deny', 'gray'] as const).map((list) => [mode, list] as const)))(
      'mode %s, list "%s"',
      async (mode, list) => {
        const wanted = expected(mode, list, engine);
        const { target, headers } = attack(engine);
        const host = `${mode.replace('_', '-')}.test`;
        const answers = {
          clean: await ask(site, listed[list], '/clean', { Host: host }),
          attack: await ask(site, listed[list], target, { Host: host, ...headers }),
        };
        for (const kind of ['clean', 'attack'] as const) {
          const answer = answers[kind];
          if (wanted[kind] === 'passed') {
            expect([kind, answer.status]).toEqual([kind, expect.not.stringMatching('403')]);
            expect(answer.status).not.toBe(403);
          } else {
            expect([kind, answer.status]).toEqual([kind, 403]);
            const line = await lineOf(site, (one) => one['http.request.id'] === answer.id && one['event.name'] === 'request', `line of ${answer.id}`);
            expect(line).toMatchObject({
              'wallguard.action': 'blocked',
              'wallguard.block.reason': wanted[kind],
              'wallguard.list': wanted[kind] === 'attack' ? '' : list,
              'client.address': listed[list],
            });
          }
        }
      },
    );
  },
);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Puts entries where njs would; for periods that the API does not take. */
function place(site: Site, key: string, entries: readonly ListEntry[]): void {
  const folder = `${site.settings.lists.directory}/lists`;
  writeFileSync(`${folder}/hosts/${key}`, writeHostFile(entries));
  for (const { expiresMs } of entries) {
    if (expiresMs === 0) continue;
    const ends = `${folder}/ends/${Math.ceil(expiresMs / 1000)}`;
    mkdirSync(ends, { recursive: true });
    writeFileSync(`${ends}/${key}`, '');
    if (process.getuid?.() === 0) for (const made of [ends, `${ends}/${key}`]) chmodSync(made, 0o777);
  }
}

function entry(address: string, list: ListName, expiresMs = 0): ListEntry {
  return { list, address, applications: [], expiresMs, createdMs: 1, reason: '', source: 'manual', author: 'test' };
}

describe.each(builds.map((build) => [build.name, build] as const))('entries: %s', (_name, build) => {
  test('end when their time is over, and leave nothing behind', async () => {
    const site = await start(build, 'none', { workers: 2, locations: contentLocations });
    try {
      const client = controlClient(site.files.controlSocket);
      // Makes the folders.
      await client.add('deny', [{ address: '127.0.3.9', reason: 'first' }], 'test');
      const endMs = Date.now() + 2500;
      place(site, '127.0.3.1', [entry('127.0.3.1', 'deny', endMs), entry('127.0.3.1', 'gray', endMs + 60_000)]);
      place(site, '127.0.3.2', [entry('127.0.3.2', 'deny', endMs)]);
      expect((await ask(site, '127.0.3.1', '/')).status).toBe(403);
      await sleep(endMs - Date.now() + 5);
      expect((await ask(site, '127.0.3.1', '/')).status).toBe(204);
      await eventually(() => (existsSync(hostFile(site, '127.0.3.2')) ? undefined : true), 'the hint is gone', 5000);
      expect((await client.list('gray')).map(({ address }) => address)).toEqual(['127.0.3.1']);
      expect((await client.list('deny')).map(({ address }) => address)).toEqual(['127.0.3.9']);
      const expired = (await client.history(10)).filter(({ operation }) => operation === 'expire');
      expect(expired.map((change) => change.entry.address).toSorted()).toEqual(['127.0.3.1', '127.0.3.2']);
    } finally {
      await end(site);
    }
  });

  test('a torn file is survived with one message, and an operator can list the address again', async () => {
    const site = await start(build, 'none', { workers: 2, locations: contentLocations });
    try {
      const client = controlClient(site.files.controlSocket);
      await client.add('deny', [{ address: '127.0.3.1' }], 'test');
      writeFileSync(hostFile(site, '127.0.3.1'), readFileSync(hostFile(site, '127.0.3.1'), 'utf8').slice(0, 20));
      for (let times = 0; times < 3; times += 1) expect((await ask(site, '127.0.3.1', '/')).status).toBe(204);
      expect(site.errors().match(/127\.0\.3\.1 is damaged/g)).toHaveLength(1);
      await client.add('deny', [{ address: '127.0.3.1' }], 'test');
      expect((await ask(site, '127.0.3.1', '/')).status).toBe(403);
    } finally {
      await end(site);
    }
  });

  test('outlast a reload, under load, and a restart', async () => {
    const options = { workers: 2, locations: contentLocations };
    const first = await start(build, 'none', options);
    let site = first;
    try {
      await controlClient(site.files.controlSocket).add('deny', [{ address: '127.0.3.1', periodMs: 0 }], 'test');
      const statuses = { listed: new Set<number>(), other: new Set<number>() };
      const until = Date.now() + 2500;
      const load = async (from: string, seen: Set<number>): Promise<void> => {
        while (Date.now() < until) seen.add((await ask(site, from, '/')).status);
      };
      const running = [load('127.0.3.1', statuses.listed), load('127.0.3.2', statuses.other)];
      for (let times = 0; times < 4; times += 1) {
        await sleep(500);
        site.reload();
      }
      await Promise.all(running);
      expect([...statuses.listed]).toEqual([403]);
      expect([...statuses.other]).toEqual([204]);
      await site.stop();
      site = await start(build, 'none', { ...options, directory: directoryOf(first) });
      expect((await ask(site, '127.0.3.1', '/')).status).toBe(403);
    } finally {
      await end(site);
    }
  });

  test('networks of the settings, IPv6 sources, and applications', async () => {
    const site = await start(build, 'none', {
      workers: 2,
      locations: contentLocations,
      settings: {
        lists: { deny: ['127.0.4.0/24', '2001:db8:5::/48'], allow: ['127.0.4.7'] },
        applications: [{ id: 7, name: 'shop', hosts: ['shop.test'] }],
        trusted_proxies: { from: ['127.0.0.1'] },
      },
    });
    try {
      const client = controlClient(site.files.controlSocket);
      await client.add('deny', [{ address: '2001:DB8:6:0:1::1' }, { address: '127.0.3.5', applications: [7] }], 'test');
      await client.add('allow', [{ address: '127.0.4.8' }], 'test');
      const from = (address: string): Promise<Answer> => ask(site, '127.0.0.1', '/', { 'X-Forwarded-For': address });
      expect((await ask(site, '127.0.4.1', '/')).status).toBe(403);
      expect((await ask(site, '127.0.4.7', '/')).status).toBe(204);
      expect((await ask(site, '127.0.4.8', '/')).status).toBe(204);
      expect((await ask(site, '127.0.5.1', '/')).status).toBe(204);
      expect((await from('2001:db8:5:1::9')).status).toBe(403);
      expect((await from('2001:db8:6:0:1::1')).status).toBe(403);
      expect((await from('2001:db8:6:0:1::2')).status).toBe(204);
      expect((await ask(site, '127.0.3.5', '/', { Host: 'shop.test' })).status).toBe(403);
      expect((await ask(site, '127.0.3.5', '/', { Host: 'other.test' })).status).toBe(204);
    } finally {
      await end(site);
    }
  });

  test('without the access phase the denylist blocks nothing in monitoring', async () => {
    const site = await start(build, 'none', {
      locations: contentLocations,
      settings: {
        lists: { access_phase: false },
        mode: 'monitoring',
        applications: [{ id: 7, name: 'shop', hosts: ['shop.test'], mode: 'block' }],
      },
    });
    try {
      await controlClient(site.files.controlSocket).add('deny', [{ address: '127.0.3.1' }], 'test');
      const answer = await ask(site, '127.0.3.1', '/watched');
      expect(answer.status).toBe(204);
      expect((await ask(site, '127.0.3.1', '/', { Host: 'shop.test' })).status).toBe(403);
      expect(await lineOf(site, (line) => line['url.path'] === '/watched', 'its line')).toMatchObject({
        'wallguard.action': 'allowed',
        'wallguard.list': 'deny',
      });
    } finally {
      await end(site);
    }
  });

  test('native_for_lists: NGINX refuses by itself, until the entry ends', async () => {
    const site = await start(build, 'none', {
      workers: 2,
      locations: contentLocations,
      settings: { block_page: { native_for_lists: true } },
    });
    try {
      const client = controlClient(site.files.controlSocket);
      await client.add('deny', [{ address: '127.0.3.1', periodMs: 0 }, { address: '127.0.3.2', applications: [7] }], 'test');
      const mark = (address: string): boolean =>
        existsSync(`${site.settings.lists.directory}/lists/deny/${address}`);
      expect([mark('127.0.3.1'), mark('127.0.3.2')]).toEqual([true, false]);
      // What JavaScript would say is not asked.
      writeFileSync(hostFile(site, '127.0.3.1'), '[]');
      expect((await ask(site, '127.0.3.1', '/')).status).toBe(403);
      expect((await ask(site, '127.0.3.2', '/')).status).toBe(204);
      await client.add('deny', [{ address: '127.0.3.1', periodMs: 0 }], 'test');
      await client.remove('deny', '127.0.3.1', { author: 'test' });
      expect(mark('127.0.3.1')).toBe(false);
      expect((await ask(site, '127.0.3.1', '/')).status).toBe(204);
    } finally {
      await end(site);
    }
  });

  test('a directory that cannot be written costs nobody his request', async () => {
    const site = await start(build, 'none', {
      locations: contentLocations,
      settings: { lists: { directory: '/proc/wallguard' } },
    });
    try {
      expect((await ask(site, '127.0.3.1', '/')).status).toBe(204);
      await expect(controlClient(site.files.controlSocket).add('deny', [{ address: '127.0.3.1' }], 'test')).rejects.toThrow(
        /\/proc|No such file/,
      );
      expect((await ask(site, '127.0.3.1', '/')).status).toBe(204);
    } finally {
      await end(site);
    }
  });
});

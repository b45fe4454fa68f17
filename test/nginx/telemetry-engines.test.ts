/**
 * What the engines say of a request, in the words of the schema: ModSecurity by its audit log, the Wallarm module by its
 * variables.
 */
import { createSocket } from 'node:dgram';
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Mode } from '../../schema/settings.ts';
import { startSite, type Site } from '../../scripts/site.ts';
import { ensureDouble } from '../double/build.ts';
import { allBuilds, eventually, siteDirectory } from './harness.ts';
import { detectionLines, metric, requestLines } from './telemetry-lines.ts';

const builds = await allBuilds();
const sqlAndScript =
  '/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--%3Cscript%3Eprompt(1)%3C/script%3E';

let app: Server;
let upstream: string;

beforeAll(async () => {
  app = createServer((request, response) => {
    request.resume();
    request.once('end', () => response.end('application\n'));
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  upstream = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
});

afterAll(() => {
  app.closeAllConnections();
  app.close();
});

const ask = async (url: string, headers: Record<string, string> = {}): Promise<{ status: number }> => {
  const answer = await fetch(url, { headers: { Host: 'a.example', ...headers } });
  await answer.arrayBuffer();
  return { status: answer.status };
};

describe.each(builds)('ModSecurity, $name', (build) => {
  const directory = siteDirectory();
  const sites: Partial<Record<Mode, Site>> = {};

  const siteOf = async (mode: Mode): Promise<Site> =>
    (sites[mode] ??= await startSite({
      kit: build.kit,
      jsEngine: build.jsEngine,
      directory: `${directory}/${mode}`,
      upstream,
      workers: 2,
      settings: { engine: 'modsecurity', mode },
    }));

  afterAll(async () => {
    for (const site of Object.values(sites)) await site.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each([
    [sqlAndScript, ['xss', 'sqli'], 'ARGS:id'],
    ['/?id=1%27%20select%20version();', ['sqli'], 'ARGS:id'],
    ['/instructions.php/etc/passwd', ['ptrav'], 'REQUEST_FILENAME'],
    ['/?file=../../../etc/passwd', ['ptrav', 'rce'], 'ARGS:file'],
  ])('monitoring %s', async (path, types, point) => {
    const site = await siteOf('monitoring');
    const before = detectionLines(site.files.telemetry).length;
    expect((await ask(site.urls.app + path)).status).toBe(200);
    const [detection] = await eventually(() => {
      const lines = detectionLines(site.files.telemetry).slice(before);
      return lines.length > 0 ? lines : undefined;
    }, 'detection');
    expect(detection).toMatchObject({
      'client.address': '127.0.0.1',
      'wallguard.mode': 'monitoring',
      'wallguard.action': 'detected',
      'wallguard.attack.types': types,
      'security_rule.ruleset.name': expect.stringMatching(/^OWASP_CRS\/3\.3\.\d$/),
    });
    expect(detection?.['wallguard.attack.points']).toContain(point);
    expect(Math.abs((detection?.timestamp ?? 0) - Date.now() / 1000)).toBeLessThan(10);
    const request = requestLines(site.files.telemetry).find((line) => line['http.request.id'] === detection?.['http.request.id']);
    expect(request).toMatchObject({ 'wallguard.action': 'allowed', 'wallguard.mode': 'monitoring', 'http.response.status_code': 200 });
  });

  test('a clean request is no detection', async () => {
    const site = await siteOf('monitoring');
    const requests = requestLines(site.files.telemetry).length;
    const before = detectionLines(site.files.telemetry).filter((line) => line['wallguard.action'] !== 'allowed').length;
    await ask(`${site.urls.app}/clean`);
    await eventually(() => (requestLines(site.files.telemetry).length > requests ? true : undefined), 'request line');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(detectionLines(site.files.telemetry).filter((line) => line['wallguard.action'] !== 'allowed')).toHaveLength(before);
  });

  test('attacks are counted by type, once each', async () => {
    const site = await siteOf('monitoring');
    const count = async () => (await metric(site.urls.monitor, 'wallguard_attacks_total'))['application="default",type="sqli"'] ?? 0;
    const attacks = () =>
      detectionLines(site.files.telemetry).filter((line) => line['wallguard.action'] === 'detected').length;
    const before = await count();
    const linesBefore = attacks();
    for (let i = 0; i < 5; i += 1) await ask(site.urls.app + sqlAndScript);
    await eventually(async () => ((await count()) === before + 5 ? true : undefined), 'five more');
    await eventually(() => (attacks() === linesBefore + 5 ? true : undefined), 'five more lines');
    const ids = detectionLines(site.files.telemetry).map((line) => line['http.request.id']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('a flood of detections reaches the log, line by line', async () => {
    const site = await siteOf('monitoring');
    const before = detectionLines(site.files.telemetry).filter((line) => line['wallguard.action'] === 'detected').length;
    for (let batch = 0; batch < 10; batch += 1) {
      await Promise.all(Array.from({ length: 40 }, () => ask(site.urls.app + sqlAndScript)));
    }
    await eventually(
      () =>
        detectionLines(site.files.telemetry).filter((line) => line['wallguard.action'] === 'detected').length === before + 400
          ? true
          : undefined,
      '400 detections',
      30_000,
    );
    expect(site.errors()).not.toMatch(/js exception|wallguard (?:tick|deliver|outbox)/);
    expect(await metric(site.urls.monitor, 'wallguard_events_dropped_total')).toMatchObject({ 'stage="file"': 0, 'stage="outbox"': 0 });
  });

  test('records written twice, torn, foreign or moved away by rotation are read once each', async () => {
    const site = await siteOf('monitoring');
    const log = site.files.auditLog;
    const made = (id: string) =>
      JSON.stringify({
        transaction: {
          client_ip: '192.0.2.1',
          time_stamp: new Date().toString().replace(/^(\w+ \w+ \d+) (\d+) (\S+) .*$/, '$1 $3 $2'),
          unique_id: `block-${id}`,
          is_interrupted: true,
          producer: { secrules_engine: 'Enabled', components: ['OWASP_CRS/3.3.7"'] },
          messages: [{ message: 'm', details: { ruleId: '942100', match: '', data: '' } }],
        },
      });
    const ids = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(32));
    const [one = '', two = '', three = '', four = ''] = ids.map(made);
    appendFileSync(log, `${one}\n${one}\n\n{"other":1}\nwords\n${two.slice(0, 100)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    appendFileSync(log, `${two.slice(100)}\n`);
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, `${three}\n`);
    writeFileSync(log, `${four}\n`, { mode: 0o644 });
    const seen = () =>
      detectionLines(site.files.telemetry)
        .map((line) => line['http.request.id'])
        .filter((id) => ids.includes(id));
    await eventually(() => (seen().length >= 4 ? true : undefined), 'four detections', 20_000);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(seen().toSorted((a, b) => a.localeCompare(b))).toEqual(ids);
    expect(await metric(site.urls.monitor, 'wallguard_events_dropped_total')).toMatchObject({ 'stage="audit"': 2, 'stage="outbox"': 0 });
  });

  test('syslog gets one message per detection', async () => {
    const socket = createSocket('udp4');
    const messages: string[] = [];
    socket.on('message', (message) => messages.push(message.toString()));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const site = await startSite({
      kit: build.kit,
      jsEngine: build.jsEngine,
      directory: `${directory}/syslog`,
      upstream,
      settings: {
        engine: 'modsecurity',
        telemetry: {
          sinks: [{ syslog: `127.0.0.1:${socket.address().port}` }],
          heads_file: `${directory}/syslog/log/heads.jsonl`,
        },
      },
    });
    try {
      await Promise.all(Array.from({ length: 12 }, () => ask(site.urls.app + sqlAndScript)));
      const detections = () => messages.filter((message) => message.includes('"event.name":"detection"'));
      await eventually(() => (detections().length >= 12 ? true : undefined), '12 detections');
      expect(detections()).toHaveLength(12);
      for (const message of messages) expect(message.match(/"schema":/g)).toHaveLength(1);
      await eventually(
        async () =>
          (await metric(site.urls.monitor, 'wallguard_attacks_total'))['application="default",type="sqli"'] === 12
            ? true
            : undefined,
        'counted',
      );
    } finally {
      await site.stop();
      socket.close();
    }
  });

  test('block: request line and detection tell the same story', async () => {
    const site = await siteOf('block');
    expect((await ask(site.urls.app + sqlAndScript)).status).toBe(403);
    const [request] = await eventually(() => {
      const lines = requestLines(site.files.telemetry).filter((line) => line['wallguard.action'] === 'blocked');
      return lines.length > 0 ? lines : undefined;
    }, 'request line');
    expect(request).toMatchObject({ 'wallguard.block.reason': 'attack', 'http.response.status_code': 403 });
    const record = await eventually(() => {
      const text = existsSync(site.files.auditLog) ? readFileSync(site.files.auditLog, 'utf8') : '';
      return text.includes(String(request?.['http.request.id'])) ? text : undefined;
    }, 'audit record');
    expect(record.split('\n').filter((line) => line.includes(String(request?.['http.request.id'])))).toHaveLength(1);
    const detection = await eventually(
      () => detectionLines(site.files.telemetry).find((line) => line['http.request.id'] === request?.['http.request.id']),
      'detection',
    );
    expect(detection).toMatchObject({ 'wallguard.mode': 'block', 'wallguard.action': 'blocked', 'wallguard.attack.types': ['xss', 'sqli'] });
  });
});

describe.each(builds)('Wallarm, $name', (build) => {
  const sites: Site[] = [];
  const directory = siteDirectory();

  const start = async (version: string, mode: Mode): Promise<Site> => {
    const site = await startSite({
      kit: build.kit,
      jsEngine: build.jsEngine,
      directory: `${directory}/${version}-${mode}`,
      upstream,
      wallarmModule: await ensureDouble(build.kit, version),
      settings: { engine: 'wallarm', mode, node: { version } },
    });
    sites.push(site);
    return site;
  };

  afterAll(async () => {
    for (const site of sites) await site.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** One line per verdict, in order. */
  const verdicts = async (site: Site, said: readonly string[]) => {
    for (const verdict of said) {
      await ask(`${site.urls.app}/`, verdict === '' ? {} : { 'X-Wallarm-Double': verdict });
    }
    const lines = await eventually(() => {
      const all = requestLines(site.files.telemetry);
      return all.length === said.length ? all : undefined;
    }, `${said.length} lines`);
    return lines;
  };

  test('node 6.13: types, points, stamps, reason and mode', async () => {
    const site = await start('6.13.0', 'block');
    const said = [
      '',
      'clean=empty',
      'clean=-',
      "types=sqli|xss; points=[get][a|b]|[post][json_obj, 'x']; stamps=7|7|9",
      'types=resource_consumption|bit49',
      'acl=deny:country:blocked_source',
      'acl=deny:ip:vectors',
      'antibot=1',
      'acl=gray; types=rce',
      'types=overlimit_res',
    ];
    const lines = await verdicts(site, said);
    const told = (index: number) => {
      const line = lines[index];
      return [line?.['wallguard.action'], line?.['wallguard.block.reason'], line?.['wallguard.attack.types'], line?.['wallguard.list']];
    };
    for (const index of [0, 1, 2]) expect(told(index), said[index]).toEqual(['allowed', '', [], '']);
    expect(told(3)).toEqual(['blocked', 'attack', ['xss', 'sqli'], '']);
    expect(lines[3]).toMatchObject({
      'wallguard.attack.points': ['[get][a|b]', "[post][json_obj, 'x']"],
      'wallguard.attack.stamps': ['7', '9'],
      'wallguard.engine.reason': 'attack mask=0000000000000006',
      'wallguard.mode': 'block',
      'http.response.status_code': 403,
    });
    // The module reports these types and does not block them.
    expect(told(4)).toEqual(['detected', '', ['bit49', 'resource_consumption'], '']);
    expect(told(5).slice(0, 2)).toEqual(['blocked', 'denylist']);
    expect(told(5)[3]).toBe('deny');
    expect(told(6).slice(0, 2)).toEqual(['blocked', 'denylist']);
    expect(told(7).slice(0, 2)).toEqual(['blocked', 'bot']);
    expect(told(8)).toEqual(['blocked', 'attack', ['rce'], '']);
    expect(told(9).slice(0, 2)).toEqual(['blocked', 'attack']);
    expect(await eventually(async () => {
      const totals = await metric(site.urls.monitor, 'wallguard_blocked_total');
      return totals['application="default",reason="denylist"'] === 2 ? totals : undefined;
    }, 'counted by reason')).toMatchObject({ 'application="default",reason="attack"': 3, 'application="default",reason="bot"': 1 });
  });

  test('monitoring: detected, not blocked', async () => {
    const [line] = await verdicts(await start('6.13.0', 'monitoring'), ['types=sqli']);
    expect(line).toMatchObject({
      'wallguard.action': 'detected',
      'wallguard.block.reason': '',
      'wallguard.attack.types': ['sqli'],
      'http.response.status_code': 200,
    });
  });

  test.each(['5.0.0', '5.3.0', '6.3.0', '6.5.0', '7.1.0'])('node %s starts, and tells blocks by attack from blocks by list', async (version) => {
    const lines = await verdicts(await start(version, 'block'), ['', 'types=ptrav', 'acl=deny']);
    expect(lines.map((line) => line['wallguard.action'])).toEqual(['allowed', 'blocked', 'blocked']);
    expect(lines.map((line) => line['wallguard.block.reason']).slice(0, 2)).toEqual(['', 'attack']);
    expect(lines[1]?.['wallguard.attack.types']).toEqual(['ptrav']);
    expect(lines[2]?.['wallguard.block.reason']).toMatch(/^(?:denylist|attack)$/);
  });
});

import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../../../schema/settings.ts';
import type { z } from 'zod';
import { generatedMark } from '../../../tools/src/generate/generate.ts';
import type { GeneratedFile } from '../../../tools/src/generate/generate.ts';
import { planInstall, planUninstall } from '../../../tools/src/install/plan.ts';
import type { Plan } from '../../../tools/src/install/plan.ts';
import { memoryFiles, overlaidFiles } from '../../../tools/src/nginx-conf/config-files.ts';
import { loadConfig } from '../../../tools/src/nginx-conf/include.ts';

const head = `# ${generatedMark} 0 from test.\n`;

/** A drop-in that is small enough to read; what stands in it is what the real one has to be careful about. */
const dropIn: GeneratedFile[] = [
  { path: 'conf.d/wallguard.conf', text: `${head}js_import wallguard_hot from wallguard/hot.js;\n` },
  {
    path: 'wallguard/main.conf',
    text: `${head}load_module modules/ngx_http_js_module.so;\nworking_directory /var/lib/wallguard/cores;\nworker_rlimit_core 500M;\n`,
  },
  {
    path: 'wallguard/server.conf',
    text: `${head}error_page 498 = @wallguard_blocked;\naccess_log /var/log/nginx/wallguard.jsonl wallguard;\nwallarm_mode $wallguard_mode;\n`,
  },
  { path: 'wallguard/location.conf', text: `${head}error_page 498 = @wallguard_blocked;\n` },
  { path: 'wallguard/proxy.conf', text: `${head}proxy_connect_timeout 10s;\nproxy_read_timeout 60s;\n` },
  { path: 'wallguard/hot.js', text: `// ${generatedMark} 0\n` },
  { path: 'wallguard/settings.json', text: '{}\n' },
];

interface Options {
  servers?: readonly string[] | 'all';
  settings?: z.input<typeof settingsSchema>;
  generated?: readonly GeneratedFile[];
}

/** One state of a machine's files, and what becomes of it. */
class Files {
  readonly files: Record<string, string>;

  constructor(files: Record<string, string>) {
    this.files = files;
  }

  get #present(): Map<string, Uint8Array> {
    const own = /^\/etc\/nginx\/(?:conf\.d\/wallguard\.conf|wallguard\/[^/]+)$/;
    return new Map(
      Object.entries(this.files)
        .filter(([path]) => own.test(path))
        .map(([path, text]) => [path, Buffer.from(text)]),
    );
  }

  async plan({ servers = 'all', settings = {}, generated = dropIn }: Options = {}): Promise<Plan> {
    const files = memoryFiles(this.files);
    const tree = await loadConfig(files, '/etc/nginx/nginx.conf', '/usr/share/nginx');
    if (tree.errors.length > 0) throw new Error(tree.errors[0]?.message);
    return await planInstall({
      files,
      tree,
      settings: settingsSchema.parse(settings),
      generated,
      present: this.#present,
      servers,
    });
  }

  async planUninstall(originals: Record<string, string> = {}): Promise<Plan> {
    const tree = await loadConfig(memoryFiles(this.files), '/etc/nginx/nginx.conf', '/usr/share/nginx');
    const saved = new Map(Object.entries(originals).map(([path, text]) => [path, Buffer.from(text)]));
    return planUninstall({ tree, present: this.#present, originals: saved });
  }

  /** The files after a plan. */
  after(plan: Plan): Files {
    const files = { ...this.files };
    for (const { path, after } of plan.changes) {
      if (after === undefined) delete files[path];
      else files[path] = Buffer.from(after).toString();
    }
    return new Files(files);
  }
}

/** nginx.conf with conf.d in the http block, and a site. */
function debian(site: string, http = ''): Files {
  return new Files({
    '/etc/nginx/nginx.conf': `user www-data;\nevents { }\nhttp {\n${http}    include conf.d/*.conf;\n    include sites-enabled/*;\n}\n`,
    '/etc/nginx/sites-enabled/site': site,
  });
}

const site = 'server {\n    listen 80;\n    server_name a.example;\n    root /srv;\n}\n';

/** Own lines of the operator's files that a plan adds. */
function added(plan: Plan, before: Files): string[] {
  return plan.changes
    .filter(({ own }) => !own)
    .flatMap(({ path, after }) => {
      const old = new Set((before.files[path] ?? '').split('\n'));
      return Buffer.from(after ?? [])
        .toString()
        .split('\n')
        .filter((line) => !old.has(line))
        .map((line) => line.trim());
    });
}

describe('the usual layout', () => {
  test('own files, one include per server, and the main one', async () => {
    const before = debian(site);
    const plan = await before.plan();
    expect(plan).toMatchObject({ refusals: [], notes: [] });
    const { files } = before.after(plan);
    expect(files['/etc/nginx/nginx.conf']).toBe(
      `include wallguard/main.conf;\n${before.files['/etc/nginx/nginx.conf']}`,
    );
    expect(files['/etc/nginx/sites-enabled/site']).toBe(
      'server {\n    listen 80;\n    server_name a.example;\n    include wallguard/server.conf;\n' +
        '    access_log /var/log/nginx/access.log combined; # kept by wallguard: the default before\n    root /srv;\n}\n',
    );
    expect(
      Object.keys(files)
        .filter((path) => path.includes('wallguard'))
        .toSorted(),
    ).toEqual(dropIn.map(({ path }) => `/etc/nginx/${path}`).toSorted());
    expect(plan.directories.map(({ path, mode }) => `${path} ${mode.toString(8)}`)).toEqual([
      '/var/lib/wallguard/cores 1777',
      '/var/log/nginx 755',
      '/var/lib/wallguard/lists 750',
    ]);
    expect(plan.directories.at(-1)?.owner).toBe('www-data');
    expect(plan.changes.at(-1)?.path).toBe('/etc/nginx/nginx.conf');
  });

  test('the second time there is nothing to do, and the way back ends where it began', async () => {
    const before = debian(site, '    error_page 404 /404.html;\n');
    const installed = before.after(await before.plan());
    expect((await installed.plan()).changes).toEqual([]);
    const removed = installed.after(await installed.planUninstall());
    expect(removed.files).toEqual(before.files);
  });

  test('a setting that changes renews only the file it is in; a file that is no longer generated goes', async () => {
    const before = debian(site);
    const installed = before.after(
      await before.plan({ generated: [...dropIn, { path: 'wallguard/modsecurity.conf', text: head }] }),
    );
    const plan = await installed.plan({
      generated: dropIn.map((file) =>
        file.path.endsWith('proxy.conf') ? { ...file, text: `${file.text}# new\n` } : file,
      ),
    });
    expect(plan.changes.map(({ path, after }) => [path, after === undefined])).toEqual([
      ['/etc/nginx/wallguard/modsecurity.conf', true],
      ['/etc/nginx/wallguard/proxy.conf', false],
    ]);
  });
});

describe('choosing servers', () => {
  const two = debian(
    `${site}server {\n    listen 80;\n    server_name b.example www.b.example;\n}\nserver {\n    listen 80;\n    server_name www.b.example;\n}\n`,
  );

  test('by any of their names, all that have it', async () => {
    const plan = await two.plan({ servers: ['www.b.example'] });
    expect(plan.servers.map(({ names }) => names.join(' '))).toEqual(['b.example www.b.example', 'www.b.example']);
  });

  test('a name nobody has is refused, with those that there are', async () => {
    expect((await two.plan({ servers: ['c.example'] })).refusals).toEqual([
      'no server has the server_name "c.example"; there are: a.example, b.example www.b.example, www.b.example',
    ]);
  });

  test('a later choice adds to an earlier one', async () => {
    const installed = two.after(await two.plan({ servers: ['a.example'] }));
    const plan = await installed.plan({ servers: ['b.example'] });
    expect(plan.servers.map(({ names }) => names[0])).toEqual(['a.example', 'b.example']);
    expect(plan.changes.map(({ path }) => path)).toEqual(['/etc/nginx/sites-enabled/site']);
  });

  test('own servers, the statistics service of the vendor, and other protocols are left alone', async () => {
    const files = debian(`${site}server { listen 127.0.0.8:80; location /wallarm-status { wallarm_status on; } }\n`);
    files.files['/etc/nginx/nginx.conf'] += 'stream { server { listen 53; } }\n';
    const plan = await files.plan();
    expect(plan.servers.map(({ names }) => names[0])).toEqual(['a.example']);
  });

  test('no server at all', async () => {
    expect((await new Files({ '/etc/nginx/nginx.conf': 'events { }\nhttp { }\n' }).plan()).refusals).toEqual([
      '/etc/nginx/nginx.conf: there is no server in the http block to protect',
    ]);
  });
});

describe('where the http part is read', () => {
  test('no include of conf.d: it gets one, before the first server', async () => {
    const before = new Files({
      '/etc/nginx/nginx.conf': `events { }\nhttp {\n    gzip on;\n    ${site.replaceAll('\n', '\n    ')}\n}\n`,
    });
    const plan = await before.plan();
    expect(before.after(plan).files['/etc/nginx/nginx.conf']).toContain(
      '    gzip on;\n    include conf.d/wallguard.conf;\n    server {',
    );
    const installed = before.after(plan);
    expect((await installed.plan()).changes).toEqual([]);
  });

  test('a server that conf.d holds and that is read earlier: an include of its own, ahead of that', async () => {
    const before = new Files({
      '/etc/nginx/nginx.conf': 'events { }\nhttp {\n    include conf.d/*.conf;\n}\n',
      '/etc/nginx/conf.d/default.conf': site,
    });
    const plan = await before.plan();
    const installed = before.after(plan);
    expect(installed.files['/etc/nginx/nginx.conf']).toBe(
      'include wallguard/main.conf;\nevents { }\nhttp {\n    include wallguard/http.conf;\n    include conf.d/*.conf;\n}\n',
    );
    expect(installed.files['/etc/nginx/conf.d/wallguard.conf']).toBeUndefined();
    expect(installed.files['/etc/nginx/wallguard/http.conf']).toBe(dropIn[0]?.text);
    expect(plan.notes.join()).toContain('would be read after /etc/nginx/conf.d/default.conf:1');
    expect((await installed.plan()).changes).toEqual([]);
    expect(installed.after(await installed.planUninstall()).files).toEqual(before.files);

    // The operator moves the server to where conf.d is read in time: what is included stays.
    const moved = new Files({ ...installed.files, '/etc/nginx/conf.d/default.conf': '', '/etc/nginx/zsite': site });
    moved.files['/etc/nginx/nginx.conf'] = moved.files['/etc/nginx/nginx.conf']!.replace(
      /}\n$/,
      '    include zsite;\n}\n',
    );
    expect(moved.after(await moved.plan()).files['/etc/nginx/wallguard/http.conf']).toBe(dropIn[0]?.text);
  });
});

describe('what the configuration has already', () => {
  test('a module is not loaded twice, whatever its path', async () => {
    const files = debian(site);
    files.files['/etc/nginx/nginx.conf'] = `include modules-enabled/*.conf;\n${files.files['/etc/nginx/nginx.conf']}`;
    files.files['/etc/nginx/modules-enabled/50.conf'] = 'load_module /usr/lib/nginx/modules/ngx_http_js_module.so;\n';
    const plan = await files.plan();
    expect(plan.notes).toEqual([
      '/etc/nginx/modules-enabled/50.conf:1 loads ngx_http_js_module.so already; it is left out of /etc/nginx/wallguard/main.conf',
    ]);
    const installed = files.after(plan);
    expect(installed.files['/etc/nginx/wallguard/main.conf']).not.toMatch(/^load_module/m);
    expect((await installed.plan()).changes).toEqual([]);
  });

  test('core dump directives of the operator stay, and no directory is made for ours', async () => {
    const files = debian(site);
    files.files['/etc/nginx/nginx.conf'] += 'working_directory /var/cores;\nworker_rlimit_core 1G;\n';
    const plan = await files.plan();
    expect(files.after(plan).files['/etc/nginx/wallguard/main.conf']).not.toMatch(/^wor/m);
    expect(plan.notes).toEqual([
      '/etc/nginx/nginx.conf:7 sets "working_directory /var/cores", which stays; "working_directory /var/lib/wallguard/cores;" is left out of /etc/nginx/wallguard/main.conf',
      '/etc/nginx/nginx.conf:8 sets "worker_rlimit_core 1G", which stays; "worker_rlimit_core 500M;" is left out of /etc/nginx/wallguard/main.conf',
    ]);
    expect(plan.directories.map(({ path }) => path)).toEqual(['/var/log/nginx', '/var/lib/wallguard/lists']);
  });

  test('timeouts: included where the server proxies and none is set', async () => {
    const proxies = (inside = ''): string => site.replace('root /srv;', `${inside}location / { proxy_pass http://b; }`);
    expect(added(await debian(site).plan(), debian(site))).not.toContain('include wallguard/proxy.conf;');
    const plain = debian(proxies());
    expect(added(await plain.plan(), plain)).toContain('include wallguard/proxy.conf;');
    for (const files of [
      debian(proxies('proxy_read_timeout 5s; ')),
      debian(proxies(), '    proxy_read_timeout 5s;\n'),
    ]) {
      const plan = await files.plan();
      expect(added(plan, files)).not.toContain('include wallguard/proxy.conf;');
      expect(plan.notes.join()).toMatch(/timeouts are set in \S+ and stay/);
    }
  });

  test.each([
    ['written in the server', '    access_log /own.log;\n', '', []],
    [
      'inherited',
      '',
      '    access_log /http.log main;\n',
      ['access_log /http.log main; # kept by wallguard: inherited before'],
    ],
    [
      'inherited, several',
      '',
      '    access_log /1.log;\n    access_log /2.log;\n',
      [
        'access_log /1.log; # kept by wallguard: inherited before',
        'access_log /2.log; # kept by wallguard: inherited before',
      ],
    ],
    ['inherited off', '', '    access_log off;\n', []],
    ['the default', '', '', ['access_log /var/log/nginx/access.log combined; # kept by wallguard: the default before']],
  ])('the access log that the server had stays: %s', async (_name, inServer, inHttp, expected) => {
    const files = debian(site.replace('    root', `${inServer}    root`), inHttp);
    expect(added(await files.plan(), files).filter((line) => line.includes('access_log'))).toEqual(expected);
  });

  test('with "access_log: off" in the settings, none is kept', async () => {
    const files = debian(site, '    access_log /http.log;\n');
    expect(added(await files.plan({ settings: { access_log: 'off' } }), files).join()).not.toContain('access_log');
  });

  test('logs that are off in the server take the telemetry with them', async () => {
    const plan = await debian(site.replace('root /srv', 'access_log off')).plan();
    expect(plan.notes).toEqual([
      '/etc/nginx/sites-enabled/site:4 switches every log of /etc/nginx/sites-enabled/site:1 off, telemetry as well',
    ]);
  });

  test('inherited error pages stay', async () => {
    const files = debian(site, '    error_page 500 502 "/a b.html";\n');
    expect(added(await files.plan(), files)).toContain(
      'error_page 500 502 "/a b.html"; # kept by wallguard: inherited before',
    );
  });

  test('a location with error pages of its own gets the include, and is named', async () => {
    const files = debian(
      site.replace(
        'root /srv;',
        'location /a {\n        error_page 404 /x;\n    }\n    location /b { if ($x) { error_page 404 /y; } }',
      ),
    );
    const plan = await files.plan();
    expect(files.after(plan).files['/etc/nginx/sites-enabled/site']).toContain(
      'location /a {\n        include wallguard/location.conf;\n',
    );
    expect(files.after(plan).files['/etc/nginx/sites-enabled/site']).toContain(
      'if ($x) { include wallguard/location.conf; error_page',
    );
    expect(plan.notes).toEqual([
      '/etc/nginx/sites-enabled/site:4: "location /a" has its own error_page; it gets wallguard/location.conf',
      '/etc/nginx/sites-enabled/site:7: "if ($x)" has its own error_page; it gets wallguard/location.conf'.replace(
        '($x)',
        '($x)',
      ),
    ]);
    const installed = files.after(plan);
    expect((await installed.plan()).changes).toEqual([]);
  });

  test('a location with a log of its own is named', async () => {
    const plan = await debian(site.replace('root /srv;', 'location /a { access_log /a.log; }')).plan();
    expect(plan.notes).toEqual([
      '/etc/nginx/sites-enabled/site:4: a location with an access_log of its own writes no telemetry',
    ]);
  });

  test('a single value in the server that ours would double is refused', async () => {
    const plan = await debian(site.replace('root /srv', 'wallarm_mode block')).plan();
    expect(plan.refusals).toEqual([
      '/etc/nginx/sites-enabled/site:4 sets "wallarm_mode block", and so does wallguard/server.conf; remove it there, or set it in the settings',
    ]);
  });

  test('a file of somebody else in the way is refused', async () => {
    const files = debian(site);
    files.files['/etc/nginx/conf.d/wallguard.conf'] = 'server { }\n';
    expect((await files.plan()).refusals).toEqual([
      '/etc/nginx/conf.d/wallguard.conf is there and was not written by wallguard; move it away',
    ]);
  });
});

describe('the statistics service of the vendor', () => {
  const vendor: GeneratedFile = {
    path: 'wallarm-status.conf',
    text: 'server { location /wallarm-status { wallarm_status on; } }\n',
    onlyIfMissing: true,
  };

  test('is written and included where there is none', async () => {
    const files = debian(site);
    const plan = await files.plan({ generated: [...dropIn, vendor] });
    const installed = files.after(plan);
    expect(installed.files['/etc/nginx/wallarm-status.conf']).toBe(vendor.text);
    expect(installed.files['/etc/nginx/nginx.conf']).toContain('http {\n    include wallarm-status.conf;\n');
    expect((await installed.plan({ generated: [...dropIn, vendor] })).changes).toEqual([]);
  });

  test('is left alone wherever it is', async () => {
    const files = debian(`${site}server { location /elsewhere { wallarm_status on; } }\n`);
    const plan = await files.plan({ generated: [...dropIn, vendor] });
    expect(plan.changes.map(({ path }) => path)).not.toContain('/etc/nginx/wallarm-status.conf');
  });

  test('a file that is there and not included is included as it is', async () => {
    const files = debian(site);
    files.files['/etc/nginx/wallarm-status.conf'] = '# mine\n';
    const plan = await files.plan({ generated: [...dropIn, vendor] });
    expect(plan.changes.map(({ path }) => path)).not.toContain('/etc/nginx/wallarm-status.conf');
    expect(files.after(plan).files['/etc/nginx/nginx.conf']).toContain('include wallarm-status.conf;');
  });
});

describe('odd layouts', () => {
  test.each([
    ['one line', 'server { listen 80; server_name a.example; root /srv; }\n'],
    ['tabs', 'server {\n\tlisten 80;\n\tserver_name a.example;\n\troot /srv;\n}\n'],
    ['CR LF', 'server {\r\n  listen 80;\r\n  server_name a.example;\r\n  root /srv;\r\n}\r\n'],
    ['nothing but a root', 'server { root /srv; }'],
    ['a rewrite before the listen', 'server {\n  return 301 /x;\n  listen 80;\n}\n'],
    ['a comment behind the listen', 'server {\n  listen 80; # why\n  root /srv;\n}\n'],
  ])('%s: the result is read by NGINX rules, in the right order, and nothing to do again', async (_name, text) => {
    const before = debian(text);
    const installed = before.after(await before.plan());
    const tree = await loadConfig(overlaidFiles(memoryFiles(installed.files), new Map()), '/etc/nginx/nginx.conf');
    expect(tree.errors).toEqual([]);
    expect((await installed.plan()).changes).toEqual([]);
    const server = tree.files
      .find(({ path }) => path.endsWith('/site'))
      ?.directives[0]?.block?.map(({ name }) => name.value);
    expect(server).toContain('include');
    const rewrite = server?.indexOf('return') ?? -1;
    if (rewrite >= 0) expect(server?.indexOf('include')).toBeLessThan(rewrite);
    expect(installed.after(await installed.planUninstall({ '/etc/nginx/sites-enabled/site': text })).files).toEqual(
      before.files,
    );
  });

  test('a snippet that two servers share is changed once', async () => {
    const files = debian(
      'server { listen 80; server_name a; include snip; }\nserver { listen 80; server_name b; include snip; }\n',
    );
    files.files['/etc/nginx/snip'] = 'location / {\n  error_page 404 /x;\n}\n';
    const installed = files.after(await files.plan());
    expect(installed.files['/etc/nginx/snip']).toBe(
      'location / {\n  include wallguard/location.conf;\n  error_page 404 /x;\n}\n',
    );
  });
});

describe('taking out', () => {
  test('what the operator wrote since stays', async () => {
    const before = debian(site);
    const installed = before.after(await before.plan());
    const path = '/etc/nginx/sites-enabled/site';
    installed.files[path] = installed.files[path]!.replace('root /srv;', 'root /new;');
    const removed = installed.after(await installed.planUninstall());
    expect(removed.files[path]).toBe(site.replace('root /srv;', 'root /new;'));
  });

  test('a copy that itself includes wallguard is not used', async () => {
    const before = debian(site);
    const installed = before.after(await before.plan());
    const path = '/etc/nginx/sites-enabled/site';
    const removed = installed.after(await installed.planUninstall({ [path]: installed.files[path]! }));
    expect(removed.files[path]).toBe(site);
  });

  test('files of others in the folder stay and are named', async () => {
    const before = debian(site);
    const installed = before.after(await before.plan());
    installed.files['/etc/nginx/wallguard/mine.conf'] = '# mine\n';
    const plan = await installed.planUninstall();
    expect(plan.notes).toEqual(['/etc/nginx/wallguard/mine.conf was not written by wallguard and stays']);
    // The includes go before the files that they name.
    const firstRemoved = plan.changes.findIndex(({ after }) => after === undefined);
    expect(plan.changes.slice(0, firstRemoved).map(({ own }) => own)).not.toContain(true);
    expect(plan.changes.slice(firstRemoved).map(({ own }) => own)).not.toContain(false);
  });
});

import { describe, expect, test } from 'vitest';
import { memoryFiles } from '../../../tools/src/nginx-conf/config-files.ts';
import { loadConfig } from '../../../tools/src/nginx-conf/include.ts';
import type { ConfigTree, Scope } from '../../../tools/src/nginx-conf/include.ts';
import { effective, locationsOf, serversOf, walk } from '../../../tools/src/nginx-conf/query.ts';

const load = (text: string, more: Record<string, string> = {}): Promise<ConfigTree> =>
  loadConfig(memoryFiles({ '/etc/nginx/nginx.conf': text, ...more }), '/etc/nginx/nginx.conf');

/** The inside of the first block with these words. */
function inside(tree: ConfigTree, words: string): Scope {
  for (const node of walk(tree.main)) {
    if ([node.name, ...node.args].join(' ') === words && node.scope !== undefined) return node.scope;
  }
  throw new Error(`no block ${words}`);
}

function value(name: string, scope: Scope): string {
  const found = effective(name, scope);
  return found.state === 'default'
    ? 'default'
    : `${found.state}: ${found.nodes.map((node) => [node.name, ...node.args].join(' ')).join('; ')}`;
}

describe('effective', () => {
  const text = `
    error_log main.log;
    http {
      proxy_read_timeout 1s;
      add_header A 1;
      add_header B 2;
      allow 10.0.0.0/8;
      deny all;
      root /http;
      server {
        proxy_pass http://ignored;
        location /plain { }
        location /own { proxy_read_timeout 2s; add_header C 3; deny 10.0.0.1; alias /own; error_log own.log; }
        location /proxied { proxy_pass http://b; if ($a) { add_header D 4; } location /proxied/nested { } }
        location /written { include written.conf; }
      }
    }`;
  const more = { '/etc/nginx/written.conf': 'add_header E 5;\nproxy_read_timeout 3s;\n' };

  test.each([
    ['location /plain', 'proxy_read_timeout', 'inherited: proxy_read_timeout 1s'],
    ['location /own', 'proxy_read_timeout', 'set: proxy_read_timeout 2s'],
    ['http', 'proxy_read_timeout', 'set: proxy_read_timeout 1s'],
    ['location /plain', 'proxy_send_timeout', 'default'],
    ['location /plain', 'add_header', 'inherited: add_header A 1; add_header B 2'],
    ['location /own', 'add_header', 'set: add_header C 3'],
    ['location /written', 'add_header', 'set: add_header E 5'],
    ['location /plain', 'deny', 'inherited: allow 10.0.0.0/8; deny all'],
    ['location /own', 'allow', 'set: deny 10.0.0.1'],
    ['location /plain', 'root', 'inherited: root /http'],
    ['location /own', 'root', 'set: alias /own'],
    ['location /plain', 'error_log', 'inherited: error_log main.log'],
    ['location /plain', 'proxy_pass', 'default'],
    ['location /proxied/nested', 'proxy_pass', 'default'],
    ['if ($a)', 'proxy_pass', 'inherited: proxy_pass http://b'],
    ['if ($a)', 'add_header', 'set: add_header D 4'],
  ])('in %s, %s', async (block, name, expected) => {
    expect(value(name, inside(await load(text, more), block))).toBe(expected);
  });

  test('the main context has nothing above it', async () => {
    const tree = await load(text, more);
    expect(value('error_log', tree.main)).toBe('set: error_log main.log');
    expect(value('working_directory', tree.main)).toBe('default');
  });

  test.each([
    ['merge', 'set: add_header A 1; add_header B 2'],
    ['on', 'set: add_header B 2'],
    ['off', 'set: add_header B 2'],
  ])('add_header_inherit %s with headers of its own', async (mode, expected) => {
    const tree = await load(`http { add_header A 1; server { add_header_inherit ${mode}; add_header B 2; } }`);
    expect(value('add_header', inside(tree, 'server'))).toBe(expected);
  });

  test.each([
    ['merge', 'inherited: add_header A 1'],
    ['off', 'default'],
  ])('add_header_inherit %s without', async (mode, expected) => {
    const tree = await load(`http { add_header A 1; server { add_header_inherit ${mode}; } }`);
    expect(value('add_header', inside(tree, 'server'))).toBe(expected);
  });
});

describe('serversOf', () => {
  test('names and addresses, through includes; servers of an upstream are none', async () => {
    const tree = await load(
      `stream { server { listen 53 udp; } }
       http { include sites/*; upstream u { server 10.0.0.1; } server { } }`,
      {
        '/etc/nginx/sites/a':
          'server { listen 443 ssl; listen [::]:443 ssl; server_name a.example *.a.example; server_name b; }',
        '/etc/nginx/sites/b':
          'server { listen unix:/run/b.sock; listen 127.0.0.1; listen localhost:8080 default_server; }',
      },
    );
    const seen = serversOf(tree).map(({ protocol, names, listens }) => ({
      protocol,
      names,
      listens: listens.map(({ host, port, parameters }) => [host, port, ...parameters]),
    }));
    expect(seen).toEqual([
      {
        protocol: 'http',
        names: ['a.example', '*.a.example', 'b'],
        listens: [
          ['*', 443, 'ssl'],
          ['[::]', 443, 'ssl'],
        ],
      },
      {
        protocol: 'http',
        names: [''],
        listens: [
          ['unix:/run/b.sock', undefined],
          ['127.0.0.1', 80],
          ['localhost', 8080, 'default_server'],
        ],
      },
      { protocol: 'http', names: [''], listens: [['*', 80]] },
      { protocol: 'stream', names: [''], listens: [['*', 53, 'udp']] },
    ]);
  });
});

describe('locationsOf', () => {
  test('modifiers apart or stuck to the path, nested ones after their parent', async () => {
    const tree = await load(`http { server {
      location / { location /a/ { } }
      location = /b { }  location =/c { }
      location ~ \\.php$ { }  location ~*\\.css$ { }
      location ^~ /d { }  location @e { }
    } }`);
    expect(locationsOf(inside(tree, 'server')).map(({ modifier, path }) => [modifier, path])).toEqual([
      ['', '/'],
      ['', '/a/'],
      ['=', '/b'],
      ['=', '/c'],
      ['~', '\\.php$'],
      ['~*', '\\.css$'],
      ['^~', '/d'],
      ['@', '@e'],
    ]);
  });
});

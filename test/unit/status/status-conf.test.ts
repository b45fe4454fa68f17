import { describe, expect, test } from 'vitest';
import { settingsSchema, type Settings } from '../../../schema/settings.ts';
import { statusHttp, statusServer, wallarmStatusFile } from '../../../tools/src/generate/status-conf.ts';

function settings(input: object): Settings {
  return settingsSchema.parse(input);
}

function node(version: string, flavour: string, more: object = {}): Settings {
  return settings({ engine: 'wallarm', node: { version, flavour }, ...more });
}

describe("the vendor's default file, byte for byte", () => {
  test('all-in-one installer', () => {
    expect(wallarmStatusFile(node('6.13.0', 'aio'))).toEqual([
      {
        path: 'wallarm-status.conf',
        text: `server {
  listen 127.0.0.8:80;
  server_name localhost;

  allow 127.0.0.8/8;
  deny all;

  wallarm_mode off;
  disable_acl "on";
  wallarm_enable_apifw off;
  access_log off;

  location /wallarm-status {
    wallarm_status on;
  }
}
`,
      },
    ]);
  });

  test('Docker image, with its NGINX_PORT', () => {
    expect(wallarmStatusFile(node('7.1', 'docker', { status_service: { listen: '127.0.0.8:8080' } }))).toEqual([
      {
        path: 'conf.d/wallarm-status.conf',
        text: `server {
  listen 127.0.0.8:8080;

  server_name localhost;

  allow 127.0.0.0/8;
  deny all;

  wallarm_mode off;
  disable_acl "on";
  wallarm_enable_apifw off;
  access_log off;

  location ~/wallarm-status$ {
    wallarm_status on;
  }
}
`,
      },
    ]);
  });

  test('5.x knows no API Firewall switch and writes the network the other way', () => {
    const [file] = wallarmStatusFile(node('5.3.19', 'image'));
    expect(file?.path).toBe('conf.d/wallarm-status.conf');
    expect(file?.text).toContain(
      '  allow 127.0.0.0/8;\n  deny all;\n\n  wallarm_mode off;\n  disable_acl "on";\n  access_log off;\n',
    );
    expect(wallarmStatusFile(node('5.3.19', 'docker'))[0]?.text).toContain('  allow 127.0.0.8/8;\n');
  });

  test('none where the Ingress controller writes it, and none without a node', () => {
    expect(wallarmStatusFile(node('6.13.0', 'ingress'))).toEqual([]);
    expect(wallarmStatusFile(settings({ engine: 'modsecurity' }))).toEqual([]);
    expect(wallarmStatusFile(settings({}))).toEqual([]);
  });
});

describe('statistics service', () => {
  const listens = (lines: readonly string[]): string[] =>
    lines.filter((line) => line.includes('listen ')).map((line) => line.trim());

  test('is served by wallguard only where no node serves it', () => {
    expect(listens(statusHttp(settings({})))).toEqual(['listen 127.0.0.1:9913;', 'listen 127.0.0.8:80;']);
    expect(listens(statusHttp(settings({ engine: 'modsecurity' })))).toEqual([
      'listen 127.0.0.1:9913;',
      'listen 127.0.0.8:80;',
    ]);
    expect(listens(statusHttp(node('6.13.0', 'aio')))).toEqual(['listen 127.0.0.1:9913;']);
  });

  test('lets its own machine in on whatever address it listens on', () => {
    const allowed = (listen: string): string[] => {
      const text = statusHttp(settings({ status_service: { listen, expose_to: ['10.9.0.0/16'] } })).join('\n');
      return text.slice(text.indexOf('server_name localhost;')).match(/allow \S+;/g) ?? [];
    };
    expect(allowed('127.0.0.8:80')).toEqual(['allow 127.0.0.0/8;', 'allow ::1;', 'allow 10.9.0.0/16;']);
    expect(allowed('10.1.2.3:80')).toEqual([
      'allow 127.0.0.0/8;',
      'allow ::1;',
      'allow 10.1.2.3;',
      'allow 10.9.0.0/16;',
    ]);
    expect(allowed('[fd00::7]:80')).toContain('allow fd00::7;');
    expect(allowed('0.0.0.0:80')).not.toContain('allow 0.0.0.0;');
  });

  test("no directive newer than the node stands in the monitor's server", () => {
    expect(statusHttp(node('5.3.19', 'aio')).join('\n')).not.toContain('wallarm_enable_apifw');
    expect(statusHttp(node('6.13.0', 'aio')).join('\n')).toContain('wallarm_enable_apifw off;');
  });

  test('appears on protected servers only where it is exposed, and never in place of the one of a node', () => {
    const exposed = { status_service: { expose_to: ['10.0.0.0/8'] } };
    expect(statusServer(settings({}))).toEqual([]);
    expect(statusServer(settings(exposed)).join('\n')).toContain('location = /wallarm-status {');
    expect(statusServer(settings({ engine: 'modsecurity', ...exposed })).join('\n')).toContain('modsecurity off;');
    expect(statusServer(node('6.13.0', 'docker', exposed))).toEqual([]);
  });
});

test('nobody is an insider unless named: loopback is not in the list', () => {
  expect(statusHttp(settings({})).join('\n')).not.toContain('geo ');
  const exposed = statusHttp(settings({ status_service: { expose_to: ['10.0.0.0/8', '::1'] } })).join('\n');
  expect(/geo \$wallguard_status_reader \{\n([^}]*)\}/.exec(exposed)?.[1]).toBe(
    '    default 0;\n    10.0.0.0/8 1;\n    ::1 1;\n',
  );
});

test('the monitor is open to the networks in the settings and to nobody else', () => {
  const lines = statusHttp(settings({ monitor: { listen: '[::1]:9000', allow: ['::1', '10.1.0.0/16'] } })).join('\n');
  expect(lines).toMatch(/listen \[::1\]:9000;\n[^}]*\}\n\s+allow ::1;\n\s+allow 10\.1\.0\.0\/16;\n\s+deny all;/);
});

import { describe, expect, test } from 'vitest';
import { compareVersions, inspectBuild, parseBuild } from '../../../tools/src/install/nginx-build.ts';

const debian = `nginx version: nginx/1.26.3 (Debian)
built with OpenSSL 3.5.0 8 Apr 2025
TLS SNI support enabled
configure arguments: --with-cc-opt='-g -O2 -fPIC' --prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf --pid-path=/run/nginx.pid --http-proxy-temp-path=/var/lib/nginx/proxy --without-http_scgi_module
`;

describe('parseBuild', () => {
  test('version, paths and switches', () => {
    const build = parseBuild('nginx', debian);
    expect(build).toMatchObject({ version: '1.26.3', prefix: '/usr/share/nginx', pidPath: '/run/nginx.pid' });
    expect(build.option('http-proxy-temp-path')).toBe('/var/lib/nginx/proxy');
    expect(build.option('with-cc-opt')).toBe('-g -O2 -fPIC');
    expect(build.has('without-http_scgi_module')).toBe(true);
    expect(build.has('without-http_uwsgi_module')).toBe(false);
  });

  test("a plain build has NGINX's own defaults", () => {
    expect(parseBuild('nginx', 'nginx version: openresty/1.25.3.1\nconfigure arguments:\n')).toMatchObject({
      version: '1.25.3',
      prefix: '/usr/local/nginx',
      pidPath: '/usr/local/nginx/logs/nginx.pid',
    });
  });

  test('other programs', async () => {
    expect(() => parseBuild('ls', 'ls: unknown option')).toThrow('does not answer as NGINX does');
    await expect(inspectBuild('/none/nginx')).rejects.toThrow('cannot run /none/nginx');
  });
});

test.each([
  ['0.8.8', '0.8.9', -1],
  ['0.8.10', '0.8.9', 1],
  ['1.0.0', '0.9.9', 1],
  ['0.8.9', '0.8.9', 0],
  ['1.26', '1.26.0', 0],
])('%s and %s', (a, b, expected) => {
  expect(Math.sign(compareVersions(a, b))).toBe(expected);
});

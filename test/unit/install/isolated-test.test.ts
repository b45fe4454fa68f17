import { describe, expect, test } from 'vitest';
import { parseDiagnostics } from '../../../tools/src/install/isolated-test.ts';
import { redirectRules, writingRules } from '../../../tools/src/install/modsecurity-rules.ts';

describe('parseDiagnostics', () => {
  test('lines of nginx -t and of an error log; other lines are none', () => {
    const text = [
      'nginx: [warn] low address bits of 127.0.0.8/8 are meaningless in /etc/nginx/a.conf:5',
      'nginx: [emerg] unexpected end of file, expecting ";" or "}" in /etc/nginx/b.conf:7',
      'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok',
      '2026/11/22 02:45:33 [emerg] 123#123: bind() to 0.0.0.0:80 failed (98: Address already in use)',
      '2026/11/22 02:45:33 [notice] 123#123: start worker processes',
    ].join('\n');
    expect(parseDiagnostics(text)).toEqual([
      { level: 'warn', message: 'low address bits of 127.0.0.8/8 are meaningless', file: '/etc/nginx/a.conf', line: 5 },
      { level: 'emerg', message: 'unexpected end of file, expecting ";" or "}"', file: '/etc/nginx/b.conf', line: 7 },
      {
        level: 'emerg',
        message: 'bind() to 0.0.0.0:80 failed (98: Address already in use)',
        file: undefined,
        line: undefined,
      },
    ]);
  });
});

describe('rules files of ModSecurity', () => {
  const files: Record<string, string> = {
    '/m/main.conf': 'Include conf/audit.conf\nInclude /crs/*.conf\nInclude /m/plain.conf\nInclude none.conf\n',
    '/m/conf/audit.conf':
      'SecAuditEngine On\n  SecAuditLog "/var/log/a.json" \nSecDebugLog /var/log/d.log\nInclude ../main.conf\n',
    '/m/plain.conf': '# SecAuditLog /commented.log\nSecRuleEngine On\n',
  };
  const read = async (path: string): Promise<Uint8Array> => {
    const text = files[path];
    if (text === undefined) throw new Error('ENOENT');
    return await Promise.resolve(Buffer.from(text));
  };

  test('those that write are found through includes, in cycles as well', async () => {
    expect([...(await writingRules(['/m/main.conf'], read)).keys()]).toEqual(['/m/conf/audit.conf', '/m/main.conf']);
    expect([...(await writingRules(['/m/plain.conf'], read)).keys()]).toEqual([]);
  });

  test('paths are replaced and all else stays', async () => {
    const text = await redirectRules(
      `${files['/m/conf/audit.conf']}Include /x.conf\n# SecAuditLog /commented.log\n`,
      async (path) => await Promise.resolve(`/W${path}`),
      (path) => `/C${path}`,
    );
    expect(text).toBe(
      'SecAuditEngine On\n  SecAuditLog "/W/var/log/a.json" \nSecDebugLog /W/var/log/d.log\nInclude ../main.conf\nInclude /C/x.conf\n# SecAuditLog /commented.log\n',
    );
  });
});

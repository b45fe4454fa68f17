/** `locate()` against NGINX itself: which location answers, for every path of a server that has all kinds of them. */
import { expect, test } from 'vitest';
import { Config } from '../../tools/src/evidence/config.ts';
import { locate } from '../../tools/src/evidence/locations.ts';
import { memoryFiles } from '../../tools/src/nginx-conf/config-files.ts';
import { loadConfig } from '../../tools/src/nginx-conf/include.ts';
import { allBuilds, siteForTest } from './harness.ts';

const [build] = await allBuilds();

/** Each location answers with its name. */
function location(match: string, inner: readonly string[] = []): string[] {
  return [`location ${match} {`, ...inner, `    return 200 "${match}";`, '}'];
}

const locations = [
  ...location('/'),
  ...location('= /exact'),
  ...location('/exact'),
  ...location('/prefix'),
  ...location('/prefix/longer'),
  ...location('^~ /final'),
  ...location('~ ^/final'),
  ...location('~ ^/prefix/l'),
  ...location('~* [.]PHP'),
  ...location('~ second'),
  ...location('~ ^/prefix/longer'),
  ...location('/nested', [...location('/nested/inner'), ...location('= /nested/exact'), ...location('~ ^/nested/.*regex')]),
  ...location('^~ /strict', location('~ /strict/regex')),
];

const paths = [
  '/', '/other', '/exact', '/exact/', '/exactly', '/prefix', '/prefixed', '/prefix/longer', '/prefix/lo', '/final',
  '/final/x', '/a.php', '/final/a.php', '/prefix/a.Php', '/second', '/exact/second', '/nested', '/nested/inner',
  '/nested/inner/second', '/nested/exact', '/nested/exact/', '/nested/a-regex', '/nested/second', '/strict',
  '/strict/regex', '/strict/second', '/strict/a.php',
];

test('the same location as NGINX', async () => {
  if (build === undefined) throw new Error('there is no build');
  const site = await siteForTest(build, { locations });
  const text = `events {}\nhttp {\n server {\n${locations.join('\n')}\n }\n}\n`;
  const config = new Config(await loadConfig(memoryFiles({ '/etc/nginx/nginx.conf': text }), '/etc/nginx/nginx.conf'));
  const server = config.servers[0]?.scope;
  if (server === undefined) throw new Error('there is no server');
  const answers = await Promise.all(
    paths.map(async (path) => {
      const located = locate(config, server, path);
      const ours = located === undefined ? '' : 'unreadable' in located ? 'unreadable' : located.node.args.join(' ');
      return { path, ours, nginx: await (await fetch(site.urls.app + path)).text() };
    }),
  );
  expect(answers.map(({ path, ours }) => [path, ours])).toEqual(answers.map(({ path, nginx }) => [path, nginx]));
  expect(new Set(answers.map(({ nginx }) => nginx)).size).toBeGreaterThan(12);
});

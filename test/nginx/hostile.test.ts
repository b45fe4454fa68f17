/** What broke once: settings and bodies that are legal, and hard on NGINX or on ModSecurity. */
import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allBuilds, siteForTest } from './harness.ts';

const builds = await allBuilds();

describe.each(builds.map((build) => [build.name, build] as const))('%s', (_name, build) => {
  test('a page text may hold a dollar sign, a quotation mark and a backslash', async () => {
    const site = await siteForTest(build, { settings: { engine: 'none', block_page: { brand: { name: '"$host\\' } } } });
    const answer = await fetch(`${site.urls.app}/wallarm-status`, { headers: { Accept: 'text/html' } });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('&#34;$host\\');
  });

  test('a large body of control characters fills neither the disk nor the time of a worker', async () => {
    // A plain `return` would answer before ModSecurity looks at the body.
    const locations = ['location / { try_files /none @answer; }', 'location @answer { return 200 "clean"; }'];
    const site = await siteForTest(build, { settings: { engine: 'modsecurity', mode: 'block' }, locations });
    const answer = await fetch(`${site.urls.app}/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `a=${'\0'.repeat(5_000_000)}`,
    });
    await answer.text();
    expect(answer.status).toBe(403);
    expect(statSync(site.files.auditLog).size).toBeLessThan(1_000_000);
  });
});

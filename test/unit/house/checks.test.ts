/** The list of checks cannot drift from the folder, the settings or itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { categories, severities } from '../../../tools/src/checks/check.ts';
import { checks } from '../../../tools/src/checks/index.ts';

const folder = new URL('../../../tools/src/checks/', import.meta.url).pathname;
/** Files of the folder that are no check. */
const framework = ['check.ts', 'document.ts', 'index.ts', 'run.ts'];

test('the list of checks is the list of files', () => {
  const files = readdirSync(folder).filter((name) => !framework.includes(name));
  expect(checks.map(({ id }) => `${id}.ts`).sort()).toEqual(files.sort());
});

test('every id is a slug and stands once', () => {
  const ids = checks.map(({ id }) => id);
  expect(ids.filter((id) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each(checks.map((check) => ({ id: check.id, check })))('$id is described', ({ check }) => {
  expect(categories).toContain(check.category);
  expect(severities).toContain(check.severity);
  expect(check.title).toMatch(/^[A-Z`"$].*[^.]$/);
  expect(check.why.length).toBeGreaterThan(80);
  expect(check.why).toMatch(/[.`]$/);
});

test.each(checks.map(({ id }) => id))('%s imports nothing that reads the machine', (id) => {
  const source = readFileSync(`${folder}${id}.ts`, 'utf8');
  const imports = [...source.matchAll(/from '([^']+)'/g)].map(([, name = '']) => name);
  expect(
    imports.filter(
      (name) =>
        !/^(?:\.\/check|\.\.\/suggest|\.\.\/(?:evidence|nginx-conf|directives|generate|checks)\/|\.\.\/\.\.\/\.\.\/(?:schema|njs\/src\/core)\/|node:path$)/.test(
          name,
        ),
    ),
  ).toEqual([]);
});

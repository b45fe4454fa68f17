import { expect, test } from 'vitest';
import { checksPageText } from '../../../scripts/docs/checks-page.ts';
import { explainCheck } from '../../../tools/src/checks/document.ts';
import { checks } from '../../../tools/src/checks/index.ts';

test('every check has a section of its own with an example, and every link leads to one', async () => {
  const page = await checksPageText();
  const sections = [...page.matchAll(/^### (.+)$/gm)].map(([, id = '']) => id);
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, id = '']) => id);
  const ids = checks.map(({ id }) => id).sort();
  expect(sections.toSorted()).toEqual(ids);
  expect(links.toSorted()).toEqual(ids);
  expect(page.match(/^```nginx$/gm)).toHaveLength(ids.length);
});

test.each(checks.map((check) => ({ id: check.id, check })))('$id can be explained on a terminal', ({ id, check }) => {
  const text = explainCheck(check);
  expect(text.startsWith(`${id}: ${check.title}\n`)).toBe(true);
  expect(text).toContain(check.why);
  expect(text.endsWith(`# wallguard:ignore ${id} and the reason\n`)).toBe(true);
});

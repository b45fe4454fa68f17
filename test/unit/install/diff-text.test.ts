import { expect, test } from 'vitest';
import { formatPlan } from '../../../tools/src/install/diff-text.ts';
import type { Plan } from '../../../tools/src/install/plan.ts';

test('a plan reads as what appears, what goes, and a unified diff of the rest', () => {
  const bytes = (text: string): Buffer => Buffer.from(text);
  const plan: Plan = {
    changes: [
      { path: '/n/wallguard/a.conf', before: undefined, after: bytes('a\n'), own: true },
      { path: '/n/wallguard/b.conf', before: bytes('bb\n'), after: undefined, own: true },
      { path: '/n/wallguard/hot.js', before: bytes('1'), after: bytes('22'), own: true },
      { path: '/n/nginx.conf', before: bytes('one\ntwo\n'), after: bytes('zero\none\ntwo\n'), own: false },
    ],
    directories: [],
    notes: [],
    refusals: [],
    servers: [],
  };
  expect(formatPlan(plan, [{ path: '/cores', mode: 0o1777, purpose: 'core files of workers' }])).toBe(
    `create    /cores (directory, mode 1777, for core files of workers)
create    /n/wallguard/a.conf (2 bytes)
remove    /n/wallguard/b.conf (3 bytes)
replace   /n/wallguard/hot.js (2 bytes)
--- /n/nginx.conf
+++ /n/nginx.conf
@@ -1,2 +1,3 @@
+zero
 one
 two
`,
  );
});

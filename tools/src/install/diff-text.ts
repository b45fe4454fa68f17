/** A plan, to be read before it is carried out. */
import { createTwoFilesPatch } from 'diff';
import type { FileChange, Plan } from './plan.ts';

/** The plan as text: new and removed files by name, changes as a unified diff, directories. */
export function formatPlan(plan: Plan, missingDirectories: Plan['directories']): string {
  const parts = [
    ...missingDirectories.map(
      ({ path, mode, purpose }) => `create    ${path} (directory, mode ${mode.toString(8)}, for ${purpose})\n`,
    ),
    ...plan.changes.filter(isWhole).map((change) => `${verbOf(change)}  ${change.path} (${sizeOf(change)})\n`),
    ...plan.changes.filter((change) => !isWhole(change)).map(unifiedDiff),
  ];
  return parts.join('');
}

/** Files that are not worth reading as a diff: those that appear, those that go, and JavaScript. */
function isWhole({ before, after, path }: FileChange): boolean {
  return before === undefined || after === undefined || /\.js(?:on)?$/.test(path);
}

function verbOf({ before, after }: FileChange): string {
  if (before === undefined) return 'create  ';
  return after === undefined ? 'remove  ' : 'replace ';
}

function sizeOf({ before, after }: FileChange): string {
  return `${(after ?? before)?.length ?? 0} bytes`;
}

/** One changed file as a unified diff with absolute paths. */
function unifiedDiff({ path, before, after }: FileChange): string {
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('utf8');
  const patch = createTwoFilesPatch(path, path, text(before), text(after), undefined, undefined, { context: 3 });
  // The library puts an index line and a ruler before the header; diff(1) has neither.
  return patch.replace(/^(?:Index: .*\n)?=+\n/, '');
}

/**
 * Checks as text: the page of the documentation, and what `--explain` prints.
 */
import { categories } from './check.ts';
import type { Category, Check } from './check.ts';

/** A configuration that a check complains about, and its complaint. */
export interface CheckExample {
  /** Path in the example. */
  readonly file: string;
  readonly text: string;
  /** What is reported. */
  readonly expected: string;
}

/**
 * `docs/checks.md`.
 * @param examples  by id of the check; taken from its fixtures, so that they are true
 */
export function checksPage(checks: readonly Check[], examples: ReadonlyMap<string, CheckExample>): string {
  const sections = categories.flatMap((category) => {
    const inside = checks.filter((check) => check.category === category);
    return inside.length === 0 ? [] : [sectionOf(category, inside, examples)];
  });
  return `# Checks

<!-- Generated from tools/src/checks by "npm run docs". -->

What \`wallguard check\` looks for. Each check ends in one of five ways, and every report counts all of them: it **passed**,
it **found** something, it **could not tell** (a file could not be read, a machine is not at hand), it was **skipped**
(there is nothing for it to look at, or it was switched off), or it **crashed**. Only the first means that all is well.

**error**: NGINX refuses the configuration, or the node does not work with it. **warning**: a guarantee of the node is at
risk. **info**: good to know. Where a good reason for what was found may exist, the finding is marked *likely*.

${sections.join('\n\n')}
`;
}

function sectionOf(category: Category, checks: readonly Check[], examples: ReadonlyMap<string, CheckExample>): string {
  const heading = `## ${category.charAt(0).toUpperCase()}${category.slice(1)}`;
  const rows = checks.map(
    ({ id, severity, title }) => `| [\`${id}\`](#${id}) | ${severity} | ${title.replaceAll('|', '\\|')} |`,
  );
  const table = ['| check | severity | finding |', '| --- | --- | --- |', ...rows].join('\n');
  return [heading, table, ...checks.map((check) => checkSection(check, examples.get(check.id)))].join('\n\n');
}

function checkSection(check: Check, example: CheckExample | undefined): string {
  return [
    `### ${check.id}`,
    `${check.title}. *${describe(check)}.*`,
    check.why,
    ...(check.reference === undefined ? [] : [`See <${check.reference}>.`]),
    ...(example === undefined ? [] : exampleText(example)),
  ].join('\n\n');
}

function exampleText({ file, text, expected }: CheckExample): string[] {
  return [
    `With this \`${file}\``,
    `\`\`\`nginx\n${text.trimEnd()}\n\`\`\``,
    'it says',
    `\`\`\`text\n${expected.trimEnd()}\n\`\`\``,
  ];
}

/** What `wallguard check --explain` prints: the same text, for a terminal. */
export function explainCheck(check: Check): string {
  return [
    `${check.id}: ${check.title}`,
    describe(check),
    '',
    check.why,
    ...(check.reference === undefined ? [] : ['', `see ${check.reference}`]),
    '',
    `To silence it for one statement: # wallguard:ignore ${check.id} and the reason`,
    '',
  ].join('\n');
}

function describe({ severity, confidence, category }: Check): string {
  return `${severity}${confidence === 'likely' ? ' (likely)' : ''}, ${category}`;
}

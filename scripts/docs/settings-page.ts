/** `docs/settings.md`: the settings reference, made from the JSON Schema of the settings. */
import { describeAllowed, type JsonSchema } from '../../tools/src/settings/json-schema.ts';

interface Row {
  readonly key: string;
  readonly allowed: string;
  readonly standard: string;
  readonly about: string;
}

/** @param example  a whole settings file that is known to be right */
export function settingsPage(schema: JsonSchema, example: string): string {
  const entries = Object.entries(schema.properties ?? {});
  const single = entries.filter(([, node]) => innerMaps(node).length === 0);
  const sections = entries.filter(([, node]) => innerMaps(node).length > 0);
  return `# Settings

<!-- Generated from schema/settings.ts by "npm run docs". -->

wallguard reads \`wallguard.yaml\`: YAML 1.2, in which every setting has a default, so that an empty file is complete. All
mistakes are reported at once, each with line, column, the value given and what is allowed. Words and numbers that look
like something else need quotes: a version such as \`"6.10"\` is a number without them.

Durations are written as \`200ms\`, \`5s\`, \`10m\`, \`1h\` or \`1d\`, sizes as \`512\`, \`64k\`, \`500M\` or \`1g\`.

Editors that know JSON Schema check the file while you type, when its first line is

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/wallguard/schema/settings.schema.json
\`\`\`

## Example

\`\`\`yaml
${example.trimEnd()}
\`\`\`

## Top level

${table(single.flatMap(([key, node]) => rowsOf(key, node, schema)))}

${sections.map(([key, node]) => section(key, node, schema)).join('\n\n')}
`;
}

function section(key: string, node: JsonSchema, schema: JsonSchema): string {
  const own = rowsOf(key, node, schema);
  // The row of the section's own key says nothing that the rows below do not, unless the key may also be a word or a list.
  const rows = node.properties === undefined ? own : own.slice(1);
  return [`## ${key}`, '', `${capitalised(node.description ?? '')}.`, '', table(rows)].join('\n');
}

/** The row of a setting and the rows of everything inside it. */
function rowsOf(key: string, node: JsonSchema, parent: JsonSchema): Row[] {
  const name = key.slice(key.lastIndexOf('.') + 1);
  const required = parent.required?.includes(name) ?? false;
  const inside = innerMaps(node).flatMap(({ map, list }) =>
    Object.entries(map.properties ?? {}).flatMap(([inner, next]) =>
      rowsOf(`${key}${list ? '[]' : ''}.${inner}`, next, map),
    ),
  );
  const row: Row = {
    key,
    allowed: allowed(node),
    standard: required ? 'required' : standardOf(node),
    about: node.description ?? '',
  };
  return [row, ...inside];
}

/** Maps with known keys that a setting may be, or may be a list of. */
function innerMaps(node: JsonSchema): { map: JsonSchema; list: boolean }[] {
  if (node.items !== undefined) {
    return innerMaps(node.items).map(({ map }) => ({ map, list: true }));
  }
  return (node.anyOf ?? [node]).flatMap((one) => (one.properties === undefined ? [] : [{ map: one, list: false }]));
}

function allowed(node: JsonSchema): string {
  if (node.items !== undefined) {
    const limits = [
      ...(node.minItems === undefined ? [] : [`at least ${node.minItems}`]),
      ...(node.maxItems === undefined ? [] : [`at most ${node.maxItems}`]),
    ];
    return `list (${[...limits, describeAllowed([node.items])].join('; ')})`;
  }
  return describeAllowed([node]);
}

function standardOf(node: JsonSchema): string {
  if (node.default === undefined) {
    return 'none';
  }
  const text = JSON.stringify(node.default);
  return text === '{}' ? '' : code(typeof node.default === 'string' ? node.default : text.replaceAll('","', '", "'));
}

function table(rows: readonly Row[]): string {
  return [
    '| setting | allowed | default | what it does |',
    '| --- | --- | --- | --- |',
    ...rows.map(({ key, allowed: may, standard, about }) =>
      `| ${[code(key), cell(may), standard, cell(about)].join(' | ')} |`.replace(/ {2,}/g, ' '),
    ),
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\*/g, '\\*');
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

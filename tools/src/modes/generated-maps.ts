/**
 * Evaluates the `map` blocks that the generator writes, so that an answer about a mode is the generated configuration's
 * own. Semantics: nginx.org, ngx_http_map_module (exact strings before regular expressions, these in order).
 */
import { parseFile } from '../nginx-conf/parse.ts';

export interface GeneratedMap {
  /** `$host$uri` */
  readonly source: string;
  /** With its `$`. */
  readonly variable: string;
  readonly entries: readonly { readonly key: string; readonly value: string }[];
}

/** How a variable got its value. */
export interface MapStep {
  readonly variable: string;
  readonly source: string;
  /** What the source was for this request. */
  readonly input: string;
  /** The line that decided: `default`, a text, or `~` and a regular expression; empty where none did. */
  readonly key: string;
  readonly value: string;
}

/** @param lines  configuration of the http block */
export function readMaps(lines: readonly string[]): GeneratedMap[] {
  return parseFile('generated', lines.join('\n'))
    .directives.filter(({ name, args }) => name.value === 'map' && args.length === 2)
    .map(({ args: [source, variable], block = [] }) => ({
      source: source?.value ?? '',
      variable: variable?.value ?? '',
      entries: block.map(({ name, args: [value] }) => ({ key: name.value, value: value?.value ?? '' })),
    }));
}

/**
 * The value of a variable.
 *
 * @param given  variables of the request, without `$`; others are empty
 * @param steps  receives each map that was asked, the last one last
 */
export function evaluateVariable(
  name: string,
  maps: readonly GeneratedMap[],
  given: Readonly<Record<string, string>>,
  steps: MapStep[] = [],
): string {
  const known = given[name];
  if (known !== undefined) return known;
  const map = maps.find(({ variable }) => variable === `$${name}`);
  if (map === undefined) return '';
  const expand = (text: string): string =>
    text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced: string | undefined, plain: string | undefined) =>
      evaluateVariable(braced ?? plain ?? '', maps, given, steps),
    );
  const input = expand(map.source);
  const found = entryFor(map, input);
  const value = expand(found?.value ?? '');
  steps.push({ variable: map.variable, source: map.source, input, key: found?.key ?? '', value });
  return value;
}

function entryFor({ entries }: GeneratedMap, input: string): GeneratedMap['entries'][number] | undefined {
  const lower = input.toLowerCase();
  return (
    entries.find(
      ({ key }) => key !== 'default' && !key.startsWith('~') && key.replace(/^\\/, '').toLowerCase() === lower,
    ) ??
    entries.find(({ key }) => key.startsWith('~') && regularExpression(key).test(input)) ??
    entries.find(({ key }) => key === 'default')
  );
}

function regularExpression(key: string): RegExp {
  return key.startsWith('~*') ? new RegExp(key.slice(2), 'i') : new RegExp(key.slice(1));
}

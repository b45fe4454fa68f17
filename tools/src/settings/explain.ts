import type { z } from 'zod';
import { suggest } from '../suggest.ts';
import { describeAllowed, keyPaths, schemasAt, type JsonSchema } from './json-schema.ts';
import { formatPath, quoteValue, type SettingsPath, type SettingsProblem } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** A mistake of shape, with what it is about: a key that should not be there, or a value. */
export interface Mistake extends SettingsProblem {
  readonly at: 'key' | 'value';
}

/** What was read, and what is allowed. */
export interface Given {
  readonly data: unknown;
  readonly schema: JsonSchema;
  /** A scalar as it was written. */
  writtenText(path: SettingsPath): string | undefined;
}

/** Says of each issue what was given, what is allowed and, where it can be guessed, what was meant. */
export function explain(issues: readonly Issue[], given: Given): Mistake[] {
  const mistakes = issues.flatMap((issue) => explainIssue(issue, issue.path as SettingsPath, given));
  // A key that is missing because it is misspelt beside is one mistake, not two.
  const meant = new Set(mistakes.flatMap(({ meantPath }) => meantPath ?? []));
  return mistakes.filter(({ missing, path }) => !(missing && meant.has(formatPath(path))));
}

interface Explained extends Mistake {
  readonly missing?: boolean;
  /** Path of the key that was meant. */
  readonly meantPath?: string;
}

function explainIssue(issue: Issue, path: SettingsPath, given: Given): Explained[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...path, key], given));
  }
  if (issue.code === 'invalid_union') {
    return explainUnion(issue, path, given);
  }
  return [wrongValue(issue, path, given)];
}

function explainUnion(issue: Issue & { code: 'invalid_union' }, path: SettingsPath, given: Given): Explained[] {
  const value = valueAt(given.data, path);
  if (!isMap(value)) {
    return [wrongValue(issue, path, given)];
  }
  const keys = Object.keys(value);
  const candidates = issue.errors
    .filter((issues) => !issues.some((inner) => inner.path.length === 0 && inner.code !== 'unrecognized_keys'))
    .map((issues) => ({ issues, known: keys.length - unknownKeys(issues).length }))
    .sort((a, b) => b.known - a.known);
  const [best, second] = candidates;
  if (best !== undefined && best.known > (second?.known ?? -1)) {
    return best.issues.flatMap((inner) => explainIssue(inner, [...path, ...(inner.path as SettingsPath)], given));
  }
  const unknown = keys.filter((key) => schemasAt(given.schema, [...path, key]).length === 0);
  return unknown.length > 0
    ? unknown.map((key) => unknownKey([...path, key], given))
    : [wrongValue(issue, path, given)];
}

function unknownKeys(issues: readonly Issue[]): string[] {
  return issues.flatMap((issue) => (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : []));
}

function unknownKey(path: SettingsPath, given: Given): Explained {
  const key = String(path.at(-1));
  const above = path.slice(0, -1);
  const here = schemasAt(given.schema, above).flatMap((node) => Object.keys(node.properties ?? {}));
  // Wrong indentation puts a right key in a wrong place; that is likelier than a slip that makes another key of it.
  const elsewhere = keyPaths(given.schema).filter((candidate) => candidate.at(-1) === key);
  const meant = elsewhere.length > 0 ? undefined : suggest(key, here);
  if (meant !== undefined) {
    return {
      at: 'key',
      path,
      message: `unknown key; allowed: ${here.join(', ')}; did you mean "${meant}"?`,
      meantPath: formatPath([...above, meant]),
    };
  }
  const hint =
    elsewhere.length === 0 ? '' : `; did you mean ${elsewhere.map((found) => `"${formatPath(found)}"`).join(' or ')}?`;
  return { at: 'key', path, message: `unknown key; allowed: ${here.join(', ')}${hint}` };
}

function wrongValue(issue: Issue, path: SettingsPath, given: Given): Explained {
  const value = valueAt(given.data, path);
  const nodes = schemasAt(given.schema, path);
  const allowed = ownWords(issue) ?? describeAllowed(nodes);
  if (value === undefined) {
    return { at: 'key', path, message: `missing; required: ${allowed}`, missing: true };
  }
  const parts = [`${show(value, path, given)}; allowed: ${allowed}`, ...hint(value, path, nodes, given)];
  return { at: value === null ? 'key' : 'value', path, message: parts.join('; ') };
}

/** The schema author's words for exactly this issue; the description of what is allowed has the words of all checks. */
function ownWords(issue: Issue): string | undefined {
  const written = issue.code === 'custom' || (issue.code === 'invalid_format' && issue.format === 'regex');
  return written && !issue.message.startsWith('Invalid') ? issue.message : undefined;
}

function show(value: unknown, path: SettingsPath, given: Given): string {
  if (value === null) {
    return 'nothing is written here';
  }
  if (Array.isArray(value)) {
    return `a list of ${value.length}`;
  }
  if (isMap(value)) {
    return 'a map';
  }
  if (isSecret(path)) {
    return typeof value === 'string' ? `a text of ${value.length} characters` : `a ${typeof value}`;
  }
  return typeof value === 'string' ? quoteValue(value) : (given.writtenText(path) ?? quoteValue(value));
}

function hint(value: unknown, path: SettingsPath, nodes: readonly JsonSchema[], given: Given): string[] {
  const wants = (type: string): boolean => nodes.some((node) => node.type === type);
  if (typeof value === 'string') {
    const words = nodes.flatMap((node) => [...(node.enum ?? []), ...(node.const === undefined ? [] : [node.const])]);
    const meant = suggest(value, words.map(String));
    if (meant !== undefined) {
      return [`did you mean "${meant}"?`];
    }
    if (wants('boolean') && /^(?:yes|no|on|off|true|false)$/i.test(value)) {
      return [`did you mean ${/^(?:yes|on|true)$/i.test(value)}?`];
    }
    if ((wants('integer') || wants('number')) && value !== '' && Number.isFinite(Number(value))) {
      return ['write the number without quotes'];
    }
    return wants('array') ? [`write it as a list: [${quoteValue(value)}]`] : [];
  }
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  return scalar && wants('string') && !isSecret(path)
    ? [`write it in quotes: "${given.writtenText(path) ?? String(value)}"`]
    : [];
}

/** Values that must not reach a terminal or a build log. */
function isSecret(path: SettingsPath): boolean {
  return path.at(-1) === 'hmac_key';
}

function valueAt(data: unknown, path: SettingsPath): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value) && typeof step === 'number') {
      return value[step] as unknown;
    }
    return isMap(value) && Object.hasOwn(value, step) ? value[String(step)] : undefined;
  }, data);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

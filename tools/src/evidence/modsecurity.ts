/**
 * ModSecurity in a configuration: rules written in it, and rules files it names.
 *
 * Directives of ModSecurity are case-insensitive, one a line, with a backslash at the end of continued lines (ModSecurity
 * reference manual, v3.x). A file that a rules file includes is not read: what is not found may stand there.
 */
import { posix } from 'node:path';
import type { ConfigNode } from '../nginx-conf/include.ts';
import type { Config } from './config.ts';
import { isNotKnown } from './evidence.ts';
import type { HostFacts, HostQuestion } from './host-facts.ts';

/** Said by checks that have nothing to look at. */
export const noModsecurity = { skipped: 'ModSecurity is not used' };
export const noRules = { skipped: 'no rules are loaded' };

/** A text of rules. */
export interface Rules {
  /** `modsecurity_rules` or `modsecurity_rules_file`. */
  readonly node: ConfigNode;
  /** Where they stand, for people. */
  readonly name: string;
  readonly text: string;
}

/** `modsecurity_rules_file`, in reading order. A relative path starts where NGINX was started: `/` for a service. */
export function rulesFiles(config: Config): { readonly node: ConfigNode; readonly path: string }[] {
  return config.all('modsecurity_rules_file').map((node) => ({ node, path: posix.resolve('/', node.args[0] ?? '') }));
}

/** What {@link rulesOf} needs to know. */
export function rulesQuestions(config: Config): HostQuestion[] {
  return rulesFiles(config).map(({ path }) => ({ kind: 'text', of: path }));
}

/** All rules; `unknown`: why some could not be read. A file that is missing is reported elsewhere. */
export function rulesOf(
  config: Config,
  host: HostFacts,
): { readonly rules: readonly Rules[]; readonly unknown: readonly string[] } {
  const rules: Rules[] = config
    .all('modsecurity_rules')
    .map((node) => ({ node, name: 'modsecurity_rules', text: node.args.join('\n') }));
  const unknown: string[] = [];
  for (const { node, path } of rulesFiles(config)) {
    const text = host.ask('text', path);
    if (isNotKnown(text)) unknown.push(text.reason);
    else if (text.state === 'present') rules.push({ node, name: path, text: text.value });
  }
  return { rules, unknown };
}

/** The last value of a directive in these rules; undefined when it is not there. */
export function ruleValue({ text }: Rules, name: string): string | undefined {
  const pattern = new RegExp(`^[ \\t]*${name}[ \\t]+(.*?)[ \\t]*$`, 'gim');
  return [...text.matchAll(pattern)].at(-1)?.[1]?.replace(/^"(.*)"$/, '$1');
}

/** Whether these rules go on in files that were not read. */
export function includesMore({ text }: Rules): boolean {
  return /^[ \t]*Include[ \t]/im.test(text);
}

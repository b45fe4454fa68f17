/**
 * `@nginx/reference-lib` and what it leaves out → rows of `tools/src/directives/reference.json`.
 */
import { getDirectives, type Directive } from '@nginx/reference-lib';
import { argumentBits, contexts } from '../../tools/src/directives/directive-table.ts';
import type { ModuleKind } from '../../tools/src/directives/elf.ts';
import type { ReferenceRow } from '../../tools/src/directives/reference.ts';
import { otherModules } from './other-modules.ts';
import { argumentOverrides, contextOverrides } from './overrides.ts';
import { argumentsOfSyntax } from './syntax.ts';

/** The rows, sorted by name, then module. Directives of blocks that a module reads by rules of its own are left out. */
export function referenceRows(): ReferenceRow[] {
  return [...getDirectives().flatMap(rowOf), ...otherRows()].sort(
    (a, b) => compare(a[0], b[0]) || compare(a[1], b[1]) || a[3] - b[3],
  );
}

function rowOf(directive: Directive): ReferenceRow[] {
  const { name, module } = directive;
  const kind = kindOf(directive);
  const where = contextBits(contextOverrides[name] ?? directive.contexts, kind);
  if (where === 0) return [];
  const given = argumentOverrides.find(({ names, modules }) => names.test(name) && (modules?.test(module) ?? true));
  const args = given?.bits ?? argumentsOfSyntax(directive.syntax);
  const type = (where | args | (directive.isBlock ? argumentBits.block : 0)) >>> 0;
  return [directive.default === '' ? [name, module, kind, type] : [name, module, kind, type, directive.default]];
}

function kindOf({ module, contexts: names }: Directive): ModuleKind {
  if (names.includes('events')) return 'event';
  // Whatever a block holds, the block itself is known to the core.
  if (names.every((name) => name === 'main')) return 'core';
  if (module === 'ngx_otel_module') return 'http';
  return (/^ngx_(http|stream|mail)_/.exec(module)?.[1] as ModuleKind | undefined) ?? 'core';
}

function contextBits(documented: readonly string[], kind: ModuleKind): number {
  // An `if` stands in a server or in a location.
  const names = documented.flatMap((name) => (name === 'if' ? ['if in server', 'if in location'] : [name]));
  return Object.values(contexts)
    .filter((context) => context.kind === kind)
    .filter(({ name }) =>
      names.some((documentedName) => name === documentedName || name === `${kind} ${documentedName}`),
    )
    .reduce((bits, { bit }) => bits | bit, 0);
}

function otherRows(): ReferenceRow[] {
  return otherModules.flatMap(([module, kind, types]) =>
    Object.entries(types).flatMap(([names, type]) =>
      names.split(' ').map((name): ReferenceRow => [name, module, kind, type]),
    ),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

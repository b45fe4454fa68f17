/**
 * The directives of all known versions and modules: what is used where no build is at hand.
 *
 * `reference.json` is written by `scripts/directives.ts` from nginx.org's own descriptions.
 */
import type { DirectiveForm } from './directive-table.ts';
import type { ModuleKind } from './elf.ts';
import rows from './reference.json';
import { wallarmDirectives } from './wallarm.ts';

/** Type: the bits of `ngx_command_t.type`. Default: as documented. */
export type ReferenceRow = readonly [
  name: string,
  module: string,
  kind: ModuleKind,
  type: number,
  defaultValue?: string,
];

/** Forms by name. */
export function referenceForms(): Map<string, DirectiveForm[]> {
  const forms = new Map<string, DirectiveForm[]>();
  const add = (name: string, form: DirectiveForm): void => {
    const same = forms.get(name);
    if (same === undefined) forms.set(name, [form]);
    else same.push(form);
  };
  for (const [name, module, kind, type, defaultValue] of rows as unknown as readonly ReferenceRow[]) {
    add(name, { kind, type, module, source: 'reference', ...(defaultValue === undefined ? {} : { defaultValue }) });
  }
  for (const [name, form] of wallarmDirectives()) add(name, form);
  return forms;
}

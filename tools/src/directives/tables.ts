/**
 * Directive tables: the shipped one, and one with a build's own laid over it.
 */
import { allowedIn } from './directive-table.ts';
import type { Context, DirectiveForm, DirectiveTable } from './directive-table.ts';
import type { BuildTable } from './elf.ts';
import { referenceForms } from './reference.ts';

/** The shipped table alone. @param unread  binaries and modules that should have been read */
export function referenceTable(unread: readonly string[] = []): DirectiveTable {
  return new Table(referenceForms(), undefined, unread);
}

/**
 * What a build knows.
 * @param binary   the table of the `nginx` binary
 * @param modules  those of the modules it loads
 * @param unread   modules that could not be read: names they may know are then looked up in the reference
 */
export function buildTable(
  binary: BuildTable,
  modules: readonly BuildTable[],
  unread: readonly string[],
): DirectiveTable {
  const reference = referenceForms();
  const forms = new Map<string, DirectiveForm[]>();
  for (const module of [binary, ...modules].flatMap((table) => table.modules)) {
    for (const { name, type } of module.commands) {
      const known = reference.get(name)?.find(({ kind, type: bits }) => kind === module.kind && (bits & type) !== 0);
      const form: DirectiveForm = {
        ...known,
        kind: module.kind,
        type,
        module: module.name ?? known?.module ?? 'a module without a name',
        source: 'build',
      };
      const same = forms.get(name);
      if (same === undefined) forms.set(name, [form]);
      else same.push(form);
    }
  }
  if (unread.length > 0) {
    for (const [name, known] of reference) if (!forms.has(name)) forms.set(name, known);
    return new Table(forms, undefined, unread);
  }
  return new Table(forms, { version: binary.version }, []);
}

class Table implements DirectiveTable {
  readonly build: DirectiveTable['build'];
  readonly unread: readonly string[];
  private readonly byName: ReadonlyMap<string, readonly DirectiveForm[]>;

  constructor(
    byName: ReadonlyMap<string, readonly DirectiveForm[]>,
    build: DirectiveTable['build'],
    unread: readonly string[],
  ) {
    this.byName = byName;
    this.build = build;
    this.unread = unread;
  }

  forms(name: string): readonly DirectiveForm[] {
    return this.byName.get(name) ?? [];
  }

  namesIn(context: Context): readonly string[] {
    return [...this.byName].filter(([, forms]) => forms.some((form) => allowedIn(form, context))).map(([name]) => name);
  }
}

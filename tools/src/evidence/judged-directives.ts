/**
 * Every directive held against a table of what is known: names, contexts, numbers of arguments. One walk serves the
 * checks that report them.
 */
import { allowedIn, contextInside, contexts, isBlock, takes } from '../directives/directive-table.ts';
import type { Context, DirectiveForm, DirectiveTable } from '../directives/directive-table.ts';
import type { ConfigNode, Scope } from '../nginx-conf/include.ts';
import type { Config } from './config.ts';

/** A directive that does not fit the table, as NGINX would come across it. */
export interface Misfit {
  readonly node: ConfigNode;
  /** Where it stands. */
  readonly context: Context;
}

export interface ArgumentMisfit extends Misfit {
  /** The form it was meant to have. */
  readonly form: DirectiveForm;
  /** `count`: number of arguments; `block`: a `;` where a block is needed; `semicolon`: a block where there is none. */
  readonly wrong: 'count' | 'block' | 'semicolon';
}

export interface Judgement {
  readonly unknown: readonly Misfit[];
  readonly misplaced: readonly Misfit[];
  readonly wrongArguments: readonly ArgumentMisfit[];
}

const judgements = new WeakMap<Config, { readonly table: DirectiveTable; readonly judgement: Judgement }>();

/** In the order of the configuration. Blocks that a module reads by rules of its own are not looked into. */
export function judgedDirectives(config: Config, table: DirectiveTable): Judgement {
  const known = judgements.get(config);
  if (known?.table === table) return known.judgement;
  const judgement = judge(config.main, table);
  judgements.set(config, { table, judgement });
  return judgement;
}

function judge(main: Scope, table: DirectiveTable): Judgement {
  const unknown: Misfit[] = [];
  const misplaced: Misfit[] = [];
  const wrongArguments: ArgumentMisfit[] = [];
  const formsIn = lookup(table);
  const pending: { scope: Scope; context: Context; index: number }[] = [
    { scope: main, context: contexts.main, index: 0 },
  ];
  for (let level = pending.at(-1); level !== undefined; level = pending.at(-1)) {
    const node = level.scope.children[level.index++];
    if (node === undefined) {
      pending.pop();
      continue;
    }
    const { context } = level;
    const forms = formsIn(context, node.name);
    if (forms === undefined) unknown.push({ node, context });
    else if (forms.length === 0) misplaced.push({ node, context });
    else {
      const misfit = argumentMisfit(node, forms);
      if (misfit !== undefined) wrongArguments.push({ node, context, ...misfit });
    }
    const within = node.scope === undefined ? undefined : contextInside(node.name, context);
    if (within !== undefined && node.scope !== undefined)
      pending.push({ scope: node.scope, context: within, index: 0 });
  }
  return { unknown, misplaced, wrongArguments };
}

/** Finds the forms that a context allows, and remembers them; undefined for a name that is not known at all. */
function lookup(table: DirectiveTable): (context: Context, name: string) => readonly DirectiveForm[] | undefined {
  const known = new Map<Context, Map<string, readonly DirectiveForm[] | undefined>>();
  return (context, name) => {
    let names = known.get(context);
    if (names === undefined) known.set(context, (names = new Map()));
    let forms = names.get(name);
    if (forms === undefined && !names.has(name)) {
      const all = table.forms(name);
      forms = all.length === 0 ? undefined : all.filter((form) => allowedIn(form, context));
      names.set(name, forms);
    }
    return forms;
  };
}

/** NGINX tries the forms one after the other and complains about the first that stands in the right place. */
function argumentMisfit(
  { directive }: ConfigNode,
  forms: readonly DirectiveForm[],
): Pick<ArgumentMisfit, 'form' | 'wrong'> | undefined {
  const hasBlock = directive.body !== 'none';
  const count = directive.args.length;
  for (const form of forms) if (isBlock(form) === hasBlock && takes(form, count)) return undefined;
  const form = forms.find((candidate) => isBlock(candidate) === hasBlock) ?? forms[0]!;
  if (isBlock(form) === hasBlock) return { form, wrong: 'count' };
  return { form, wrong: hasBlock ? 'semicolon' : 'block' };
}

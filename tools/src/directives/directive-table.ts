/**
 * What is known about directives: where each may stand and how many arguments it takes.
 *
 * Contexts and arguments are kept as NGINX keeps them, in the bits of `ngx_command_t.type`, so that the shipped table
 * and one read out of a binary are judged by the same rules, those of `ngx_conf_handler()`.
 */
import type { ModuleKind } from './elf.ts';

/** One form of a directive. A name may have several: `server` is one in `http`, and another in an `upstream`. */
export interface DirectiveForm {
  /** Kind of the module, which decides what the context bits mean. */
  readonly kind: ModuleKind;
  /** See {@link argumentBits} and {@link contexts}. */
  readonly type: number;
  /** Such as `ngx_http_core_module`. */
  readonly module: string;
  /** Where this comes from: the very build that will read the configuration, or the shipped reference. */
  readonly source: 'build' | 'reference';
  /** As documented; undefined when there is none or it is not known. */
  readonly defaultValue?: string;
  /** First version that knows it: of the node for `wallarm_*`. */
  readonly since?: string;
  /** Why it is out of use, or what to write instead. */
  readonly deprecated?: string;
  /** Whether variables are evaluated in its arguments; undefined: not known. */
  readonly acceptsVariable?: boolean;
}

/** Lookup by name. */
export interface DirectiveTable {
  /** Empty: the name is not known. */
  forms(name: string): readonly DirectiveForm[];
  /** Names that may stand in a context, for "did you mean". */
  namesIn(context: Context): readonly string[];
  /** The build whose binary and loaded modules were all read: it knows these directives and no others. */
  readonly build: { readonly version: string } | undefined;
  /** Binaries and modules that should have been read and were not, with the reason: a sentence each. */
  readonly unread: readonly string[];
}

/** Number of arguments as bits (ngx_conf_file.h). */
export const argumentBits = {
  none: 0x1,
  /** One bit for each number from 0 to 7. */
  counted: 0xff,
  block: 0x100,
  flag: 0x200,
  any: 0x400,
  oneOrMore: 0x800,
  twoOrMore: 0x1000,
} as const;

/** Arguments beyond this number are refused unless the directive takes any number (`NGX_CONF_MAX_ARGS`, less the name). */
const MAX_COUNTED = 7;

/** A kind of block: what a directive inside may be. */
export interface Context {
  /** As nginx.org names it, with the protocol where it is not http. */
  readonly name: string;
  readonly kind: ModuleKind;
  readonly bit: number;
}

/** Every context, by a name of its own. Bits from ngx_conf_file.h, ngx_http_config.h, ngx_stream.h, ngx_mail.h, ngx_event.h. */
export const contexts = {
  main: { name: 'main', kind: 'core', bit: 0x01000000 },
  events: { name: 'events', kind: 'event', bit: 0x02000000 },
  http: { name: 'http', kind: 'http', bit: 0x02000000 },
  server: { name: 'server', kind: 'http', bit: 0x04000000 },
  location: { name: 'location', kind: 'http', bit: 0x08000000 },
  upstream: { name: 'upstream', kind: 'http', bit: 0x10000000 },
  ifInServer: { name: 'if in server', kind: 'http', bit: 0x20000000 },
  ifInLocation: { name: 'if in location', kind: 'http', bit: 0x40000000 },
  limitExcept: { name: 'limit_except', kind: 'http', bit: 0x80000000 },
  stream: { name: 'stream', kind: 'stream', bit: 0x02000000 },
  streamServer: { name: 'stream server', kind: 'stream', bit: 0x04000000 },
  streamUpstream: { name: 'stream upstream', kind: 'stream', bit: 0x08000000 },
  mail: { name: 'mail', kind: 'mail', bit: 0x02000000 },
  mailServer: { name: 'mail server', kind: 'mail', bit: 0x04000000 },
} as const satisfies Record<string, Context>;

/** What a block holds, by the block's name and the context it stands in. */
const BLOCKS: Readonly<Record<string, Readonly<Record<string, Context>>>> = {
  main: { events: contexts.events, http: contexts.http, stream: contexts.stream, mail: contexts.mail },
  http: { server: contexts.server, upstream: contexts.upstream },
  server: { location: contexts.location, if: contexts.ifInServer },
  location: { location: contexts.location, if: contexts.ifInLocation, limit_except: contexts.limitExcept },
  stream: { server: contexts.streamServer, upstream: contexts.streamUpstream },
  mail: { server: contexts.mailServer },
};

/** @returns undefined for a block that is read by rules of its own: tables, blocks of other modules */
export function contextInside(block: string, around: Context): Context | undefined {
  const inside = BLOCKS[around.name];
  return inside !== undefined && Object.hasOwn(inside, block) ? inside[block] : undefined;
}

/** Whether NGINX would take the directive there: modules of another kind are passed over, `include` goes anywhere. */
export function allowedIn(form: DirectiveForm, context: Context): boolean {
  return (form.kind === 'conf' || form.kind === context.kind) && (form.type & context.bit) !== 0;
}

/** Whether the number of arguments is right. */
export function takes({ type }: DirectiveForm, count: number): boolean {
  if ((type & argumentBits.any) !== 0) return true;
  if ((type & argumentBits.flag) !== 0) return count === 1;
  if ((type & argumentBits.oneOrMore) !== 0) return count >= 1;
  if ((type & argumentBits.twoOrMore) !== 0) return count >= 2;
  return count <= MAX_COUNTED && (type & (1 << count)) !== 0;
}

/** Whether the directive is followed by a block. */
export function isBlock({ type }: DirectiveForm): boolean {
  return (type & argumentBits.block) !== 0;
}

/** In words: `1 or 2 arguments`, `at least 1 argument`, `on or off`. */
export function describeArguments({ type }: DirectiveForm): string {
  if ((type & argumentBits.any) !== 0) return 'any number of arguments';
  if ((type & argumentBits.flag) !== 0) return '"on" or "off"';
  if ((type & argumentBits.oneOrMore) !== 0) return 'at least 1 argument';
  if ((type & argumentBits.twoOrMore) !== 0) return 'at least 2 arguments';
  const counts = Array.from({ length: MAX_COUNTED + 1 }, (_, count) => count).filter((count) => type & (1 << count));
  if (counts.length === 1 && counts[0] === 0) return 'no argument';
  const words = counts.map(String);
  const last = words.pop() ?? '0';
  return `${words.length === 0 ? last : `${words.join(', ')} or ${last}`} argument${last === '1' ? '' : 's'}`;
}

/** The contexts a directive may stand in, in words: `http, server, location`. */
export function describeContexts(forms: readonly DirectiveForm[]): string {
  return Object.values(contexts)
    .filter((context) => forms.some((form) => allowedIn(form, context)))
    .map(({ name }) => name)
    .join(', ');
}

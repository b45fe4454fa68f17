/**
 * The directives that a build of NGINX knows, read out of its binary and modules without running them.
 *
 * Every module of NGINX is described by an `ngx_module_t`, which says for which build it was compiled and points to an
 * array of `ngx_command_t`: name, contexts and arguments of each directive (NGINX development guide, "Modules").
 */
import { ElfError, ElfImage } from './elf-image.ts';

/** What one file holds. */
export interface BuildTable {
  /** NGINX the file was compiled for, such as `1.26.3`. */
  readonly version: string;
  readonly modules: readonly BuildModule[];
}

export interface BuildModule {
  /** Such as `ngx_http_js_module`; undefined when the file does not export the name. */
  readonly name: string | undefined;
  /** The kind of module, from the four characters NGINX knows it by. */
  readonly kind: ModuleKind;
  readonly commands: readonly BuildCommand[];
}

export type ModuleKind = 'core' | 'conf' | 'event' | 'http' | 'mail' | 'stream' | 'other';

export interface BuildCommand {
  readonly name: string;
  /** Bits of contexts and numbers of arguments, as in `ngx_command_t`. */
  readonly type: number;
}

/** Why a file gave no table. Nothing may be concluded from it. */
export interface NoBuildTable {
  readonly unknown: string;
}

/** `NGX_CORE_MODULE` and the like (ngx_module.h, ngx_http_config.h …): the characters in the order of the file. */
const KINDS: Readonly<Record<string, ModuleKind>> = {
  CORE: 'core',
  CONF: 'conf',
  EVNT: 'event',
  HTTP: 'http',
  MAIL: 'mail',
  STRM: 'stream',
};

/** `ngx_module_t` and `ngx_command_t` on 64-bit machines; offsets in bytes. */
const MODULE = { version: 40, signature: 48, commands: 64, type: 72, bytes: 200 } as const;
const COMMAND = { nameLength: 0, name: 8, type: 16, bytes: 56 } as const;
/** `NGX_MODULE_UNSET_INDEX`, all ones, as a number. */
const UNSET = 2 ** 64;
/** `NGX_MODULE_SIGNATURE`: sizes of three types, then one digit for each option of the build. */
const SIGNATURE = /^\d+,\d+,\d+,[01]{20,}$/;
const MAX_NAME_BYTES = 256;
const MAX_COMMANDS = 4096;

/** @param file  the binary, or a module's `.so` */
export function readBuildTable(file: Uint8Array): BuildTable | NoBuildTable {
  let image;
  try {
    image = new ElfImage(file);
  } catch (error) {
    if (error instanceof ElfError) return { unknown: error.message };
    throw error;
  }
  const modules: BuildModule[] = [];
  let version: number | undefined;
  for (const { start, end } of image.dataRanges) {
    for (let at = Math.ceil(start / 8) * 8; at + MODULE.bytes <= end; at += 8) {
      if (!isModule(image, at)) continue;
      const commands = commandsOf(image, image.long(at + MODULE.commands) ?? 0);
      if (commands === undefined) return { unknown: 'its list of directives could not be followed' };
      version ??= image.long(at + MODULE.version);
      modules.push({ name: image.symbolAt(at), kind: kindOf(image.long(at + MODULE.type) ?? 0), commands });
    }
  }
  if (version === undefined) return { unknown: 'it holds no module of NGINX' };
  return { version: versionText(version), modules };
}

/** The fields that are the same in every compiled module: unset indexes, and the signature of a build. */
function isModule(image: ElfImage, at: number): boolean {
  if (image.long(at) !== UNSET || image.long(at + 8) !== UNSET) return false;
  const version = image.long(at + MODULE.version) ?? 0;
  if (version < 1_000_000 || version > 9_999_999) return false;
  return SIGNATURE.test(image.text(image.long(at + MODULE.signature) ?? 0, 64) ?? '');
}

/** Undefined when a pointer leads nowhere, as with a kind of relocation that is not known here. */
function commandsOf(image: ElfImage, first: number): BuildCommand[] | undefined {
  const commands: BuildCommand[] = [];
  if (first === 0) return commands;
  for (let at = first; commands.length < MAX_COMMANDS; at += COMMAND.bytes) {
    const length = image.long(at + COMMAND.nameLength);
    const pointer = image.long(at + COMMAND.name);
    const type = image.long(at + COMMAND.type);
    if (length === undefined || pointer === undefined || type === undefined) return undefined;
    if (length === 0) return commands;
    const name = length > MAX_NAME_BYTES ? undefined : image.text(pointer, length);
    if (name?.length !== length) return undefined;
    commands.push({ name, type });
  }
  return undefined;
}

function kindOf(type: number): ModuleKind {
  const word = String.fromCharCode(type & 0xff, (type >>> 8) & 0xff, (type >>> 16) & 0xff, (type >>> 24) & 0xff);
  return KINDS[word] ?? 'other';
}

/** 1026003 → `1.26.3` */
function versionText(version: number): string {
  return [Math.floor(version / 1_000_000), Math.floor(version / 1000) % 1000, version % 1000].join('.');
}

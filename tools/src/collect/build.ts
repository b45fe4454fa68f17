/**
 * The NGINX that will load a configuration, from its files: nothing is run.
 */
import { posix } from 'node:path';
import type { DirectiveTable } from '../directives/directive-table.ts';
import { readBuildTable } from '../directives/elf.ts';
import type { BuildTable } from '../directives/elf.ts';
import { buildTable, referenceTable } from '../directives/tables.ts';
import { parseBuild } from '../install/nginx-build.ts';
import type { NginxBuild } from '../install/nginx-build.ts';
import type { ConfigFiles } from '../nginx-conf/config-files.ts';
import type { ConfigTree } from '../nginx-conf/include.ts';

/** Where packages and builds put the binary. */
export const usualBinaries: readonly string[] = [
  '/usr/sbin/nginx',
  '/usr/local/sbin/nginx',
  '/usr/local/nginx/sbin/nginx',
  '/opt/nginx/sbin/nginx',
];

/** A binary that was read. */
export interface NginxBinary {
  readonly path: string;
  readonly build: NginxBuild;
  /** Its directives; or why they could not be read. */
  readonly table: BuildTable | { readonly unknown: string };
}

/**
 * Reads the first binary that is there.
 * @returns undefined when none is there, or none that says of itself what NGINX says
 */
export async function readBinary(files: ConfigFiles, candidates: readonly string[]): Promise<NginxBinary | undefined> {
  for (const path of candidates) {
    const read = await files.read(path);
    if (read.state !== 'present') continue;
    const build = buildOf(path, read.bytes);
    if (build !== undefined) return { path, build, table: readBuildTable(read.bytes) };
  }
  return undefined;
}

/** The lines of `nginx -V` are in the binary as they are printed. */
function buildOf(path: string, bytes: Uint8Array): NginxBuild | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines = ['nginx version: ', 'configure arguments:'].map((start) => {
    const at = text.indexOf(start, 0, 'latin1');
    const end = at < 0 ? -1 : text.indexOf('\n', at, 'latin1');
    return end < 0 ? '' : text.toString('latin1', at, end).split('\0', 1)[0];
  });
  try {
    return parseBuild(path, lines.join('\n'));
  } catch {
    return undefined;
  }
}

/** The main configuration file that the build reads unless it is told another. */
export function defaultConfig(build: NginxBuild): string {
  return posix.resolve(build.prefix, build.option('conf-path') ?? 'conf/nginx.conf');
}

/** What the build knows together with the modules that the configuration loads. */
export async function directivesOf(
  files: ConfigFiles,
  { path, build, table }: NginxBinary,
  tree: ConfigTree,
): Promise<DirectiveTable> {
  if ('unknown' in table) return referenceTable([`the directives of ${path} could not be read: ${table.unknown}`]);
  const modules: BuildTable[] = [];
  const unread: string[] = [];
  for (const name of tree.main.named('load_module').flatMap(({ args }) => args.slice(0, 1))) {
    const file = posix.resolve(build.prefix, name);
    const read = await files.read(file);
    const found = read.state === 'present' ? readBuildTable(read.bytes) : { unknown: whyNot(read) };
    if ('unknown' in found) unread.push(`the directives of the module ${file} could not be read: ${found.unknown}`);
    else modules.push(found);
  }
  return buildTable(table, modules, unread);
}

function whyNot(
  read: { readonly state: 'absent' } | { readonly state: 'unreadable'; readonly reason: string },
): string {
  return read.state === 'absent' ? 'no such file' : read.reason;
}

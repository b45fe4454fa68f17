import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Kit } from './kit.ts';
import { probeNginx, type ProbeResult } from './probe.ts';

/** Where an NGINX keeps what a kit consists of; absolute paths, undefined for what is not there. */
export interface NginxLayout {
  readonly root: string;
  readonly js: string;
  readonly modsecurity?: string;
  readonly crs?: { readonly setup: string; readonly rules: string };
  readonly lua?: { readonly ndk: string; readonly lua: string; readonly path: string; readonly cpath: string };
  readonly unicodeMapping?: string;
  readonly mimeTypes: string;
}

/** What was found out by running an NGINX and by looking at its files. */
export interface NginxFacts extends ProbeResult {
  readonly modsecurityLibraryVersion?: string;
  readonly crsVersion?: string;
}

/**
 * Looks for modules, rules and libraries below `root` at Debian's paths.
 *
 * @param directories where this NGINX differs from Debian's build, relative to the root
 */
export function nginxLayout(
  root: string,
  directories: { readonly modules: string; readonly configuration: string } = {
    modules: 'usr/lib/nginx/modules',
    configuration: 'etc/nginx',
  },
): NginxLayout {
  const at = (...parts: string[]): string => path.join(root, ...parts);
  const modsecurity = at(directories.modules, 'ngx_http_modsecurity_module.so');
  const crs = { setup: at('etc/modsecurity/crs/crs-setup.conf'), rules: at('usr/share/modsecurity-crs/rules') };
  const lua = {
    ndk: at(directories.modules, 'ndk_http_module.so'),
    lua: at(directories.modules, 'ngx_http_lua_module.so'),
    path: `${at('usr/share/lua/5.1')}/?.lua;;`,
    cpath: `${at(libraryDirectories(root)[0] ?? 'usr/lib', 'lua/5.1')}/?.so;;`,
  };
  const unicodeMapping = at(directories.configuration, 'unicode.mapping');
  return {
    root,
    js: at(directories.modules, 'ngx_http_js_module.so'),
    mimeTypes: at(directories.configuration, 'mime.types'),
    ...(existsSync(modsecurity) ? { modsecurity } : {}),
    ...(existsSync(crs.setup) && existsSync(crs.rules) ? { crs: { ...crs, rules: `${crs.rules}/*.conf` } } : {}),
    ...(existsSync(lua.ndk) && existsSync(lua.lua) && existsSync(at('usr/share/lua/5.1/resty/core.lua'))
      ? { lua }
      : {}),
    ...(existsSync(unicodeMapping) ? { unicodeMapping } : {}),
  };
}

/** Runs the NGINX and reads the versions of what cannot be asked. */
export async function inspectNginx(layout: NginxLayout, nginx: readonly string[]): Promise<NginxFacts> {
  const facts = await probeNginx({
    nginx,
    js: layout.js,
    ...(layout.modsecurity === undefined || layout.crs === undefined
      ? {}
      : { modsecurity: { module: layout.modsecurity, crsSetup: layout.crs.setup, crsRules: layout.crs.rules } }),
    ...(layout.lua === undefined ? {} : { lua: layout.lua }),
  });
  const library = modsecurityLibraryVersion(layout.root);
  const crs = layout.crs === undefined ? undefined : crsVersionOf(readFileSync(layout.crs.setup, 'utf8'));
  return {
    ...facts,
    ...(library === undefined ? {} : { modsecurityLibraryVersion: library }),
    ...(crs === undefined ? {} : { crsVersion: crs }),
  };
}

/** Version in the first lines of the rule set's `crs-setup.conf`: "… Core Rule Set ver.3.3.7". */
export function crsVersionOf(text: string): string | undefined {
  return /(?:Core Rule Set|CRS) ver\.(\d[\d.]*\d)/.exec(text)?.[1];
}

/** libmodsecurity has no program to ask and its 1.0.3 connector does not say it, so the file's name has to. */
function modsecurityLibraryVersion(root: string): string | undefined {
  for (const directory of libraryDirectories(root)) {
    const file = path.join(root, directory, 'libmodsecurity.so.3');
    if (!existsSync(file)) continue;
    return /\.so\.(\d+\.\d+\.\d+)$/.exec(realpathSync(file))?.[1];
  }
  return undefined;
}

/** Folders of shared libraries, relative to the root, the architecture's own first. */
function libraryDirectories(root: string): string[] {
  const folders = readdirSync(path.join(root, 'usr/lib')).filter((entry) => /-linux-gnu/.test(entry));
  return [...folders.map((entry) => path.join('usr/lib', entry)), 'usr/lib'];
}

/** The part of a kit that follows from where its files are and what was found out about them. */
export function describeKit(
  name: string,
  layout: NginxLayout,
  facts: NginxFacts,
): Omit<Kit, 'nginx' | 'njsCli' | 'dev'> {
  const { connectorVersion, modsecurityLibraryVersion: libraryVersion, crsVersion, luaVersion } = facts;
  const { crs, lua, modsecurity } = layout;
  return {
    name,
    root: layout.root,
    nginxVersion: facts.nginxVersion,
    njsVersion: facts.njsVersion,
    engines: facts.engines,
    mimeTypes: layout.mimeTypes,
    modules: {
      js: layout.js,
      ...(modsecurity === undefined ? {} : { modsecurity }),
      ...(lua === undefined || luaVersion === undefined ? {} : { lua: { ...lua, version: luaVersion } }),
    },
    ...(crs === undefined || connectorVersion === undefined || libraryVersion === undefined || crsVersion === undefined
      ? {}
      : {
          modsecurity: {
            libraryVersion,
            connectorVersion,
            crsVersion,
            crsSetup: crs.setup,
            crsRules: crs.rules,
            ...(layout.unicodeMapping === undefined ? {} : { unicodeMapping: layout.unicodeMapping }),
          },
        }),
  };
}

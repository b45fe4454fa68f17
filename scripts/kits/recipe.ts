/** NGINX builds that `ensureKit` can fetch. */
export type KitName = 'debian-13' | 'debian-testing';

export const KIT_NAMES: readonly KitName[] = ['debian-13', 'debian-testing'];

/** Oldest njs that has what the product needs: shared dictionaries, `js_periodic`, per-key timeouts (njs-capabilities.md 0). */
export const NJS_FLOOR = '0.8.9';

/**
 * Name of the suite in the archive. Debian 13 keeps its code name, since `stable` moves on; testing keeps its role,
 * since the kit is there to show the newest NGINX and njs that Debian has.
 */
export const KIT_SUITES: Readonly<Record<KitName, string>> = { 'debian-13': 'trixie', 'debian-testing': 'testing' };

/** What is asked of apt; their dependencies come along. */
export const KIT_PACKAGES: readonly string[] = [
  'nginx',
  'njs',
  'libnginx-mod-http-js',
  'libnginx-mod-http-lua',
  'libnginx-mod-http-modsecurity',
  'lua-cjson',
  'modsecurity-crs',
];

/**
 * Dependencies that only an installed package needs (maintainer scripts, headers, tools) or that NGINX never loads.
 * A kit whose binaries lack a library because of this list is refused when it is made (see `checkLibraries`).
 */
export const KIT_LEFT_OUT: ReadonlySet<string> = new Set([
  'debconf',
  'iproute2',
  'libbpf1',
  'libc-gconv-modules-extra',
  'libcap2',
  'libcap2-bin',
  'libdb5.3t64',
  'libelf1t64',
  'libmnl0',
  'libmodsecurity-dev',
  'libnginx-mod-stream',
  'libsasl2-modules-db',
  'libselinux1',
  'libtirpc-common',
  'libtirpc3t64',
  'libxtables12',
  'openssl-provider-legacy',
]);

/**
 * What configuring and compiling a dynamic module takes besides the machine's own compiler: NGINX's headers and
 * `configure`, and the two libraries that decide the module's signature (`NGX_PCRE`, `NGX_HTTP_GZIP`). They are unpacked
 * without their dependencies (debhelper, Perl, libgd …), which serve packaging only.
 */
export const DEV_PACKAGES: readonly string[] = ['nginx-dev', 'libpcre2-dev', 'zlib1g-dev'];

/** Folders of an unpacked package that no NGINX reads. */
export const NEEDLESS_FOLDERS: readonly string[] = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/lintian',
  'usr/share/modsecurity-crs/util',
];

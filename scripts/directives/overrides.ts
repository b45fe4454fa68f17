/**
 * Where the documented syntax does not say what NGINX takes. Each was seen in a build (test/nginx/directives.test.ts
 * compares); where versions differ, the widest is taken.
 */
import { argumentBits } from '../../tools/src/directives/directive-table.ts';

const { any, oneOrMore, block } = argumentBits;

/** Bits for any number of arguments between the two. */
function from(fewest: number, most: number): number {
  return (1 << (most + 1)) - (1 << fewest);
}

/** The first entry that fits gives the argument bits. */
export const argumentOverrides: readonly {
  readonly names: RegExp;
  readonly modules?: RegExp;
  readonly bits: number;
}[] = [
  { names: /^(?:error_log|access_log|(?:\w+_)?(?:ssl|fetch)_protocols)$/, bits: oneOrMore },
  { names: /^server$/, modules: /_upstream_module$/, bits: oneOrMore },
  { names: /^if$/, bits: oneOrMore | block },
  { names: /_access$/, bits: from(1, 3) },
  { names: /^userid_flags$/, bits: from(1, 3) },
  { names: /^keepalive_disable$/, bits: from(1, 2) },
  { names: /^ssl_session_cache$/, bits: from(1, 2) },
  { names: /^ssl_ocsp_cache$/, bits: from(1, 1) },
  { names: /^proxy_cookie_flags$/, bits: from(1, 4) },
  { names: /^stub_status$/, bits: from(0, 1) },
  { names: /^geoip_(?:country|org|city)$/, modules: /_http_/, bits: from(1, 2) },
  { names: /^js_periodic$/, bits: any },
  { names: /^js_shared_dict_zone$/, bits: oneOrMore },
  { names: /^perl$/, bits: from(1, 1) },
  { names: /^perl_set$/, bits: from(2, 2) },
];

/** Contexts that the documentation leaves out, in its own words. */
export const contextOverrides: Readonly<Record<string, readonly string[]>> = {
  fastcgi_split_path_info: ['http', 'server', 'location'],
  secure_link_secret: ['http', 'server', 'location'],
};

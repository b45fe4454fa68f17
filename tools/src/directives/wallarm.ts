/**
 * Directives of the Wallarm node's module.
 *
 * Source: wallarm-node.md 11. Where it gives no contexts, `http`, `server` and `location` are allowed, so that nothing
 * is reported that is not known to be wrong. NGINX's own count of arguments is not documented either and is taken from
 * the syntax; the module's file, where there is one, overrides all of this.
 */
import { argumentBits, contexts } from './directive-table.ts';
import type { DirectiveForm } from './directive-table.ts';

const { flag, oneOrMore } = argumentBits;
const one = 1 << 1;
const two = 1 << 2;

const main = contexts.main.bit;
const http = contexts.http.bit;
const server = contexts.server.bit;
const location = contexts.location.bit;
const everywhere = http | server | location;

type Details = Pick<DirectiveForm, 'defaultValue' | 'since' | 'deprecated' | 'acceptsVariable'>;

/** Name → contexts and arguments, and what else is known. */
const DIRECTIVES: Readonly<Record<string, readonly [type: number, details?: Details]>> = {
  disable_acl: [everywhere | flag, { defaultValue: 'off' }],
  wallarm_acl_access_phase: [http | flag, { defaultValue: 'on' }],
  wallarm_acl_block_page: [everywhere | oneOrMore, { deprecated: 'the page of listed sources is wallarm_block_page' }],
  wallarm_acl_export_enable: [http | flag, { defaultValue: 'on' }],
  wallarm_acl_export_sample_group_lifetime: [http | one],
  wallarm_acl_export_sample_limit: [http | one],
  wallarm_acl_export_shm_size: [http | one],
  wallarm_acl_export_stats_bucket_interval: [http | one],
  wallarm_acl_export_stats_bucket_lifetime: [http | one],
  wallarm_api_conf: [everywhere | one, { defaultValue: '/opt/wallarm/etc/wallarm/node.yaml' }],
  wallarm_application: [everywhere | one, { defaultValue: '-1', acceptsVariable: true }],
  wallarm_block_page: [everywhere | oneOrMore, { acceptsVariable: true }],
  wallarm_block_page_add_dynamic_path: [http | oneOrMore],
  wallarm_cache_path: [http | one],
  wallarm_custom_ruleset_path: [everywhere | one],
  wallarm_enable_apifw: [server | flag, { defaultValue: 'on', since: '4.10' }],
  wallarm_enable_libdetection: [everywhere | flag, { defaultValue: 'on' }],
  wallarm_enable_mcp: [everywhere | flag, { defaultValue: 'on', since: '6.12.0' }],
  wallarm_enable_mcp_global: [http | flag, { defaultValue: 'on', since: '6.12.7' }],
  wallarm_export_streams: [everywhere | flag, { defaultValue: 'off', since: '6.4.0' }],
  wallarm_fallback: [everywhere | flag, { defaultValue: 'on' }],
  wallarm_file_check_interval: [http | one, { defaultValue: '1' }],
  wallarm_fingerprint: [http | server | flag, { defaultValue: 'off', since: '6.7.0' }],
  wallarm_force: [everywhere | oneOrMore],
  wallarm_general_ruleset_memory_limit: [everywhere | one, { defaultValue: '1g' }],
  wallarm_global_trainingset_path: [everywhere | one, { deprecated: 'write wallarm_protondb_path' }],
  wallarm_http_v2_stream_max_len: [everywhere | one],
  wallarm_instance: [everywhere | one, { deprecated: 'write wallarm_application' }],
  wallarm_key_path: [everywhere | one],
  wallarm_local_trainingset_path: [everywhere | one, { deprecated: 'write wallarm_custom_ruleset_path' }],
  wallarm_memlimit_debug: [everywhere | flag, { defaultValue: 'on' }],
  wallarm_mode: [everywhere | one, { acceptsVariable: true }],
  wallarm_mode_allow_override: [everywhere | one, { defaultValue: 'on' }],
  wallarm_parse_html_response: [everywhere | flag, { defaultValue: 'on' }],
  wallarm_parse_response: [everywhere | flag, { defaultValue: 'on' }],
  wallarm_parse_sse: [everywhere | flag, { defaultValue: 'on', since: '6.13.0' }],
  wallarm_parse_websocket: [everywhere | flag, { defaultValue: 'off' }],
  wallarm_parser_disable: [everywhere | oneOrMore],
  wallarm_partner_client_uuid: [everywhere | one | two, { acceptsVariable: true }],
  wallarm_process_time_limit: [
    everywhere | one,
    { defaultValue: '1000', deprecated: 'since 3.6 a rule limits the processing time' },
  ],
  wallarm_process_time_limit_block: [
    everywhere | one,
    { defaultValue: 'attack', deprecated: 'since 3.6 a rule limits the processing time' },
  ],
  wallarm_protondb_path: [everywhere | one],
  wallarm_proton_log_mask_master: [main | one],
  wallarm_proton_log_mask_worker: [main | one],
  wallarm_rate_limit: [everywhere | oneOrMore, { acceptsVariable: true }],
  wallarm_rate_limit_enabled: [everywhere | flag, { defaultValue: 'on' }],
  wallarm_rate_limit_log_level: [everywhere | one, { defaultValue: 'error' }],
  wallarm_rate_limit_shm_size: [http | one, { defaultValue: '64m' }],
  wallarm_rate_limit_status_code: [everywhere | one, { defaultValue: '503' }],
  wallarm_request_chunk_size: [everywhere | one, { defaultValue: '8k' }],
  wallarm_request_memory_limit: [everywhere | one, { defaultValue: '0' }],
  wallarm_srv_include: [http | one, { since: '4.10.7' }],
  wallarm_stalled_worker_timeout: [everywhere | one, { defaultValue: '5' }],
  wallarm_status: [server | location | 1 | one | two],
  wallarm_status_group: [everywhere | one, { since: '6.12.0' }],
  wallarm_tarantool_upstream: [
    http | oneOrMore,
    { deprecated: 'since 6.0 the storage is wstore: write wallarm_wstore_upstream' },
  ],
  wallarm_timeslice: [everywhere | one, { defaultValue: '0' }],
  wallarm_ts_request_memory_limit: [everywhere | one, { deprecated: 'write wallarm_general_ruleset_memory_limit' }],
  wallarm_unpack_response: [everywhere | flag, { defaultValue: 'on' }],
  wallarm_upstream_backend: [http | one],
  wallarm_upstream_connect_attempts: [http | one],
  wallarm_upstream_connect_timeout: [http | one],
  wallarm_upstream_queue_limit: [http | one],
  wallarm_upstream_queue_memory_limit: [http | one, { defaultValue: '100m' }],
  wallarm_upstream_reconnect_interval: [http | one],
  wallarm_wstore_ssl_ca_cert_file: [http | one, { since: '6.2.0' }],
  wallarm_wstore_ssl_cert_file: [http | one, { since: '6.2.0' }],
  wallarm_wstore_ssl_key_file: [http | one, { since: '6.2.0' }],
  wallarm_wstore_upstream: [http | oneOrMore, { since: '6.0.0' }],
};

/**
 * Names found in the vendor's texts that no reference describes, and what does the job (wallarm-node.md 11). They are
 * not suggested for anything.
 */
export const undocumentedWallarmNames: ReadonlyMap<string, string> = new Map([
  ['wallarm_max_messages_memory', 'wallarm_upstream_queue_memory_limit'],
  ['wallarm_parser_size', 'client_max_body_size and client_body_buffer_size'],
]);

/** Name of the module's file and of the module in tables. */
const wallarmModule = 'ngx_http_wallarm_module';

/** All of them. */
export function wallarmDirectives(): [name: string, form: DirectiveForm][] {
  return Object.entries(DIRECTIVES).map(([name, [type, details]]) => [
    name,
    {
      kind: (type & main) === 0 ? 'http' : 'core',
      type: type >>> 0,
      module: wallarmModule,
      source: 'reference',
      ...details,
    },
  ]);
}

/**
 * Directives that `@nginx/reference-lib` does not hold: of modules by others, and undocumented ones of NGINX itself.
 * Read out of Debian's builds by `tools/src/directives/elf.ts`; the numbers are `ngx_command_t.type`.
 */
import type { ModuleKind } from '../../tools/src/directives/elf.ts';

/** Module, its kind, and for each type the names that have it. */
export const otherModules: readonly (readonly [
  module: string,
  kind: ModuleKind,
  names: Readonly<Record<string, number>>,
])[] = [
  ['ngx_conf_module', 'conf', { include: 0xff000002 }],
  ['ngx_epoll_module', 'event', { epoll_events: 0x2000002 }],
  ['ngx_mail_core_module', 'mail', { error_log: 0x6000800 }],
  ['ngx_mail_proxy_module', 'mail', { proxy: 0x6000200 }],
  ['ngx_stream_core_module', 'stream', { error_log: 0x6000800 }],
  ['ngx_stream_proxy_module', 'stream', { 'proxy_downstream_buffer proxy_upstream_buffer': 0x6000002 }],
  [
    'ngx_http_core_module',
    'http',
    { error_log: 0xe000800, open_file_cache_events: 0xe000200, post_action: 0x4e000002 },
  ],
  [
    'ngx_http_gzip_filter_module',
    'http',
    { 'gzip_hash gzip_window postpone_gzipping': 0xe000002, gzip_no_buffer: 0xe000200 },
  ],
  ['ngx_http_ssi_filter_module', 'http', { ssi_ignore_recycled_buffers: 0xe000200 }],
  ['ngx_http_js_module', 'http', { js_context_reuse_max_size: 0xe000002 }],
  ['ngx_http_uwsgi_module', 'http', { uwsgi_string: 0xe000002 }],
  ['ngx_http_v2_module', 'http', { 'http2_pool_size http2_streams_index_size': 0x6000002 }],
  [
    'ndk_http_module',
    'http',
    {
      upstream_list: 0x6001000,
    },
  ],
  [
    'ngx_http_auth_pam_module',
    'http',
    {
      'auth_pam auth_pam_service_name': 0x8e000002,
      auth_pam_set_pam_env: 0x8e000200,
    },
  ],
  [
    'ngx_http_brotli_filter_module',
    'http',
    {
      'brotli_comp_level brotli_min_length brotli_window': 0xe000002,
      brotli_buffers: 0xe000004,
      brotli_types: 0xe000800,
      brotli: 0x4e000200,
    },
  ],
  [
    'ngx_http_brotli_static_module',
    'http',
    {
      brotli_static: 0xe000002,
    },
  ],
  [
    'ngx_http_cache_purge_module',
    'http',
    {
      'fastcgi_cache_purge proxy_cache_purge scgi_cache_purge uwsgi_cache_purge': 0xe000800,
    },
  ],
  [
    'ngx_http_dav_ext_module',
    'http',
    {
      dav_ext_lock_zone: 0x2000006,
      dav_ext_lock: 0xe000002,
      dav_ext_methods: 0xe000800,
    },
  ],
  [
    'ngx_http_echo_module',
    'http',
    {
      'echo_abort_parent echo_end echo_flush echo_read_request_body echo_request_body echo_reset_timer': 0x48000001,
      'echo_blocking_sleep echo_sleep echo_status': 0x48000002,
      'echo_exec echo_location echo_location_async': 0x48000006,
      'echo echo_after_body echo_before_body': 0x48000400,
      'echo_duplicate echo_foreach_split echo_subrequest echo_subrequest_async': 0x48001000,
    },
  ],
  [
    'ngx_http_geoip2_module',
    'http',
    {
      geoip2_proxy: 0x2000002,
      geoip2: 0x2000102,
      geoip2_proxy_recursive: 0x2000200,
    },
  ],
  [
    'ngx_http_headers_more_filter_module',
    'http',
    {
      'more_clear_headers more_clear_input_headers more_set_headers more_set_input_headers': 0x4e000800,
    },
  ],
  [
    'ngx_http_lua_module',
    'http',
    {
      'exit_worker_by_lua_file init_by_lua init_by_lua_file init_worker_by_lua init_worker_by_lua_file lua_capture_error_log lua_malloc_trim lua_max_pending_timers lua_max_running_timers lua_package_cpath lua_package_path lua_regex_cache_max_entries lua_regex_match_limit lua_thread_cache_max_entries lua_worker_thread_vm_pool_size ssl_session_fetch_by_lua_file ssl_session_store_by_lua_file': 0x2000002,
      lua_shared_dict: 0x2000004,
      'exit_worker_by_lua_block init_by_lua_block init_worker_by_lua_block ssl_session_fetch_by_lua_block ssl_session_store_by_lua_block': 0x2000101,
      'access_by_lua_no_postpone lua_load_resty_core lua_sa_restart rewrite_by_lua_no_postpone': 0x2000200,
      'server_rewrite_by_lua_file ssl_certificate_by_lua_file ssl_client_hello_by_lua_file': 0x6000002,
      'server_rewrite_by_lua_block ssl_certificate_by_lua_block ssl_client_hello_by_lua_block': 0x6000101,
      'lua_ssl_certificate lua_ssl_certificate_key lua_ssl_ciphers lua_ssl_crl lua_ssl_key_log lua_ssl_trusted_certificate lua_ssl_verify_depth': 0xe000002,
      lua_ssl_conf_command: 0xe000004,
      lua_ssl_protocols: 0xe000800,
      'balancer_by_lua_file balancer_keepalive': 0x10000002,
      balancer_by_lua_block: 0x10000101,
      'content_by_lua content_by_lua_file': 0x48000002,
      content_by_lua_block: 0x48000101,
      'access_by_lua access_by_lua_file body_filter_by_lua body_filter_by_lua_file header_filter_by_lua header_filter_by_lua_file log_by_lua log_by_lua_file lua_socket_buffer_size lua_socket_connect_timeout lua_socket_keepalive_timeout lua_socket_pool_size lua_socket_read_timeout lua_socket_send_lowat lua_socket_send_timeout rewrite_by_lua rewrite_by_lua_file': 0x4e000002,
      'access_by_lua_block body_filter_by_lua_block header_filter_by_lua_block log_by_lua_block rewrite_by_lua_block': 0x4e000101,
      'lua_check_client_abort lua_code_cache lua_http10_buffering lua_need_request_body lua_socket_log_errors lua_transform_underscores_in_response_headers lua_use_default_type': 0x4e000200,
      set_by_lua_block: 0x6c000102,
      'set_by_lua set_by_lua_file': 0x6c001000,
    },
  ],
  [
    'ngx_http_modsecurity_module',
    'http',
    {
      'modsecurity_rules modsecurity_rules_file': 0xe000002,
      modsecurity_rules_remote: 0xe000004,
      modsecurity: 0xe000200,
      modsecurity_transaction_id: 0xe000800,
    },
  ],
  [
    'ngx_http_subs_filter_module',
    'http',
    {
      'subs_buffers subs_line_buffer_size': 0xe000004,
      'subs_filter_bypass subs_filter_types': 0xe000800,
      subs_filter: 0xe001000,
    },
  ],
  [
    'ngx_http_upstream_fair_module',
    'http',
    {
      upstream_fair_shm_size: 0x2000002,
      fair: 0x10000400,
    },
  ],
  [
    'ngx_stream_geoip2_module',
    'stream',
    {
      geoip2: 0x2000102,
    },
  ],
];

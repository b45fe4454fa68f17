/*
 * Directives of the module (11) and its places in NGINX's phases. Directives that decide what the double does are read
 * into its configuration; the others are checked for context, number and kind of arguments, and then ignored.
 */

#include "ngx_http_wallarm_double.h"


/* What an ignored directive takes; `words` are separated by spaces and outdo the kind. `until` 0: still there. */

typedef enum {
    TEXT,
    NUMBER,
    TIME,
    SIZE,
    FILE_PATH,      /* of a file that must exist */
} wallarm_kind_e;

typedef struct {
    ngx_uint_t       since;
    ngx_uint_t       until;
    wallarm_kind_e   kind;
    const char      *words;
} wallarm_rule_t;


/* Directives that are checked and ignored */


static char *
wallarm_refuse_unknown(ngx_conf_t *cf, ngx_command_t *cmd)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "unknown directive \"%V\"", &cmd->name);
    return NGX_CONF_ERROR;
}


static ngx_uint_t
wallarm_is_of_kind(ngx_str_t *value, const wallarm_rule_t *rule)
{
    ngx_file_info_t  info;

    if (rule->words != NULL) {
        return wallarm_is_word_of(value, rule->words);
    }

    switch (rule->kind) {

    case NUMBER:
        return ngx_atoi(value->data, value->len) != NGX_ERROR;

    case TIME:
        return ngx_parse_time(value, 0) != (ngx_int_t) NGX_ERROR;

    case SIZE:
        return ngx_parse_offset(value) != NGX_ERROR;

    case FILE_PATH:
        return ngx_file_info(value->data, &info) != NGX_FILE_ERROR;

    default:
        return value->len > 0;
    }
}


static char *
wallarm_ignore(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t             *value;
    ngx_uint_t             i;
    const wallarm_rule_t  *rule;

    rule = cmd->post;

    if (wallarm_version < rule->since || (rule->until != 0 && wallarm_version >= rule->until)) {
        return wallarm_refuse_unknown(cf, cmd);
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (!wallarm_is_of_kind(&value[i], rule)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\" in \"%V\" directive", &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* Directives that are obeyed */


static char *
wallarm_compile(ngx_conf_t *cf, ngx_str_t *text, ngx_http_complex_value_t **field)
{
    ngx_http_compile_complex_value_t  ccv;

    if (*field != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    *field = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*field == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));
    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = *field;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
wallarm_refuse_value(ngx_conf_t *cf, ngx_str_t *value)
{
    ngx_str_t  *directive;

    directive = cf->args->elts;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\" in \"%V\" directive", value, directive);

    return NGX_CONF_ERROR;
}


/* 2.2: one of four words, or text with variables. */

static char *
wallarm_set_mode(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    wallarm_loc_conf_t  *lcf = conf;

    char       *rc;
    ngx_str_t  *value;

    value = cf->args->elts;

    rc = wallarm_compile(cf, &value[1], &lcf->mode);
    if (rc != NGX_CONF_OK) {
        return rc;
    }

    if (lcf->mode->lengths == NULL && wallarm_mode_of(&value[1]) == NGX_ERROR) {
        return wallarm_refuse_value(cf, &value[1]);
    }

    return NGX_CONF_OK;
}


/* 2.4: a number that is not 0 (-1 is the default), or text with variables. */

static char *
wallarm_set_application(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    wallarm_loc_conf_t  *lcf = conf;

    char       *rc;
    ngx_str_t  *value;

    value = cf->args->elts;

    rc = wallarm_compile(cf, &value[1], &lcf->application);
    if (rc != NGX_CONF_OK) {
        return rc;
    }

    if (lcf->application->lengths == NULL && ngx_atoi(value[1].data, value[1].len) <= 0
        && !wallarm_is_word_of(&value[1], "-1"))
    {
        return wallarm_refuse_value(cf, &value[1]);
    }

    return NGX_CONF_OK;
}


/* 2.4: wallarm_partner_client_uuid <UUID> [label]; the label since 6.12.0. */

static char *
wallarm_set_client(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    wallarm_loc_conf_t  *lcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (lcf->client_uuid.data != NULL) {
        return "is duplicate";
    }

    if (value[1].len != sizeof("01234567-89ab-cdef-0123-456789abcdef") - 1) {
        return wallarm_refuse_value(cf, &value[1]);
    }

    lcf->client_uuid = value[1];

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (wallarm_version < V(6, 12, 0)) {
        return wallarm_refuse_value(cf, &value[2]);
    }

    lcf->client_label = value[2];

    return NGX_CONF_OK;
}


/* 1.3: wallarm_status [on|off] [format=json|prometheus]. */

static char *
wallarm_set_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    wallarm_loc_conf_t  *lcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (lcf->status != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;
    lcf->status = 1;

    for (i = 1; i < cf->args->nelts; i++) {
        if (i == 1 && wallarm_is_word_of(&value[i], "on off")) {
            lcf->status = wallarm_is_word_of(&value[i], "on");

        } else if (wallarm_is_word_of(&value[i], "format=json format=prometheus")) {
            lcf->status_format = wallarm_is_word_of(&value[i], "format=json") ? WALLARM_JSON : WALLARM_PROMETHEUS;

        } else {
            return wallarm_refuse_value(cf, &value[i]);
        }
    }

    return NGX_CONF_OK;
}


static char *
wallarm_set_fingerprint(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return wallarm_version < V(6, 7, 0) ? wallarm_refuse_unknown(cf, cmd) : ngx_conf_set_flag_slot(cf, cmd, conf);
}


/* 11, 12: the postanalytics upstream excludes wallarm_api_conf. Its old name works on 6.0 and later, with a warning. */

static char *
wallarm_set_backend(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    wallarm_main_conf_t  *mcf = conf;

    if (wallarm_is_word_of(&cmd->name, "wallarm_api_conf")) {
        mcf->api_conf_set = 1;

    } else {
        mcf->upstream_set = 1;
    }

    if (mcf->api_conf_set && mcf->upstream_set) {
        return "directive ambiguous wallarm upstream backend";
    }

    return NGX_CONF_OK;
}


static char *
wallarm_set_wstore_upstream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (wallarm_version < V(6, 0, 0)) {
        return wallarm_refuse_unknown(cf, cmd);
    }

    if (cf->args->nelts > 2 && wallarm_version < V(6, 2, 0)) {
        return wallarm_refuse_value(cf, &value[2]);
    }

    return wallarm_set_backend(cf, cmd, conf);
}


static char *
wallarm_set_tarantool_upstream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    if (wallarm_version >= V(6, 0, 0)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"wallarm_tarantool_upstream\" directive is deprecated, use \"wallarm_wstore_upstream\" "
                           "instead");
    }

    return wallarm_set_backend(cf, cmd, conf);
}


static ngx_conf_enum_t  wallarm_overrides[] = {
    { ngx_string("off"), WALLARM_OVERRIDE_OFF },
    { ngx_string("strict"), WALLARM_OVERRIDE_STRICT },
    { ngx_string("on"), WALLARM_OVERRIDE_ON },
    { ngx_null_string, 0 }
};


/* Tables of directives */


#define MAIN                NGX_HTTP_MAIN_CONF
#define MAIN_SERVER         NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF
#define SERVER              NGX_HTTP_SRV_CONF
#define SERVER_LOCATION     NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF
#define EVERYWHERE          NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF

/* Contexts that are not documented: the double takes all. */
#define ANYWHERE            EVERYWHERE

#define LOC(field)          NGX_HTTP_LOC_CONF_OFFSET, offsetof(wallarm_loc_conf_t, field), NULL
#define LOC_CONF            NGX_HTTP_LOC_CONF_OFFSET, 0, NULL
#define MAIN_CONF           NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL

#define IGNORED(name, type, ...)                                                                                      \
    { ngx_string(name), type, wallarm_ignore, NGX_HTTP_LOC_CONF_OFFSET, 0, &(wallarm_rule_t) { __VA_ARGS__ } }
#define IGNORED_FLAG(name, contexts)                                                                                  \
    IGNORED(name, contexts | NGX_CONF_TAKE1, .words = "on off")

static ngx_command_t  wallarm_commands[] = {

    /* obeyed */

    { ngx_string("wallarm_mode"), EVERYWHERE | NGX_CONF_TAKE1, wallarm_set_mode, LOC_CONF },
    { ngx_string("wallarm_mode_allow_override"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET, offsetof(wallarm_loc_conf_t, override), wallarm_overrides },
    { ngx_string("wallarm_application"), EVERYWHERE | NGX_CONF_TAKE1, wallarm_set_application, LOC_CONF },
    { ngx_string("wallarm_instance"), EVERYWHERE | NGX_CONF_TAKE1, wallarm_set_application, LOC_CONF },
    { ngx_string("wallarm_partner_client_uuid"), EVERYWHERE | NGX_CONF_TAKE12, wallarm_set_client, LOC_CONF },
    { ngx_string("wallarm_status"), SERVER_LOCATION | NGX_CONF_NOARGS | NGX_CONF_TAKE12, wallarm_set_status, LOC_CONF },
    { ngx_string("wallarm_block_page"), EVERYWHERE | NGX_CONF_TAKE123, wallarm_block_page, LOC_CONF },
    { ngx_string("wallarm_block_page_add_dynamic_path"), MAIN | NGX_CONF_1MORE, wallarm_add_dynamic_path, MAIN_CONF },
    { ngx_string("wallarm_acl_access_phase"), MAIN | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET, offsetof(wallarm_main_conf_t, acl_access_phase), NULL },
    { ngx_string("disable_acl"), EVERYWHERE | NGX_CONF_FLAG, ngx_conf_set_flag_slot, LOC(disable_acl) },
    { ngx_string("wallarm_fingerprint"), MAIN_SERVER | NGX_CONF_FLAG, wallarm_set_fingerprint, LOC(fingerprint) },
    { ngx_string("wallarm_wstore_upstream"), MAIN | NGX_CONF_1MORE, wallarm_set_wstore_upstream, MAIN_CONF },
    { ngx_string("wallarm_tarantool_upstream"), MAIN | NGX_CONF_TAKE1, wallarm_set_tarantool_upstream, MAIN_CONF },
    { ngx_string("wallarm_api_conf"), ANYWHERE | NGX_CONF_TAKE1, wallarm_set_backend, MAIN_CONF },

    /* ignored: requests, rule sets, limits */

    IGNORED("wallarm_status_group", EVERYWHERE | NGX_CONF_TAKE1, .since = V(6, 12, 0)),
    IGNORED_FLAG("wallarm_fallback", EVERYWHERE),
    IGNORED("wallarm_protondb_path", EVERYWHERE | NGX_CONF_TAKE1, .kind = TEXT),
    IGNORED("wallarm_custom_ruleset_path", EVERYWHERE | NGX_CONF_TAKE1, .kind = TEXT),
    IGNORED("wallarm_key_path", ANYWHERE | NGX_CONF_TAKE1, .kind = TEXT),
    IGNORED("wallarm_cache_path", MAIN | NGX_CONF_TAKE1, .kind = TEXT),
    IGNORED("wallarm_general_ruleset_memory_limit", EVERYWHERE | NGX_CONF_TAKE1, .kind = SIZE),
    IGNORED("wallarm_request_memory_limit", EVERYWHERE | NGX_CONF_TAKE1, .kind = SIZE),
    IGNORED_FLAG("wallarm_memlimit_debug", EVERYWHERE),
    IGNORED("wallarm_file_check_interval", MAIN | NGX_CONF_TAKE1, .kind = TIME),
    IGNORED("wallarm_process_time_limit", EVERYWHERE | NGX_CONF_TAKE1, .kind = NUMBER),
    IGNORED("wallarm_process_time_limit_block", EVERYWHERE | NGX_CONF_TAKE1, .words = "on off attack"),
    IGNORED("wallarm_stalled_worker_timeout", EVERYWHERE | NGX_CONF_TAKE1, .kind = TIME),
    IGNORED("wallarm_timeslice", EVERYWHERE | NGX_CONF_TAKE1, .kind = TIME),
    IGNORED("wallarm_request_chunk_size", EVERYWHERE | NGX_CONF_TAKE1, .kind = SIZE),
    IGNORED_FLAG("wallarm_enable_libdetection", EVERYWHERE),
    IGNORED_FLAG("wallarm_enable_apifw", SERVER),
    IGNORED("wallarm_srv_include", MAIN | NGX_CONF_TAKE1, .kind = FILE_PATH),
    IGNORED("wallarm_enable_mcp", EVERYWHERE | NGX_CONF_TAKE1, .since = V(6, 12, 0), .words = "on off"),
    IGNORED("wallarm_enable_mcp_global", MAIN | NGX_CONF_TAKE1, .since = V(6, 12, 7), .words = "on off"),
    IGNORED("wallarm_parse_sse", EVERYWHERE | NGX_CONF_TAKE1, .since = V(6, 13, 0), .until = V(7, 0, 0),
            .words = "on off"),
    IGNORED_FLAG("wallarm_parse_response", EVERYWHERE),
    IGNORED_FLAG("wallarm_parse_html_response", EVERYWHERE),
    IGNORED_FLAG("wallarm_unpack_response", ANYWHERE),
    IGNORED_FLAG("wallarm_parse_websocket", EVERYWHERE),
    IGNORED("wallarm_export_streams", EVERYWHERE | NGX_CONF_TAKE1, .since = V(6, 4, 0), .words = "on off"),
    IGNORED("wallarm_parser_disable", EVERYWHERE | NGX_CONF_TAKE1,
            .words = "cookie zlib htmljs json multipart base64 percent urlenc xml jwt"),
    IGNORED("wallarm_http_v2_stream_max_len", EVERYWHERE | NGX_CONF_TAKE1, .kind = SIZE),
    IGNORED("wallarm_rate_limit", EVERYWHERE | NGX_CONF_2MORE, .kind = TEXT),
    IGNORED_FLAG("wallarm_rate_limit_enabled", EVERYWHERE),
    IGNORED("wallarm_rate_limit_log_level", EVERYWHERE | NGX_CONF_TAKE1, .words = "info notice warn error"),
    IGNORED("wallarm_rate_limit_status_code", EVERYWHERE | NGX_CONF_TAKE1, .kind = NUMBER),
    IGNORED("wallarm_rate_limit_shm_size", MAIN | NGX_CONF_TAKE1, .kind = SIZE),
    IGNORED("wallarm_force", ANYWHERE | NGX_CONF_TAKE2, .kind = TEXT),

    /* ignored: lists and the postanalytics connection */

    IGNORED_FLAG("wallarm_acl_export_enable", MAIN),
    IGNORED("wallarm_acl_export_shm_size", MAIN | NGX_CONF_TAKE1, .kind = SIZE),
    IGNORED("wallarm_acl_export_sample_limit", MAIN | NGX_CONF_TAKE1, .kind = NUMBER),
    IGNORED("wallarm_acl_export_sample_group_lifetime", MAIN | NGX_CONF_TAKE1, .kind = TIME),
    IGNORED("wallarm_acl_export_stats_bucket_interval", MAIN | NGX_CONF_TAKE1, .kind = TIME),
    IGNORED("wallarm_acl_export_stats_bucket_lifetime", MAIN | NGX_CONF_TAKE1, .kind = TIME),
    IGNORED("wallarm_upstream_backend", MAIN | NGX_CONF_TAKE1, .words = "wstore tarantool api"),
    IGNORED("wallarm_wstore_ssl_cert_file", MAIN | NGX_CONF_TAKE1, .since = V(6, 2, 0)),
    IGNORED("wallarm_wstore_ssl_key_file", MAIN | NGX_CONF_TAKE1, .since = V(6, 2, 0)),
    IGNORED("wallarm_wstore_ssl_ca_cert_file", MAIN | NGX_CONF_TAKE1, .since = V(6, 2, 0)),
    IGNORED("wallarm_upstream_connect_attempts", MAIN | NGX_CONF_TAKE1, .kind = NUMBER),
    IGNORED("wallarm_upstream_reconnect_interval", MAIN | NGX_CONF_TAKE1, .kind = TIME),
    IGNORED("wallarm_upstream_connect_timeout", MAIN | NGX_CONF_TAKE1, .kind = TIME),
    IGNORED("wallarm_upstream_queue_limit", MAIN | NGX_CONF_TAKE1, .kind = NUMBER),
    IGNORED("wallarm_upstream_queue_memory_limit", MAIN | NGX_CONF_TAKE1, .kind = SIZE),

    ngx_null_command
};


/* Configuration */


static void *
wallarm_create_main_conf(ngx_conf_t *cf)
{
    wallarm_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(wallarm_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    mcf->acl_access_phase = NGX_CONF_UNSET;

    return mcf;
}


static char *
wallarm_init_main_conf(ngx_conf_t *cf, void *conf)
{
    wallarm_main_conf_t  *mcf = conf;

    ngx_conf_init_value(mcf->acl_access_phase, 1);

    return NGX_CONF_OK;
}


static void *
wallarm_create_loc_conf(ngx_conf_t *cf)
{
    wallarm_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(wallarm_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    lcf->mode = NGX_CONF_UNSET_PTR;
    lcf->override = NGX_CONF_UNSET_UINT;
    lcf->application = NGX_CONF_UNSET_PTR;
    lcf->disable_acl = NGX_CONF_UNSET;
    lcf->fingerprint = NGX_CONF_UNSET;
    lcf->status = NGX_CONF_UNSET;
    lcf->status_format = NGX_CONF_UNSET_UINT;

    return lcf;
}


/* Defaults of 11; the mode's depends on how the node was installed, and "off" is that of the all-in-one installer. */

static char *
wallarm_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    wallarm_loc_conf_t  *prev = parent;
    wallarm_loc_conf_t  *conf = child;

    ngx_conf_merge_ptr_value(conf->mode, prev->mode, NULL);
    ngx_conf_merge_uint_value(conf->override, prev->override, WALLARM_OVERRIDE_ON);
    ngx_conf_merge_ptr_value(conf->application, prev->application, NULL);
    ngx_conf_merge_value(conf->disable_acl, prev->disable_acl, 0);
    ngx_conf_merge_value(conf->fingerprint, prev->fingerprint, 0);
    ngx_conf_merge_value(conf->status, prev->status, 0);
    ngx_conf_merge_uint_value(conf->status_format, prev->status_format, WALLARM_JSON);

    if (conf->client_uuid.data == NULL) {
        conf->client_uuid = prev->client_uuid;
        conf->client_label = prev->client_label;
    }

    if (conf->block_pages == NULL) {
        conf->block_pages = prev->block_pages;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
wallarm_add_handler(ngx_conf_t *cf, ngx_uint_t phase, ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *slot;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    slot = ngx_array_push(&cmcf->phases[phase].handlers);
    if (slot == NULL) {
        return NGX_ERROR;
    }

    *slot = handler;

    return NGX_OK;
}


static ngx_int_t
wallarm_init(ngx_conf_t *cf)
{
    wallarm_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wallarm_module);

    if (wallarm_add_zone(cf, mcf) != NGX_OK
        || wallarm_add_handler(cf, NGX_HTTP_ACCESS_PHASE, wallarm_access_handler) != NGX_OK
        || wallarm_add_handler(cf, NGX_HTTP_CONTENT_PHASE, wallarm_status_handler) != NGX_OK
        || wallarm_add_handler(cf, NGX_HTTP_LOG_PHASE, wallarm_log_handler) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_http_module_t  wallarm_http_context = {
    wallarm_add_variables,                 /* preconfiguration */
    wallarm_init,                          /* postconfiguration */

    wallarm_create_main_conf,              /* create main configuration */
    wallarm_init_main_conf,                /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    wallarm_create_loc_conf,               /* create location configuration */
    wallarm_merge_loc_conf                 /* merge location configuration */
};


ngx_module_t  ngx_http_wallarm_module = {
    NGX_MODULE_V1,
    &wallarm_http_context,
    wallarm_commands,
    NGX_HTTP_MODULE,
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* Two directives stand in the main context, which only a core module can have. */


static ngx_command_t  wallarm_core_commands[] = {
    { ngx_string("wallarm_proton_log_mask_master"), NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1, wallarm_ignore,
      0, 0, &(wallarm_rule_t) { .kind = TEXT } },
    { ngx_string("wallarm_proton_log_mask_worker"), NGX_MAIN_CONF | NGX_DIRECT_CONF | NGX_CONF_TAKE1, wallarm_ignore,
      0, 0, &(wallarm_rule_t) { .kind = TEXT } },

    ngx_null_command
};


static ngx_core_module_t  wallarm_core_context = {
    ngx_string("wallarm"),
    NULL,
    NULL
};


ngx_module_t  ngx_wallarm_module = {
    NGX_MODULE_V1,
    &wallarm_core_context,
    wallarm_core_commands,
    NGX_CORE_MODULE,
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};

/*
 * A test double of the Wallarm module: what its documentation promises, without its detection. Attacks, lists and
 * figures are what a test says in the request header X-Wallarm-Double. README.md has the grammar.
 *
 * Numbers such as "2.1" in comments are sections of the reference wallarm-node.md.
 */

#ifndef NGX_HTTP_WALLARM_DOUBLE_H
#define NGX_HTTP_WALLARM_DOUBLE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Node versions: 6.10.2 is 61002. FOREVER ends what no version has removed. */

#define V(major, minor, patch)  ((major) * 10000 + (minor) * 100 + (patch))
#define FOREVER                 V(100, 0, 0)


/* Filtration modes from mildest to strictest, 2.1. */

enum {
    WALLARM_OFF,
    WALLARM_MONITORING,
    WALLARM_SAFE_BLOCKING,
    WALLARM_BLOCK
};

/* wallarm_mode_allow_override, 2.3. */

enum {
    WALLARM_OVERRIDE_OFF,
    WALLARM_OVERRIDE_STRICT,
    WALLARM_OVERRIDE_ON
};

/* The IP list that contains the source, 5.1. */

enum {
    WALLARM_NO_LIST,
    WALLARM_ALLOWLIST,
    WALLARM_DENYLIST,
    WALLARM_GRAYLIST
};

/* What refused the request, 3.3. */

enum {
    WALLARM_PASSED,
    WALLARM_BLOCKED_ATTACK,
    WALLARM_BLOCKED_ANTIBOT,
    WALLARM_BLOCKED_ACL
};

/* Types of wallarm_block_page, 4.1. */

#define WALLARM_PAGE_ATTACK      1
#define WALLARM_PAGE_ACL_IP      2
#define WALLARM_PAGE_ACL_SOURCE  4

enum {
    WALLARM_JSON,
    WALLARM_PROMETHEUS
};


/* Numbers of the statistics service, in the order of its JSON, 1.4. Ranges of this order are written as groups. */

typedef enum {
    WALLARM_REQUESTS,
    WALLARM_STREAMS,
    WALLARM_MESSAGES,
    WALLARM_ATTACKS,
    WALLARM_BLOCKED,
    WALLARM_BLOCKED_BY_ACL,
    WALLARM_BLOCKED_BY_ANTIBOT,
    WALLARM_ACL_ALLOW_LIST,
    WALLARM_ABNORMAL,
    WALLARM_BYTES_IN,
    WALLARM_BYTES_OUT,
    WALLARM_BYTES_BLOCKED_IN,
    WALLARM_BYTES_BLOCKED_OUT,
    WALLARM_BYTES_BLOCKED_BY_ACL_IN,
    WALLARM_BYTES_BLOCKED_BY_ACL_OUT,
    WALLARM_TNT_ERRORS,
    WALLARM_API_ERRORS,
    WALLARM_REQUESTS_LOST,
    WALLARM_OVERLIMITS_TIME,
    WALLARM_SEGFAULTS,
    WALLARM_MEMFAULTS,
    WALLARM_SOFTMEMFAULTS,
    WALLARM_PROTON_ERRORS,
    WALLARM_TIME_DETECT,              /* microseconds */
    WALLARM_DB_ID,
    WALLARM_LOM_ID,
    WALLARM_CUSTOM_RULESET_ID,
    WALLARM_CUSTOM_RULESET_VER,
    WALLARM_DB_APPLY_TIME,
    WALLARM_LOM_APPLY_TIME,
    WALLARM_CUSTOM_RULESET_APPLY_TIME,
    WALLARM_PROTON_TOTAL,
    WALLARM_PROTON_SUCCESS,
    WALLARM_PROTON_FALLBACK,
    WALLARM_PROTON_FAILED,
    WALLARM_STALLED_WORKERS_COUNT,
    WALLARM_STARTID,
    WALLARM_COMPATIBILITY,
    WALLARM_CONFIG_REVISION,
    WALLARM_TIMESTAMP,                /* microseconds since the epoch */
    WALLARM_RATE_SHM_ZONE_SIZE,
    WALLARM_RATE_BUCKETS_COUNT,
    WALLARM_RATE_ENTRIES,
    WALLARM_RATE_DELAYED,
    WALLARM_RATE_EXCEEDED,
    WALLARM_RATE_EXPIRED,
    WALLARM_RATE_REMOVED,
    WALLARM_RATE_NO_FREE_NODES,
    WALLARM_APIFW_TIMEOUTS,
    WALLARM_N_METRICS
} wallarm_metric_e;

typedef struct {
    uint64_t  values[WALLARM_N_METRICS];
} wallarm_tally_t;


/* A page file with ${variable} places, 4.5. */

typedef struct {
    ngx_str_t     path;
    ngx_array_t  *parts;
} wallarm_page_t;

/* One wallarm_block_page. */

typedef struct {
    ngx_uint_t                types;
    ngx_uint_t                code;
    ngx_http_complex_value_t  target;
    wallarm_page_t           *page;     /* of a target that is a fixed file */
} wallarm_block_page_t;


typedef struct {
    ngx_flag_t        acl_access_phase;
    ngx_array_t      *dynamic_pages;    /* of wallarm_page_t */
    ngx_uint_t        upstream_set;
    ngx_uint_t        api_conf_set;
    ngx_shm_zone_t   *zone;
} wallarm_main_conf_t;

typedef struct {
    ngx_http_complex_value_t  *mode;
    ngx_uint_t                 override;
    ngx_http_complex_value_t  *application;
    ngx_str_t                  client_uuid;
    ngx_str_t                  client_label;
    ngx_array_t               *block_pages;
    ngx_flag_t                 disable_acl;
    ngx_flag_t                 fingerprint;
    ngx_flag_t                 status;
    ngx_uint_t                 status_format;
} wallarm_loc_conf_t;


/* One request, kept in its pool since NGINX clears module contexts when it redirects internally. */

typedef struct {
    /* said by the test */
    uint64_t         types;
    ngx_str_t        type_list;
    ngx_str_t        point_list;
    ngx_str_t        stamp_list;
    ngx_str_t        input_valid;
    ngx_str_t        cpu_time;
    ngx_str_t        mono_time;
    ngx_str_t        serialized_size;
    ngx_str_t        ja4;
    ngx_str_t        ja4_raw;
    ngx_str_t        clean;
    ngx_uint_t       list;
    ngx_str_t        list_source;
    ngx_str_t        list_type;
    ngx_int_t        console_mode;      /* -1: the Console sets none */
    wallarm_tally_t  tally;             /* additions to the counters */
    unsigned         antibot:1;

    /* found */
    ngx_uint_t       mode;
    ngx_int_t        application;
    ngx_uint_t       verdict;
} wallarm_state_t;


extern ngx_module_t  ngx_http_wallarm_module;

/* The node's version decides which directives, variables and status keys exist. Its source file is made by build.ts. */

extern const ngx_uint_t  wallarm_version;


/* ngx_http_wallarm_verdict.c */

wallarm_state_t *wallarm_state(ngx_http_request_t *r);
ngx_int_t wallarm_access_handler(ngx_http_request_t *r);
ngx_int_t wallarm_mode_of(const ngx_str_t *word);
const char *wallarm_mode_name(ngx_uint_t mode);

/* ngx_http_wallarm_header.c */

ngx_int_t wallarm_read_header(ngx_http_request_t *r, wallarm_state_t *state);
ngx_uint_t wallarm_is_word_of(const ngx_str_t *word, const char *words);
uint64_t wallarm_bit_of(const ngx_str_t *type);

/* ngx_http_wallarm_variables.c */

ngx_int_t wallarm_add_variables(ngx_conf_t *cf);

/* ngx_http_wallarm_page.c */

char *wallarm_block_page(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *wallarm_add_dynamic_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t wallarm_send_block(ngx_http_request_t *r, wallarm_state_t *state);

/* ngx_http_wallarm_status.c */

ngx_int_t wallarm_add_zone(ngx_conf_t *cf, wallarm_main_conf_t *mcf);
void wallarm_count(wallarm_main_conf_t *mcf, ngx_int_t application, wallarm_tally_t *tally);
wallarm_metric_e wallarm_metric_of(const ngx_str_t *key);
ngx_int_t wallarm_status_handler(ngx_http_request_t *r);
ngx_int_t wallarm_log_handler(ngx_http_request_t *r);

#endif

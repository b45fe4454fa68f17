/*
 * The statistics service, 1: counters in shared memory, and their JSON and Prometheus forms.
 */

#include "ngx_http_wallarm_double.h"


#define WALLARM_MAX_APPLICATIONS  128
#define WALLARM_ZONE_SIZE         (512 * 1024)

/* Longest text of one application in JSON, and of everything else. */
#define WALLARM_APPLICATION_TEXT  2048
#define WALLARM_STATUS_TEXT       32768


/* Flags of a metric. */

#define IN_CLIENT       1   /* shown in split.clients[] */
#define IN_APPLICATION  2   /* shown in split.clients[].applications[] */
#define IN_SPLIT        (IN_CLIENT | IN_APPLICATION)
#define SECONDS         4   /* kept in microseconds, shown in seconds */
#define COUNTER         8   /* TYPE counter; all others are gauges */

/* Key, versions that show it in JSON, versions that show it in Prometheus text, flags, HELP. 1.4, 1.5. */

typedef struct {
    const char  *key;
    ngx_uint_t   json_since;
    ngx_uint_t   json_until;
    ngx_uint_t   text_since;
    ngx_uint_t   text_until;
    ngx_uint_t   flags;
    const char  *help;
} wallarm_metric_t;

#define ALWAYS                0, FOREVER
#define SINCE(a, b, c)        V(a, b, c), FOREVER
#define BEFORE(a, b, c)       0, V(a, b, c)
#define NEVER                 FOREVER, FOREVER

static const wallarm_metric_t  wallarm_metrics[WALLARM_N_METRICS] = {
    [WALLARM_REQUESTS] = { "requests", ALWAYS, ALWAYS, IN_SPLIT, "requests count" },
    [WALLARM_STREAMS] = { "streams", SINCE(6, 2, 0), SINCE(6, 2, 0), IN_SPLIT, "requests count" },
    [WALLARM_MESSAGES] = { "messages", SINCE(6, 2, 0), SINCE(6, 2, 0), IN_SPLIT, "requests count" },
    [WALLARM_ATTACKS] = { "attacks", ALWAYS, ALWAYS, IN_SPLIT, "attack requests count" },
    [WALLARM_BLOCKED] = { "blocked", ALWAYS, ALWAYS, IN_SPLIT, "blocked requests count" },
    [WALLARM_BLOCKED_BY_ACL] = { "blocked_by_acl", ALWAYS, ALWAYS, IN_SPLIT, "blocked by acl requests count" },
    [WALLARM_BLOCKED_BY_ANTIBOT] = { "blocked_by_antibot", SINCE(6, 0, 0), SINCE(6, 0, 0), IN_SPLIT,
                                     "blocked by Wallarm Antibot requests count" },
    [WALLARM_ACL_ALLOW_LIST] = { "acl_allow_list", BEFORE(6, 0, 0), ALWAYS, 0, "requests passed by allow list" },
    [WALLARM_ABNORMAL] = { "abnormal", BEFORE(6, 8, 0), BEFORE(6, 8, 0), 0, "abnormal requests count" },
    [WALLARM_BYTES_IN] = { "bytes_in", SINCE(6, 0, 0), SINCE(6, 0, 0), IN_CLIENT,
                           "total bytes received on listen servers" },
    [WALLARM_BYTES_OUT] = { "bytes_out", SINCE(6, 0, 0), SINCE(6, 0, 0), IN_CLIENT,
                            "total bytes sent from listen servers" },
    [WALLARM_BYTES_BLOCKED_IN] = { "bytes_blocked_in", SINCE(6, 10, 2), SINCE(6, 10, 2), IN_CLIENT | COUNTER,
                                   "total bytes received in blocked requests" },
    [WALLARM_BYTES_BLOCKED_OUT] = { "bytes_blocked_out", SINCE(6, 10, 2), SINCE(6, 10, 2), IN_CLIENT | COUNTER,
                                    "total bytes sent in blocked responses" },
    [WALLARM_BYTES_BLOCKED_BY_ACL_IN] = { "bytes_blocked_by_acl_in", SINCE(6, 10, 2), SINCE(6, 10, 2),
                                          IN_CLIENT | COUNTER, "total bytes received in ACL-blocked requests" },
    [WALLARM_BYTES_BLOCKED_BY_ACL_OUT] = { "bytes_blocked_by_acl_out", SINCE(6, 10, 2), SINCE(6, 10, 2),
                                           IN_CLIENT | COUNTER, "total bytes sent in ACL-blocked responses" },
    [WALLARM_TNT_ERRORS] = { "tnt_errors", ALWAYS, ALWAYS, 0, "wstore write errors count" },
    [WALLARM_API_ERRORS] = { "api_errors", ALWAYS, ALWAYS, 0, "API write errors count" },
    [WALLARM_REQUESTS_LOST] = { "requests_lost", ALWAYS, ALWAYS, 0, "lost requests count" },
    [WALLARM_OVERLIMITS_TIME] = { "overlimits_time", ALWAYS, ALWAYS, IN_SPLIT, "overlimits_time count" },
    [WALLARM_SEGFAULTS] = { "segfaults", ALWAYS, ALWAYS, 0, "segmentation faults count" },
    [WALLARM_MEMFAULTS] = { "memfaults", ALWAYS, ALWAYS, 0, "vmem limit reached events count" },
    [WALLARM_SOFTMEMFAULTS] = { "softmemfaults", ALWAYS, ALWAYS, 0, "request memory limit reached events count" },
    [WALLARM_PROTON_ERRORS] = { "proton_errors", ALWAYS, ALWAYS, 0,
                                "libproton non-memory related libproton faults events count" },
    [WALLARM_TIME_DETECT] = { "time_detect", ALWAYS, ALWAYS, IN_SPLIT | SECONDS, "time spent for detection" },
    [WALLARM_DB_ID] = { "db_id", ALWAYS, ALWAYS, 0, "proton.db file id" },
    [WALLARM_LOM_ID] = { "lom_id", ALWAYS, ALWAYS, 0, "LOM file id" },
    [WALLARM_CUSTOM_RULESET_ID] = { "custom_ruleset_id", ALWAYS, ALWAYS, 0, "Custom Ruleset file id" },
    [WALLARM_CUSTOM_RULESET_VER] = { "custom_ruleset_ver", ALWAYS, ALWAYS, 0, "Custom Ruleset file format version" },
    [WALLARM_DB_APPLY_TIME] = { "db_apply_time", ALWAYS, ALWAYS, 0, "proton.db file apply time id" },
    [WALLARM_LOM_APPLY_TIME] = { "lom_apply_time", ALWAYS, ALWAYS, 0, "LOM file apply time" },
    [WALLARM_CUSTOM_RULESET_APPLY_TIME] = { "custom_ruleset_apply_time", ALWAYS, ALWAYS, 0,
                                            "Custom Ruleset file apply time" },
    [WALLARM_PROTON_TOTAL] = { "proton_instances.total", ALWAYS, NEVER, 0, NULL },
    [WALLARM_PROTON_SUCCESS] = { "proton_instances.success", ALWAYS, NEVER, 0, NULL },
    [WALLARM_PROTON_FALLBACK] = { "proton_instances.fallback", ALWAYS, NEVER, 0, NULL },
    [WALLARM_PROTON_FAILED] = { "proton_instances.failed", ALWAYS, NEVER, 0, NULL },
    [WALLARM_STALLED_WORKERS_COUNT] = { "stalled_workers_count", ALWAYS, NEVER, 0, NULL },
    [WALLARM_STARTID] = { "startid", ALWAYS, ALWAYS, 0, "unique start id" },
    [WALLARM_COMPATIBILITY] = { "compatibility", SINCE(6, 0, 0), SINCE(6, 0, 0), 0, "unique start id" },
    [WALLARM_CONFIG_REVISION] = { "config_revision", SINCE(6, 0, 0), SINCE(6, 0, 0), 0, "config file revision number" },
    [WALLARM_TIMESTAMP] = { "timestamp", ALWAYS, NEVER, SECONDS, NULL },
    [WALLARM_RATE_SHM_ZONE_SIZE] = { "rate_limit.shm_zone_size", ALWAYS, SINCE(6, 0, 0), 0, "shared memory size" },
    [WALLARM_RATE_BUCKETS_COUNT] = { "rate_limit.buckets_count", ALWAYS, SINCE(6, 0, 0), 0, "buckets created" },
    [WALLARM_RATE_ENTRIES] = { "rate_limit.entries", ALWAYS, SINCE(6, 0, 0), 0, "number of tracked keys" },
    [WALLARM_RATE_DELAYED] = { "rate_limit.delayed", ALWAYS, SINCE(6, 0, 0), 0, "delayed requests" },
    [WALLARM_RATE_EXCEEDED] = { "rate_limit.exceeded", ALWAYS, SINCE(6, 0, 0), 0, "exceeded and rejected requests" },
    [WALLARM_RATE_EXPIRED] = { "rate_limit.expired", ALWAYS, SINCE(6, 0, 0), 0, "expired keys " },
    [WALLARM_RATE_REMOVED] = { "rate_limit.removed", ALWAYS, SINCE(6, 0, 0), 0, "total amount of removed keys" },
    [WALLARM_RATE_NO_FREE_NODES] = { "rate_limit.no_free_nodes", ALWAYS, SINCE(6, 0, 0), 0, "allocation fails" },
    [WALLARM_APIFW_TIMEOUTS] = { "apifw_subrequest_timeouts", NEVER, SINCE(6, 0, 0), 0,
                                 "apifw subrequest timeouts count" },
};


/* What all workers share; it outlives a reload and ends with NGINX. */

typedef struct {
    ngx_int_t        id;
    wallarm_tally_t  tally;
} wallarm_application_t;

typedef struct {
    wallarm_tally_t        total;
    ngx_uint_t             n_applications;
    wallarm_application_t  applications[WALLARM_MAX_APPLICATIONS];
} wallarm_shared_t;


/* Counters */


/* A metric by its JSON key, with its group before a dot; WALLARM_N_METRICS when there is none. */

wallarm_metric_e
wallarm_metric_of(const ngx_str_t *key)
{
    wallarm_metric_e  metric;

    for (metric = 0; metric < WALLARM_N_METRICS; metric++) {
        if (wallarm_is_word_of(key, wallarm_metrics[metric].key)) {
            break;
        }
    }

    return metric;
}


static uint64_t
wallarm_now(void)
{
    struct timeval  now;

    ngx_gettimeofday(&now);

    return (uint64_t) now.tv_sec * 1000000 + now.tv_usec;
}


/* A node in good health. The start id is above 2^63, so that a reader that takes it for a double or signed is caught. */

static void
wallarm_set_initial_values(uint64_t *values)
{
    values[WALLARM_DB_ID] = 73;
    values[WALLARM_LOM_ID] = 102;
    values[WALLARM_CUSTOM_RULESET_ID] = 102;
    values[WALLARM_CUSTOM_RULESET_VER] = wallarm_version < V(6, 0, 0) ? 51 : wallarm_version < V(7, 0, 0) ? 54 : 56;
    values[WALLARM_DB_APPLY_TIME] = ngx_time();
    values[WALLARM_LOM_APPLY_TIME] = ngx_time();
    values[WALLARM_CUSTOM_RULESET_APPLY_TIME] = ngx_time();
    values[WALLARM_PROTON_TOTAL] = 1;
    values[WALLARM_PROTON_SUCCESS] = 1;
    values[WALLARM_COMPATIBILITY] = 4;
    values[WALLARM_RATE_SHM_ZONE_SIZE] = 64 * 1024 * 1024;
    values[WALLARM_RATE_BUCKETS_COUNT] = 1;
    values[WALLARM_TIMESTAMP] = wallarm_now();
    values[WALLARM_STARTID] = ((uint64_t) 1 << 63) | ((uint64_t) ngx_random() << 31) | (uint64_t) ngx_random();
}


static ngx_int_t
wallarm_init_zone(ngx_shm_zone_t *zone, void *former)
{
    wallarm_shared_t  *shared;
    ngx_slab_pool_t   *pool;

    if (former != NULL) {
        zone->data = former;
        return NGX_OK;
    }

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    shared = ngx_slab_calloc(pool, sizeof(wallarm_shared_t));
    if (shared == NULL) {
        return NGX_ERROR;
    }

    wallarm_set_initial_values(shared->total.values);
    zone->data = shared;

    return NGX_OK;
}


ngx_int_t
wallarm_add_zone(ngx_conf_t *cf, wallarm_main_conf_t *mcf)
{
    ngx_str_t  name = ngx_string("wallarm_double");

    mcf->zone = ngx_shared_memory_add(cf, &name, WALLARM_ZONE_SIZE, &ngx_http_wallarm_module);
    if (mcf->zone == NULL) {
        return NGX_ERROR;
    }

    mcf->zone->init = wallarm_init_zone;

    return NGX_OK;
}


/* The application's own counters, in the order of first requests. NULL when there are too many: totals go on. */

static wallarm_application_t *
wallarm_find_application(wallarm_shared_t *shared, ngx_int_t id)
{
    ngx_uint_t  i;

    for (i = 0; i < shared->n_applications; i++) {
        if (shared->applications[i].id == id) {
            return &shared->applications[i];
        }
    }

    if (shared->n_applications == WALLARM_MAX_APPLICATIONS) {
        return NULL;
    }

    shared->n_applications++;
    shared->applications[i].id = id;

    return &shared->applications[i];
}


/* Adds a tally to the totals and to one application, all at once. */

void
wallarm_count(wallarm_main_conf_t *mcf, ngx_int_t id, wallarm_tally_t *tally)
{
    wallarm_metric_e        metric;
    ngx_slab_pool_t        *pool;
    wallarm_shared_t       *shared;
    wallarm_application_t  *application;

    shared = mcf->zone->data;
    pool = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    ngx_shmtx_lock(&pool->mutex);

    application = tally->values[WALLARM_REQUESTS] == 0 ? NULL : wallarm_find_application(shared, id);

    for (metric = 0; metric < WALLARM_N_METRICS; metric++) {
        shared->total.values[metric] += tally->values[metric];

        if (application != NULL) {
            application->tally.values[metric] += tally->values[metric];
        }
    }

    if (tally->values[WALLARM_REQUESTS] > 0) {
        shared->total.values[WALLARM_TIMESTAMP] = wallarm_now();
    }

    ngx_shmtx_unlock(&pool->mutex);
}


/* Log phase: traffic is counted in every mode, off included, but for the statistics service, 1.4. */

ngx_int_t
wallarm_log_handler(ngx_http_request_t *r)
{
    uint64_t              in, out;
    wallarm_state_t      *state;
    wallarm_tally_t       tally;
    wallarm_loc_conf_t   *lcf;
    wallarm_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_wallarm_module);

    if (lcf->status) {
        return NGX_OK;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_wallarm_module);
    state = wallarm_state(r);
    in = r->request_length;
    out = r->connection->sent;

    ngx_memzero(&tally, sizeof(wallarm_tally_t));
    tally.values[WALLARM_BYTES_IN] = in;
    tally.values[WALLARM_BYTES_OUT] = out;

    if (state != NULL && state->verdict == WALLARM_BLOCKED_ACL) {
        tally.values[WALLARM_BYTES_BLOCKED_BY_ACL_IN] = in;
        tally.values[WALLARM_BYTES_BLOCKED_BY_ACL_OUT] = out;

    } else if (state != NULL && state->verdict != WALLARM_PASSED) {
        tally.values[WALLARM_BYTES_BLOCKED_IN] = in;
        tally.values[WALLARM_BYTES_BLOCKED_OUT] = out;
    }

    wallarm_count(mcf, -1, &tally);

    return NGX_OK;
}


/* Writing */


static void
wallarm_put(ngx_buf_t *b, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    b->last = ngx_vslprintf(b->last, b->end, format, args);
    va_end(args);
}


/* 5.x: requests_lost is the sum of the two kinds of errors, 1.4. */

static uint64_t
wallarm_value(const uint64_t *values, wallarm_metric_e metric)
{
    if (metric == WALLARM_REQUESTS_LOST && wallarm_version < V(6, 0, 0)) {
        return values[WALLARM_TNT_ERRORS] + values[WALLARM_API_ERRORS];
    }

    return values[metric];
}


static void
wallarm_put_value(ngx_buf_t *b, const uint64_t *values, wallarm_metric_e metric)
{
    uint64_t  value;

    value = wallarm_value(values, metric);

    if (wallarm_metrics[metric].flags & SECONDS) {
        wallarm_put(b, "%uL.%06uL", value / 1000000, value % 1000000);

    } else {
        wallarm_put(b, "%uL", value);
    }
}


/* JSON. 5.x breaks the text into lines and escapes slashes, 1.4. */


static void
wallarm_put_key(ngx_buf_t *b, const char *key)
{
    if (b->last[-1] != '{' && b->last[-1] != '\n') {
        wallarm_put(b, ",");
    }

    wallarm_put(b, "\"%s\":", key);
}


static void
wallarm_end_line(ngx_buf_t *b)
{
    if (wallarm_version < V(6, 0, 0)) {
        wallarm_put(b, ",\n");
    }
}


/* Numbers of a range that this version has and, with flags, that have one of them. Keys go without their group. */

static void
wallarm_put_numbers(ngx_buf_t *b, const uint64_t *values, wallarm_metric_e first,
    wallarm_metric_e last, ngx_uint_t flags)
{
    const char              *dot;
    wallarm_metric_e         metric;
    const wallarm_metric_t  *entry;

    for (metric = first; metric <= last; metric++) {
        entry = &wallarm_metrics[metric];

        if (wallarm_version < entry->json_since || wallarm_version >= entry->json_until
            || (flags && !(entry->flags & flags)))
        {
            continue;
        }

        dot = strchr(entry->key, '.');
        wallarm_put_key(b, dot == NULL ? entry->key : dot + 1);
        wallarm_put_value(b, values, metric);
    }
}


static void
wallarm_put_group(ngx_buf_t *b, const uint64_t *values, const char *key, wallarm_metric_e first,
    wallarm_metric_e last)
{
    wallarm_put_key(b, key);
    wallarm_put(b, "{");
    wallarm_put_numbers(b, values, first, last, 0);
    wallarm_put(b, "}");
}


static void
wallarm_put_file(ngx_buf_t *b, const char *key, uint64_t id, uint64_t mod_time, const char *name)
{
    const char  *slash;

    slash = wallarm_version < V(6, 0, 0) ? "\\/" : "/";

    wallarm_put_key(b, key);
    wallarm_put(b, "[{\"id\":%uL,\"size\":139094,\"mod_time\":%uL,\"fname\":\"%setc%swallarm%s%s\"}]", id, mod_time,
                slash, slash, slash, name);
}


static void
wallarm_put_split(ngx_buf_t *b, wallarm_shared_t *shared)
{
    ngx_uint_t              i;
    wallarm_application_t  *application;

    wallarm_put_key(b, "split");
    wallarm_put(b, "{\"clients\":[{\"client_id\":null");
    wallarm_put_numbers(b, shared->total.values, 0, WALLARM_N_METRICS - 1, IN_CLIENT);
    wallarm_put_key(b, "applications");
    wallarm_put(b, "[");

    for (i = 0; i < shared->n_applications; i++) {
        application = &shared->applications[i];

        wallarm_put(b, "%s{\"app_id\":%i", i == 0 ? "" : ",", application->id);
        wallarm_put_numbers(b, application->tally.values, 0, WALLARM_N_METRICS - 1, IN_APPLICATION);
        wallarm_put(b, "}");
    }

    wallarm_put(b, "]}]}");
}


static void
wallarm_put_json(ngx_buf_t *b, wallarm_shared_t *shared)
{
    uint64_t    *values;
    ngx_uint_t   is_5;

    values = shared->total.values;
    is_5 = wallarm_version < V(6, 0, 0);

    wallarm_put(b, "{");
    wallarm_put_numbers(b, values, WALLARM_REQUESTS, WALLARM_CUSTOM_RULESET_APPLY_TIME, 0);
    wallarm_end_line(b);
    wallarm_put_group(b, values, "proton_instances", WALLARM_PROTON_TOTAL, WALLARM_PROTON_FAILED);
    wallarm_put_numbers(b, values, WALLARM_STALLED_WORKERS_COUNT, WALLARM_STALLED_WORKERS_COUNT, 0);
    wallarm_put_key(b, "stalled_workers");
    wallarm_put(b, "[]");
    wallarm_put_file(b, "ts_files", values[WALLARM_CUSTOM_RULESET_ID],
                     values[WALLARM_CUSTOM_RULESET_APPLY_TIME], "custom_ruleset");
    wallarm_put_file(b, "db_files", values[WALLARM_DB_ID], values[WALLARM_DB_APPLY_TIME], "proton.db");
    wallarm_end_line(b);
    wallarm_put_numbers(b, values, WALLARM_STARTID, WALLARM_CONFIG_REVISION, 0);

    /* 5.x has the timestamp before the group, later versions after it. */

    if (is_5) {
        wallarm_put_numbers(b, values, WALLARM_TIMESTAMP, WALLARM_TIMESTAMP, 0);
    }

    wallarm_put_group(b, values, "rate_limit", WALLARM_RATE_SHM_ZONE_SIZE, WALLARM_RATE_NO_FREE_NODES);

    if (!is_5) {
        wallarm_put_numbers(b, values, WALLARM_TIMESTAMP, WALLARM_TIMESTAMP, 0);
    }

    wallarm_end_line(b);
    wallarm_put_split(b, shared);
    wallarm_put(b, "}");
}


/* Prometheus text, 1.5 */


static void
wallarm_put_head(ngx_buf_t *b, const char *name, const char *help, const char *type)
{
    wallarm_put(b, "# HELP wallarm_%s %s\n# TYPE wallarm_%s %s\n", name, help, name, type);
}


/* HELP texts that 5.x words differently. */

static const char *
wallarm_help(wallarm_metric_e metric)
{
    if (wallarm_version < V(6, 0, 0)) {
        switch (metric) {

        case WALLARM_TNT_ERRORS:
            return "tarantool write errors count";

        case WALLARM_CUSTOM_RULESET_VER:
            return "custom ruleset file format version";

        default:
            break;
        }
    }

    return wallarm_metrics[metric].help;
}


/* A JSON key as a metric's name: groups are joined by "_", seconds say so. */

static void
wallarm_metric_name(char *name, size_t size, const wallarm_metric_t *entry)
{
    char  *dot;

    *ngx_snprintf((u_char *) name, size - 1, "%s%s", entry->key, entry->flags & SECONDS ? "_seconds" : "") = '\0';

    dot = strchr(name, '.');

    if (dot != NULL) {
        *dot = '_';
    }
}


static void
wallarm_put_metric(ngx_buf_t *b, const uint64_t *values, wallarm_metric_e metric)
{
    char                     name[64];
    const wallarm_metric_t  *entry;

    entry = &wallarm_metrics[metric];

    if (wallarm_version < entry->text_since || wallarm_version >= entry->text_until) {
        return;
    }

    wallarm_metric_name(name, sizeof(name), entry);
    wallarm_put_head(b, name, wallarm_help(metric), entry->flags & COUNTER ? "counter" : "gauge");
    wallarm_put(b, "wallarm_%s", name);

    if (metric == WALLARM_CUSTOM_RULESET_ID) {
        wallarm_put(b, "{format=\"%uL\"}", values[WALLARM_CUSTOM_RULESET_VER]);
    }

    wallarm_put(b, " ");
    wallarm_put_value(b, values, metric);
    wallarm_put(b, "\n");
}


/* Metrics with a label for each of several numbers; no worker of the double stalls, so that one has no sample. */

static void
wallarm_put_instances(ngx_buf_t *b, const uint64_t *values)
{
    wallarm_put_head(b, "proton_instances", "proton instances count", "gauge");
    wallarm_put(b, "wallarm_proton_instances{status=\"success\"} %uL\n", values[WALLARM_PROTON_SUCCESS]);
    wallarm_put(b, "wallarm_proton_instances{status=\"fallback\"} %uL\n", values[WALLARM_PROTON_FALLBACK]);
    wallarm_put(b, "wallarm_proton_instances{status=\"failed\"} %uL\n", values[WALLARM_PROTON_FAILED]);
    wallarm_put_head(b, "stalled_worker_time_seconds", "time a worker stalled in libproton", "gauge");

    if (wallarm_version < V(6, 0, 0)) {
        wallarm_put(b, "\n");
    }
}


static void
wallarm_put_prometheus(ngx_buf_t *b, wallarm_shared_t *shared)
{
    wallarm_metric_e  metric;

    for (metric = 0; metric < WALLARM_N_METRICS; metric++) {
        if (metric == WALLARM_PROTON_TOTAL) {
            wallarm_put_instances(b, shared->total.values);
        }

        wallarm_put_metric(b, shared->total.values, metric);
    }
}


/* Serving */


/* 1.3: the directive's format; since 6.12.0 a query argument overrides it. */

static ngx_uint_t
wallarm_status_format(ngx_http_request_t *r, wallarm_loc_conf_t *lcf)
{
    ngx_str_t  value;

    if (wallarm_version >= V(6, 12, 0) && ngx_http_arg(r, (u_char *) "format", 6, &value) == NGX_OK) {
        if (wallarm_is_word_of(&value, "json")) {
            return WALLARM_JSON;
        }

        if (wallarm_is_word_of(&value, "prometheus")) {
            return WALLARM_PROMETHEUS;
        }
    }

    return lcf->status_format;
}


static ngx_buf_t *
wallarm_status_text(ngx_http_request_t *r, wallarm_main_conf_t *mcf, ngx_uint_t format)
{
    ngx_buf_t         *b;
    ngx_slab_pool_t   *pool;
    wallarm_shared_t  *shared;

    shared = mcf->zone->data;
    pool = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    b = ngx_create_temp_buf(r->pool, WALLARM_STATUS_TEXT + WALLARM_MAX_APPLICATIONS * WALLARM_APPLICATION_TEXT);
    if (b == NULL) {
        return NULL;
    }

    ngx_shmtx_lock(&pool->mutex);

    if (format == WALLARM_JSON) {
        wallarm_put_json(b, shared);

    } else {
        wallarm_put_prometheus(b, shared);
    }

    ngx_shmtx_unlock(&pool->mutex);

    b->last_buf = r == r->main;
    b->last_in_chain = 1;

    return b;
}


ngx_int_t
wallarm_status_handler(ngx_http_request_t *r)
{
    ngx_int_t             rc;
    ngx_uint_t            format;
    ngx_buf_t            *b;
    ngx_chain_t           out;
    wallarm_loc_conf_t   *lcf;
    wallarm_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_wallarm_module);
    mcf = ngx_http_get_module_main_conf(r, ngx_http_wallarm_module);

    if (!lcf->status) {
        return NGX_DECLINED;
    }

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    format = wallarm_status_format(r, lcf);

    b = wallarm_status_text(r, mcf, format);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (format == WALLARM_JSON) {
        ngx_str_set(&r->headers_out.content_type, "application/json");

    } else {
        ngx_str_set(&r->headers_out.content_type, "text/plain");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;

    rc = ngx_http_send_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}

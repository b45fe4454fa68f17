/*
 * The access phase: filtration modes (2), IP lists (5.1), and what follows from both for one request. A request is
 * judged once; NGINX comes back to this phase after every internal redirect, the one to the blocking page included.
 */

#include "ngx_http_wallarm_double.h"


static const char  *wallarm_modes[] = { "off", "monitoring", "safe_blocking", "block" };

#define BIT(n)  ((uint64_t) 1 << (n))

/* Types on which blocking acts: input validation (a regex rule's type is one of them), 7. */

static const uint64_t  wallarm_input_validation =
    BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(13) | BIT(14) | BIT(17) | BIT(19)
    | BIT(25) | BIT(26) | BIT(27);

static const uint64_t  wallarm_infoleak = BIT(9);
static const uint64_t  wallarm_overlimit = BIT(29);
static const uint64_t  wallarm_vpatch = BIT(31);


/* The state of a request */


static void
wallarm_state_mark(void *data)
{
    /* Nothing to free: as a cleanup handler it marks the state, so that it is found again. */
}


/* The state of a request that has reached the access phase, else NULL. Subrequests share their request's pool. */

wallarm_state_t *
wallarm_state(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cleanup;

    for (cleanup = r->pool->cleanup; cleanup != NULL; cleanup = cleanup->next) {
        if (cleanup->handler == wallarm_state_mark) {
            return cleanup->data;
        }
    }

    return NULL;
}


static wallarm_state_t *
wallarm_create_state(ngx_http_request_t *r)
{
    wallarm_state_t     *state;
    ngx_pool_cleanup_t  *cleanup;

    cleanup = ngx_pool_cleanup_add(r->pool, sizeof(wallarm_state_t));
    if (cleanup == NULL) {
        return NULL;
    }

    state = cleanup->data;
    ngx_memzero(state, sizeof(wallarm_state_t));
    state->console_mode = -1;
    state->application = -1;
    cleanup->handler = wallarm_state_mark;

    return state;
}


/* Modes */


/* Number of a mode, or NGX_ERROR. */

ngx_int_t
wallarm_mode_of(const ngx_str_t *word)
{
    ngx_int_t  mode;

    for (mode = WALLARM_OFF; mode <= WALLARM_BLOCK; mode++) {
        if (wallarm_is_word_of(word, wallarm_modes[mode])) {
            return mode;
        }
    }

    return NGX_ERROR;
}


const char *
wallarm_mode_name(ngx_uint_t mode)
{
    return wallarm_modes[mode];
}


/*
 * 2.2: the directive's value, which may come from a variable. What the module makes of a wrong value is not documented;
 * the double takes the worst, "off", so that a map with a gap shows in a test as an attack let through.
 */

static ngx_int_t
wallarm_local_mode(ngx_http_request_t *r, wallarm_loc_conf_t *lcf)
{
    ngx_int_t  mode;
    ngx_str_t  value;

    if (lcf->mode == NULL) {
        return WALLARM_OFF;
    }

    if (ngx_http_complex_value(r, lcf->mode, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    mode = wallarm_mode_of(&value);

    if (mode == NGX_ERROR) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "wallarm double: invalid mode \"%V\", taken as off", &value);
        return WALLARM_OFF;
    }

    return mode;
}


/* 2.3: wallarm_mode_allow_override decides between the local mode and the Console's. */

static ngx_uint_t
wallarm_effective_mode(wallarm_loc_conf_t *lcf, ngx_uint_t local, ngx_int_t console)
{
    if (console < 0 || lcf->override == WALLARM_OVERRIDE_OFF) {
        return local;
    }

    if (lcf->override == WALLARM_OVERRIDE_STRICT) {
        return ngx_max(local, (ngx_uint_t) console);
    }

    return console;
}


/* 2.4: a positive number, or -1, from text or a variable. */

static ngx_int_t
wallarm_application_of(ngx_http_request_t *r, wallarm_loc_conf_t *lcf)
{
    ngx_int_t  application;
    ngx_str_t  value;

    if (lcf->application == NULL || ngx_http_complex_value(r, lcf->application, &value) != NGX_OK
        || wallarm_is_word_of(&value, "-1"))
    {
        return -1;
    }

    application = ngx_atoi(value.data, value.len);

    if (application <= 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "wallarm double: invalid application \"%V\", taken as -1",
                      &value);
        return -1;
    }

    return application;
}


/* Verdict */


static void
wallarm_forget_attack(wallarm_state_t *state)
{
    state->types = 0;
    ngx_str_null(&state->type_list);
    ngx_str_null(&state->point_list);
    ngx_str_null(&state->stamp_list);
}


/* 2.4: a denylisted source is refused without a search for attacks. 3.1: the type is then what listed the source. */

static ngx_uint_t
wallarm_deny(wallarm_state_t *state)
{
    wallarm_forget_attack(state);
    state->types = wallarm_bit_of(&state->list_type);
    state->type_list = state->list_type;

    return WALLARM_BLOCKED_ACL;
}


/* 6.8.0 ended the blocking of information leaks, 7. An overlimit blocks like an attack, as its directive's default. */

static ngx_uint_t
wallarm_is_malicious(uint64_t types)
{
    uint64_t  acted_on;

    acted_on = wallarm_input_validation | wallarm_overlimit;

    if (wallarm_version < V(6, 8, 0)) {
        acted_on |= wallarm_infoleak;
    }

    return (types & acted_on) != 0;
}


/* The table of 2.1, for a mode other than off. */

static ngx_uint_t
wallarm_judge(wallarm_main_conf_t *mcf, wallarm_loc_conf_t *lcf, wallarm_state_t *state)
{
    ngx_uint_t  list;

    list = lcf->disable_acl ? WALLARM_NO_LIST : state->list;

    if (list == WALLARM_ALLOWLIST) {
        wallarm_forget_attack(state);
        return WALLARM_PASSED;
    }

    if (list == WALLARM_DENYLIST && mcf->acl_access_phase) {
        return wallarm_deny(state);
    }

    if (state->antibot) {
        return WALLARM_BLOCKED_ANTIBOT;
    }

    if (list == WALLARM_DENYLIST && state->mode != WALLARM_MONITORING) {
        return WALLARM_BLOCKED_ACL;
    }

    /* A virtual patch blocks in monitoring and safe blocking too. */

    if (state->types & wallarm_vpatch) {
        return WALLARM_BLOCKED_ATTACK;
    }

    if (state->mode == WALLARM_BLOCK || (state->mode == WALLARM_SAFE_BLOCKING && list == WALLARM_GRAYLIST)) {
        return wallarm_is_malicious(state->types) ? WALLARM_BLOCKED_ATTACK : WALLARM_PASSED;
    }

    return WALLARM_PASSED;
}


/* Adds one judged request to what the test has asked to add. */

static void
wallarm_tally_request(wallarm_main_conf_t *mcf, wallarm_loc_conf_t *lcf, wallarm_state_t *state)
{
    uint64_t    *values;
    ngx_uint_t   searched;

    values = state->tally.values;
    searched = state->verdict != WALLARM_BLOCKED_ACL || !mcf->acl_access_phase;

    values[WALLARM_REQUESTS]++;
    values[WALLARM_ABNORMAL]++;

    if (state->list == WALLARM_ALLOWLIST && !lcf->disable_acl) {
        values[WALLARM_ACL_ALLOW_LIST]++;
    }

    if (searched && state->type_list.len > 0) {
        values[WALLARM_ATTACKS]++;
    }

    if (state->types & wallarm_overlimit) {
        values[WALLARM_OVERLIMITS_TIME]++;
    }

    if (state->cpu_time.len > 0) {
        values[WALLARM_TIME_DETECT] += ngx_atofp(state->cpu_time.data, state->cpu_time.len, 6);
    }

    values[WALLARM_BLOCKED] += state->verdict != WALLARM_PASSED;
    values[WALLARM_BLOCKED_BY_ACL] += state->verdict == WALLARM_BLOCKED_ACL;
    values[WALLARM_BLOCKED_BY_ANTIBOT] += state->verdict == WALLARM_BLOCKED_ANTIBOT;
}


/*
 * Counting happens here and not in the log phase, so that a client that has its answer finds itself counted. Answers are
 * sent here and not by returning 403, which "satisfy any" would overrule.
 */

ngx_int_t
wallarm_access_handler(ngx_http_request_t *r)
{
    ngx_int_t             mode;
    wallarm_state_t      *state;
    wallarm_loc_conf_t   *lcf;
    wallarm_main_conf_t  *mcf;

    if (wallarm_state(r) != NULL) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_wallarm_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_wallarm_module);

    state = wallarm_create_state(r);
    mode = wallarm_local_mode(r, lcf);

    if (state == NULL || mode == NGX_ERROR || wallarm_read_header(r, state) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_DONE;
    }

    state->mode = wallarm_effective_mode(lcf, mode, state->console_mode);
    state->application = wallarm_application_of(r, lcf);

    if (state->mode == WALLARM_OFF) {
        wallarm_forget_attack(state);

    } else {
        state->verdict = wallarm_judge(mcf, lcf, state);

        /* Requests to the statistics service are not counted, 1.2. */

        if (!lcf->status) {
            wallarm_tally_request(mcf, lcf, state);
        }
    }

    wallarm_count(mcf, state->application, &state->tally);

    return state->verdict == WALLARM_PASSED ? NGX_DECLINED : wallarm_send_block(r, state);
}

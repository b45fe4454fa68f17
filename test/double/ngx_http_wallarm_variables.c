/*
 * The variables of 3.1. They have values from the access phase on; when the module's have is not documented beyond the
 * log phase. A value read earlier is that of a clean request, and since NGINX caches variables it stays that.
 */

#include "ngx_http_wallarm_double.h"


typedef struct {
    ngx_str_t                   name;
    ngx_http_get_variable_pt    get;
    uintptr_t                   data;
    ngx_uint_t                  since;
} wallarm_variable_t;


static ngx_int_t
wallarm_set_value(ngx_http_variable_value_t *v, ngx_str_t value)
{
    v->data = value.data;
    v->len = value.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
wallarm_set_not_found(ngx_http_variable_value_t *v)
{
    v->not_found = 1;
    return NGX_OK;
}


/*
 * What a variable holds when nothing happened is mostly not documented (3.1: "must accept 0, empty and - alike"), so a
 * test may choose; `usual` is the form without a choice.
 */

static ngx_int_t
wallarm_set_clean_value(ngx_http_variable_value_t *v, wallarm_state_t *state, const char *usual)
{
    ngx_str_t  value;

    value.data = (u_char *) usual;
    value.len = strlen(usual);

    if (state == NULL || state->clean.len == 0) {
        return wallarm_set_value(v, value);
    }

    if (wallarm_is_word_of(&state->clean, "absent")) {
        return wallarm_set_not_found(v);
    }

    if (wallarm_is_word_of(&state->clean, "empty")) {
        ngx_str_null(&value);

    } else {
        value = state->clean;
    }

    return wallarm_set_value(v, value);
}


/* $wallarm_attack_type: the mask in decimal. */

static ngx_int_t
wallarm_get_attack_type(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char           *text;
    ngx_str_t         value;
    wallarm_state_t  *state;

    state = wallarm_state(r);

    if (state == NULL || state->types == 0) {
        return wallarm_set_clean_value(v, state, "0");
    }

    text = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (text == NULL) {
        return NGX_ERROR;
    }

    value.data = text;
    value.len = ngx_sprintf(text, "%uL", state->types) - text;

    return wallarm_set_value(v, value);
}


/* Lists: a text of the state at offset `data`. */

static ngx_int_t
wallarm_get_list(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t        *list;
    wallarm_state_t  *state;

    state = wallarm_state(r);
    list = state == NULL ? NULL : (ngx_str_t *) ((u_char *) state + data);

    return list == NULL || list->len == 0 ? wallarm_set_clean_value(v, state, "") : wallarm_set_value(v, *list);
}


/* Figures: a text of the state at offset `data`, else 0. */

static ngx_int_t
wallarm_get_figure(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t        *figure;
    wallarm_state_t  *state;

    static ngx_str_t  zero = ngx_string("0");

    state = wallarm_state(r);
    figure = state == NULL ? &zero : (ngx_str_t *) ((u_char *) state + data);

    return wallarm_set_value(v, figure->len == 0 ? zero : *figure);
}


/* $wallarm_block_reason, 3.3. */

static ngx_int_t
wallarm_get_block_reason(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char           *text, *end;
    size_t            size;
    ngx_str_t         value = ngx_string("not blocked");
    wallarm_state_t  *state;

    state = wallarm_state(r);

    if (state == NULL || state->verdict == WALLARM_PASSED) {
        return wallarm_set_value(v, value);
    }

    size = sizeof("acl blacklist  attack mask=0123456789abcdef") + state->list_source.len + state->list_type.len;
    text = ngx_pnalloc(r->pool, size);
    if (text == NULL) {
        return NGX_ERROR;
    }

    if (state->verdict == WALLARM_BLOCKED_ACL) {
        end = ngx_slprintf(text, text + size, "acl blacklist %V %V", &state->list_source, &state->list_type);

    } else if (state->verdict == WALLARM_BLOCKED_ANTIBOT) {
        end = ngx_slprintf(text, text + size, "antibot");

    } else if (state->types & ((uint64_t) 1 << 29)) {
        end = ngx_slprintf(text, text + size, "overlimit");

    } else {
        end = ngx_slprintf(text, text + size, "attack mask=%016xL", state->types);
    }

    value.data = text;
    value.len = end - text;

    return wallarm_set_value(v, value);
}


/* $wallarm_mode is documented for malicious requests only. */

static ngx_int_t
wallarm_get_mode(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t         value;
    const char       *name;
    wallarm_state_t  *state;

    state = wallarm_state(r);
    name = state == NULL ? "" : wallarm_mode_name(state->mode);

    if (state == NULL || state->type_list.len == 0) {
        return wallarm_set_clean_value(v, state, name);
    }

    value.data = (u_char *) name;
    value.len = strlen(name);

    return wallarm_set_value(v, value);
}


/* JA4 needs "wallarm_fingerprint on". */

static ngx_int_t
wallarm_get_fingerprint(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    wallarm_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_wallarm_module);

    return lcf->fingerprint ? wallarm_get_list(r, v, data) : wallarm_set_not_found(v);
}


/* Tenant: a text of the location's configuration at offset `data`. */

static ngx_int_t
wallarm_get_client(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t           *text;
    wallarm_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_wallarm_module);
    text = (ngx_str_t *) ((u_char *) lcf + data);

    return text->len == 0 ? wallarm_set_not_found(v) : wallarm_set_value(v, *text);
}


#define STATE(field)  offsetof(wallarm_state_t, field)
#define CONF(field)   offsetof(wallarm_loc_conf_t, field)

static const wallarm_variable_t  wallarm_variables[] = {
    { ngx_string("wallarm_request_cpu_time"), wallarm_get_figure, STATE(cpu_time), 0 },
    { ngx_string("wallarm_request_mono_time"), wallarm_get_figure, STATE(mono_time), 0 },
    { ngx_string("wallarm_serialized_size"), wallarm_get_figure, STATE(serialized_size), 0 },
    { ngx_string("wallarm_is_input_valid"), wallarm_get_figure, STATE(input_valid), 0 },
    { ngx_string("wallarm_attack_type"), wallarm_get_attack_type, 0, 0 },
    { ngx_string("wallarm_attack_type_list"), wallarm_get_list, STATE(type_list), 0 },
    { ngx_string("wallarm_attack_point_list"), wallarm_get_list, STATE(point_list), V(5, 2, 1) },
    { ngx_string("wallarm_attack_stamp_list"), wallarm_get_list, STATE(stamp_list), V(5, 2, 1) },
    { ngx_string("wallarm_block_reason"), wallarm_get_block_reason, 0, V(6, 4, 0) },
    { ngx_string("wallarm_mode"), wallarm_get_mode, 0, V(6, 6, 0) },
    { ngx_string("wallarm_fingerprint_ja4"), wallarm_get_fingerprint, STATE(ja4), V(6, 7, 0) },
    { ngx_string("wallarm_fingerprint_ja4_raw"), wallarm_get_fingerprint, STATE(ja4_raw), V(6, 7, 0) },
    { ngx_string("wallarm_partner_client_uuid"), wallarm_get_client, CONF(client_uuid), V(6, 12, 0) },
    { ngx_string("wallarm_partner_client_label"), wallarm_get_client, CONF(client_label), V(6, 12, 0) },
};

#define WALLARM_N_VARIABLES  (sizeof(wallarm_variables) / sizeof(wallarm_variables[0]))


/*
 * Runs before the http block is read; without "changeable", a map or set of the same name is a configuration error. What
 * the module does on such a collision is not documented (2.2), and the double shows it.
 */

ngx_int_t
wallarm_add_variables(ngx_conf_t *cf)
{
    size_t                     i;
    ngx_str_t                  name;
    ngx_http_variable_t       *variable;
    const wallarm_variable_t  *entry;

    for (i = 0; i < WALLARM_N_VARIABLES; i++) {
        entry = &wallarm_variables[i];

        if (entry->since > wallarm_version) {
            continue;
        }

        name = entry->name;
        variable = ngx_http_add_variable(cf, &name, 0);
        if (variable == NULL) {
            return NGX_ERROR;
        }

        variable->get_handler = entry->get;
        variable->data = entry->data;
    }

    return NGX_OK;
}

/*
 * The header X-Wallarm-Double, by which a test says what the module "detects" in a request. Its grammar is in README.md.
 * A mistake in it is answered with 500 and an error-log line: a test must not pass because its header was misread.
 */

#include "ngx_http_wallarm_double.h"


typedef const char *(*wallarm_setter_pt)(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value);

typedef struct {
    ngx_str_t          key;
    wallarm_setter_pt  set;
    size_t             offset;
} wallarm_key_t;


/* Attack types by bit number, 3.2. Bits without a name are not documented. */

static const char  *wallarm_types[] = {
    [1] = "xss",
    [2] = "sqli",
    [3] = "rce",
    [4] = "xxe",
    [5] = "ptrav",
    [6] = "crlf",
    [7] = "redir",
    [8] = "nosqli",
    [9] = "infoleak",
    [10] = "brute",
    [11] = "dirbust",
    [13] = "ldapi",
    [14] = "scanner",
    [15] = "bot",
    [16] = "bola",
    [17] = "mass_assignment",
    [19] = "ssrf",
    [20] = "blocked_source",
    [21] = "api_abuse",
    [22] = "vectors",
    [24] = "credential_stuffing",
    [25] = "ssi",
    [26] = "mail_injection",
    [27] = "ssti",
    [28] = "invalid_xml",
    [29] = "overlimit_res",
    [30] = "data_bomb",
    [31] = "vpatch",
    [32] = "undefined_endpoint",
    [33] = "undefined_parameter",
    [34] = "missing_auth",
    [35] = "missing_parameter",
    [36] = "invalid_parameter_value",
    [37] = "invalid_request",
    [38] = "processing_overlimit",
    [39] = "gql_depth",
    [40] = "gql_value_size",
    [41] = "gql_aliases",
    [42] = "gql_doc_size",
    [43] = "gql_docs_per_batch",
    [44] = "gql_introspection",
    [45] = "gql_debug",
    [46] = "account_takeover",
    [47] = "security_crawlers",
    [48] = "scraping",
    [51] = "file_upload_violation",
    [52] = "resource_consumption",
};

#define WALLARM_N_BITS  (sizeof(wallarm_types) / sizeof(wallarm_types[0]))

/* Types without a published bit, 3.2: they show in $wallarm_attack_type_list only. */

static const char  wallarm_bitless_types[] =
    "enum rate_limit query_anomaly ai_prompt_injection ai_prompt_retrieval experimental";

/* Grammar of $wallarm_block_reason for lists, 3.3. */

static const char  wallarm_list_sources[] = "ip country proxy datacenter tor";
static const char  wallarm_list_types[] =
    "blocked_source brute dirbust bola bot api_abuse vectors account_takeover security_crawlers scraping "
    "resource_consumption enum rate_limit query_anomaly ai_prompt_injection ai_prompt_retrieval";


/* Text */


/* Whether the word is one of a list separated by spaces. */

ngx_uint_t
wallarm_is_word_of(const ngx_str_t *word, const char *words)
{
    size_t       length;
    const char  *end;

    for ( ;; ) {
        end = strchr(words, ' ');
        length = (end == NULL) ? strlen(words) : (size_t) (end - words);

        if (word->len == length && ngx_strncmp(word->data, words, length) == 0) {
            return 1;
        }

        if (end == NULL) {
            return 0;
        }

        words = end + 1;
    }
}


/* Takes the text up to the separator, without spaces around it, off the front of the rest. */

static ngx_uint_t
wallarm_next(ngx_str_t *rest, u_char separator, ngx_str_t *item)
{
    u_char  *end;

    if (rest->data == NULL) {
        return 0;
    }

    *item = *rest;
    end = ngx_strlchr(rest->data, rest->data + rest->len, separator);

    if (end == NULL) {
        ngx_str_null(rest);

    } else {
        item->len = end - rest->data;
        rest->len -= item->len + 1;
        rest->data = end + 1;
    }

    while (item->len > 0 && item->data[0] == ' ') {
        item->data++;
        item->len--;
    }

    while (item->len > 0 && item->data[item->len - 1] == ' ') {
        item->len--;
    }

    return 1;
}


/* A decimal number with at most six digits after its point. */

static ngx_uint_t
wallarm_is_seconds(const ngx_str_t *value)
{
    return ngx_atofp(value->data, value->len, 6) != NGX_ERROR;
}


/* Values. A setter returns what is wrong with the value, or NULL. */


static const char *
wallarm_set_text(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value)
{
    *(ngx_str_t *) field = *value;
    return NULL;
}


static const char *
wallarm_set_seconds(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value)
{
    *(ngx_str_t *) field = *value;
    return wallarm_is_seconds(value) ? NULL : "is not a number of seconds";
}


static const char *
wallarm_set_integer(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value)
{
    *(ngx_str_t *) field = *value;
    return ngx_atoi(value->data, value->len) != NGX_ERROR ? NULL : "is not a whole number";
}


/* Bit of an attack type; "bit49" names a bit that is not documented. 0: the type has none. */

uint64_t
wallarm_bit_of(const ngx_str_t *type)
{
    size_t     bit;
    ngx_int_t  n;

    for (bit = 0; bit < WALLARM_N_BITS; bit++) {
        if (wallarm_types[bit] != NULL && wallarm_is_word_of(type, wallarm_types[bit])) {
            return (uint64_t) 1 << bit;
        }
    }

    if (type->len > 3 && ngx_strncmp(type->data, "bit", 3) == 0) {
        n = ngx_atoi(type->data + 3, type->len - 3);
        return (n >= 0 && n < 64) ? (uint64_t) 1 << n : 0;
    }

    return 0;
}


static const char *
wallarm_set_types(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value)
{
    uint64_t   bit;
    ngx_str_t  rest, type;

    rest = *value;
    state->type_list = *value;

    while (wallarm_next(&rest, '|', &type)) {
        bit = wallarm_bit_of(&type);

        if (bit == 0 && !wallarm_is_word_of(&type, wallarm_bitless_types)) {
            return "names an attack type that is not documented";
        }

        state->types |= bit;
    }

    return NULL;
}


/* allow, gray, deny, deny:<source> or deny:<source>:<type>. */

static const char *
wallarm_set_list(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value)
{
    ngx_str_t  rest, word;

    rest = *value;
    (void) wallarm_next(&rest, ':', &word);

    if (wallarm_is_word_of(&word, "allow")) {
        state->list = WALLARM_ALLOWLIST;

    } else if (wallarm_is_word_of(&word, "gray")) {
        state->list = WALLARM_GRAYLIST;

    } else if (wallarm_is_word_of(&word, "deny")) {
        state->list = WALLARM_DENYLIST;
        ngx_str_set(&state->list_source, "ip");
        ngx_str_set(&state->list_type, "blocked_source");

        if (wallarm_next(&rest, ':', &word)) {
            state->list_source = word;
        }

        if (wallarm_next(&rest, ':', &word)) {
            state->list_type = word;
        }

        if (!wallarm_is_word_of(&state->list_source, wallarm_list_sources)
            || !wallarm_is_word_of(&state->list_type, wallarm_list_types))
        {
            return "names a source or type that $wallarm_block_reason does not have";
        }

    } else {
        return "is none of allow, gray, deny";
    }

    return rest.data == NULL ? NULL : "has too many parts";
}


static const char *
wallarm_set_console(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value)
{
    state->console_mode = wallarm_mode_of(value);
    return state->console_mode != NGX_ERROR ? NULL : "is not a filtration mode";
}


static const char *
wallarm_set_antibot(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value)
{
    state->antibot = 1;
    return wallarm_is_word_of(value, "1") ? NULL : "is not 1";
}


static const char *
wallarm_set_clean(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value)
{
    state->clean = *value;
    return wallarm_is_word_of(value, "0 empty - absent") ? NULL : "is none of 0, empty, -, absent";
}


/* <key>:<n>, several separated by "|": additions to numbers of the statistics service. */

static const char *
wallarm_set_add(ngx_http_request_t *r, wallarm_state_t *state, void *field, ngx_str_t *value)
{
    ngx_int_t         n;
    ngx_str_t         rest, part, key;
    wallarm_metric_e  metric;

    rest = *value;

    while (wallarm_next(&rest, '|', &part)) {
        (void) wallarm_next(&part, ':', &key);
        metric = wallarm_metric_of(&key);
        n = part.data == NULL ? NGX_ERROR : ngx_atoi(part.data, part.len);

        if (metric == WALLARM_N_METRICS || n == NGX_ERROR) {
            return "is not <key of the statistics service>:<whole number>";
        }

        state->tally.values[metric] += n;
    }

    return NULL;
}


static const wallarm_key_t  wallarm_keys[] = {
    { ngx_string("types"), wallarm_set_types, 0 },
    { ngx_string("points"), wallarm_set_text, offsetof(wallarm_state_t, point_list) },
    { ngx_string("stamps"), wallarm_set_text, offsetof(wallarm_state_t, stamp_list) },
    { ngx_string("valid"), wallarm_set_integer, offsetof(wallarm_state_t, input_valid) },
    { ngx_string("cpu"), wallarm_set_seconds, offsetof(wallarm_state_t, cpu_time) },
    { ngx_string("mono"), wallarm_set_seconds, offsetof(wallarm_state_t, mono_time) },
    { ngx_string("size"), wallarm_set_integer, offsetof(wallarm_state_t, serialized_size) },
    { ngx_string("ja4"), wallarm_set_text, offsetof(wallarm_state_t, ja4) },
    { ngx_string("ja4_raw"), wallarm_set_text, offsetof(wallarm_state_t, ja4_raw) },
    { ngx_string("acl"), wallarm_set_list, 0 },
    { ngx_string("antibot"), wallarm_set_antibot, 0 },
    { ngx_string("console"), wallarm_set_console, 0 },
    { ngx_string("clean"), wallarm_set_clean, 0 },
    { ngx_string("add"), wallarm_set_add, 0 },
};

#define WALLARM_N_KEYS  (sizeof(wallarm_keys) / sizeof(wallarm_keys[0]))


static const wallarm_key_t *
wallarm_key_of(const ngx_str_t *name)
{
    size_t  i;

    for (i = 0; i < WALLARM_N_KEYS; i++) {
        if (wallarm_is_word_of(name, (const char *) wallarm_keys[i].key.data)) {
            return &wallarm_keys[i];
        }
    }

    return NULL;
}


static ngx_int_t
wallarm_read_pair(ngx_http_request_t *r, wallarm_state_t *state, ngx_str_t pair)
{
    ngx_str_t             name;
    const char           *mistake;
    const wallarm_key_t  *key;

    if (pair.len == 0) {
        return NGX_OK;
    }

    (void) wallarm_next(&pair, '=', &name);
    key = wallarm_key_of(&name);

    if (key == NULL) {
        mistake = "is not a key of this header";

    } else if (pair.data == NULL) {
        mistake = "has no value";

    } else {
        mistake = key->set(r, state, (u_char *) state + key->offset, &pair);
    }

    if (mistake != NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "wallarm double: X-Wallarm-Double: \"%V=%V\" %s", &name,
                      &pair, mistake);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Reads every X-Wallarm-Double line of the request. NGX_ERROR: one of them is wrong, and was logged. */

ngx_int_t
wallarm_read_header(ngx_http_request_t *r, wallarm_state_t *state)
{
    ngx_str_t         rest, pair;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    for (part = &r->headers_in.headers.part; part != NULL; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (header[i].key.len != sizeof("X-Wallarm-Double") - 1
                || ngx_strncasecmp(header[i].key.data, (u_char *) "X-Wallarm-Double", header[i].key.len) != 0)
            {
                continue;
            }

            rest = header[i].value;

            while (wallarm_next(&rest, ';', &pair)) {
                if (wallarm_read_pair(r, state, pair) != NGX_OK) {
                    return NGX_ERROR;
                }
            }
        }
    }

    return NGX_OK;
}

/*
 * The answer to a blocked request, 4: wallarm_block_page by type, else 403 with NGINX's own page.
 */

#include "ngx_http_wallarm_double.h"


#define WALLARM_LITERAL  (-1)

/* A piece of a page: text, or the place of a variable. */

typedef struct {
    ngx_str_t  text;
    ngx_int_t  variable;
} wallarm_part_t;


/* Page files */


static char *
wallarm_read_file(ngx_conf_t *cf, ngx_str_t *path, ngx_str_t *text)
{
    ssize_t          n;
    ngx_file_t       file;
    ngx_file_info_t  info;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = *path;
    file.log = cf->log;
    file.fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno, "cannot open block page \"%V\"", path);
        return NGX_CONF_ERROR;
    }

    n = NGX_ERROR;

    if (ngx_fd_info(file.fd, &info) != NGX_FILE_ERROR) {
        text->len = (size_t) ngx_file_size(&info);
        text->data = ngx_pnalloc(cf->pool, text->len + 1);
        n = text->data == NULL ? NGX_ERROR : ngx_read_file(&file, text->data, text->len, 0);
    }

    (void) ngx_close_file(file.fd);

    if (n < 0 || (size_t) n != text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "cannot read block page \"%V\"", path);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static wallarm_part_t *
wallarm_add_part(wallarm_page_t *page, u_char *start, u_char *end)
{
    wallarm_part_t  *part;

    part = ngx_array_push(page->parts);
    if (part == NULL) {
        return NULL;
    }

    part->variable = WALLARM_LITERAL;
    part->text.data = start;
    part->text.len = end - start;

    return part;
}


/* 4.5: ${name} is a variable, ${wallarm_dollar} a dollar sign; a name that NGINX does not know is its usual error. */

static ngx_int_t
wallarm_add_variable_part(ngx_conf_t *cf, wallarm_page_t *page, u_char *start, u_char *end)
{
    ngx_str_t        name;
    wallarm_part_t  *part;

    static u_char  dollar[] = "$";

    name.data = start;
    name.len = end - start;

    if (wallarm_is_word_of(&name, "wallarm_dollar")) {
        return wallarm_add_part(page, dollar, dollar + 1) == NULL ? NGX_ERROR : NGX_OK;
    }

    part = wallarm_add_part(page, start, end);
    if (part == NULL) {
        return NGX_ERROR;
    }

    part->variable = ngx_http_get_variable_index(cf, &name);

    return part->variable == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
wallarm_split_page(ngx_conf_t *cf, wallarm_page_t *page, ngx_str_t *text)
{
    u_char  *p, *last, *open, *close;

    last = text->data + text->len;
    *last = '\0';

    for (p = text->data; p < last; p = close + 1) {
        open = (u_char *) ngx_strstr(p, "${");
        close = open == NULL ? NULL : ngx_strlchr(open, last, '}');

        if (close == NULL) {
            return wallarm_add_part(page, p, last) == NULL ? NGX_ERROR : NGX_OK;
        }

        if (wallarm_add_part(page, p, open) == NULL
            || wallarm_add_variable_part(cf, page, open + 2, close) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Pages are read with the configuration: a changed file needs a reload, 4.5. */

static char *
wallarm_load_page(ngx_conf_t *cf, wallarm_page_t *page, ngx_str_t *path)
{
    ngx_str_t  text;

    page->path = *path;
    page->parts = ngx_array_create(cf->pool, 8, sizeof(wallarm_part_t));

    if (page->parts == NULL || wallarm_read_file(cf, path, &text) != NGX_CONF_OK
        || wallarm_split_page(cf, page, &text) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* The text of one part; a variable that is not set is empty. */

static ngx_str_t
wallarm_part_text(ngx_http_request_t *r, wallarm_part_t *part)
{
    ngx_str_t                   text = ngx_null_string;
    ngx_http_variable_value_t  *value;

    if (part->variable == WALLARM_LITERAL) {
        return part->text;
    }

    value = ngx_http_get_indexed_variable(r, part->variable);

    if (value != NULL && !value->not_found) {
        text.data = value->data;
        text.len = value->len;
    }

    return text;
}


/* Substituted values are not escaped: whether the module does it is not documented, 4.5. */

static ngx_int_t
wallarm_render_page(ngx_http_request_t *r, wallarm_page_t *page, ngx_str_t *body)
{
    u_char          *p;
    ngx_str_t        text;
    ngx_uint_t       i;
    wallarm_part_t  *parts;

    parts = page->parts->elts;
    body->len = 0;

    for (i = 0; i < page->parts->nelts; i++) {
        body->len += wallarm_part_text(r, &parts[i]).len;
    }

    body->data = ngx_pnalloc(r->pool, body->len);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    p = body->data;

    for (i = 0; i < page->parts->nelts; i++) {
        text = wallarm_part_text(r, &parts[i]);
        p = ngx_cpymem(p, text.data, text.len);
    }

    return NGX_OK;
}


/* Directives */


/* 4.2: pages with variables that are chosen through a variable. */

char *
wallarm_add_dynamic_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    wallarm_main_conf_t  *mcf = conf;

    ngx_str_t       *value;
    ngx_uint_t       i;
    wallarm_page_t  *page;

    value = cf->args->elts;

    if (mcf->dynamic_pages == NULL) {
        mcf->dynamic_pages = ngx_array_create(cf->pool, 4, sizeof(wallarm_page_t));
        if (mcf->dynamic_pages == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    for (i = 1; i < cf->args->nelts; i++) {
        page = ngx_array_push(mcf->dynamic_pages);

        if (page == NULL || wallarm_load_page(cf, page, &value[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
wallarm_is_html_path(ngx_str_t *path)
{
    return path->len > 5 && path->data[0] == '/'
           && (ngx_strncmp(path->data + path->len - 5, ".html", 5) == 0
               || ngx_strncmp(path->data + path->len - 4, ".htm", 4) == 0);
}


/* 4.1: "&/file.html", "/redirect", "@named" or "$variable" with one of these as its value. */

static char *
wallarm_set_target(ngx_conf_t *cf, wallarm_block_page_t *entry, ngx_str_t *target)
{
    ngx_str_t                          path;
    ngx_http_compile_complex_value_t   ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));
    ccv.cf = cf;
    ccv.value = target;
    ccv.complex_value = &entry->target;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (target->data[0] == '&') {
        path.data = target->data + 1;
        path.len = target->len - 1;

        if (wallarm_is_html_path(&path)) {
            entry->page = ngx_palloc(cf->pool, sizeof(wallarm_page_t));
            return entry->page == NULL ? NGX_CONF_ERROR : wallarm_load_page(cf, entry->page, &path);
        }

    } else if (target->len > 1 && ngx_strlchr((u_char *) "/@$", (u_char *) "/@$" + 3, target->data[0]) != NULL) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid block page \"%V\": it must be &/path.html, /uri, @name or $variable",
                       target);
    return NGX_CONF_ERROR;
}


static ngx_int_t
wallarm_read_types(ngx_str_t list, ngx_uint_t *types)
{
    u_char     *comma;
    ngx_str_t   word;

    *types = 0;

    for ( ;; ) {
        comma = ngx_strlchr(list.data, list.data + list.len, ',');
        word.data = list.data;
        word.len = comma == NULL ? list.len : (size_t) (comma - list.data);

        if (wallarm_is_word_of(&word, "attack")) {
            *types |= WALLARM_PAGE_ATTACK;

        } else if (wallarm_is_word_of(&word, "acl_ip")) {
            *types |= WALLARM_PAGE_ACL_IP;

        } else if (wallarm_is_word_of(&word, "acl_source")) {
            *types |= WALLARM_PAGE_ACL_SOURCE;

        } else {
            return NGX_ERROR;
        }

        if (comma == NULL) {
            return NGX_OK;
        }

        list.len -= word.len + 1;
        list.data = comma + 1;
    }
}


static ngx_int_t
wallarm_read_parameter(wallarm_block_page_t *entry, ngx_str_t parameter)
{
    ngx_int_t  code;

    if (ngx_strncmp(parameter.data, "response_code=", 14) == 0) {
        code = ngx_atoi(parameter.data + 14, parameter.len - 14);
        entry->code = code;

        return (code >= 200 && code <= 999) ? NGX_OK : NGX_ERROR;
    }

    if (ngx_strncmp(parameter.data, "type=", 5) == 0) {
        parameter.data += 5;
        parameter.len -= 5;

        return wallarm_read_types(parameter, &entry->types);
    }

    return NGX_ERROR;
}


/* wallarm_block_page <target> [response_code=<int>] [type=<list>]; repeatable, one for each set of types. */

char *
wallarm_block_page(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    wallarm_loc_conf_t  *lcf = conf;

    ngx_str_t             *value;
    ngx_uint_t             i;
    wallarm_block_page_t  *entry, *entries;

    value = cf->args->elts;

    if (lcf->block_pages == NULL) {
        lcf->block_pages = ngx_array_create(cf->pool, 3, sizeof(wallarm_block_page_t));
        if (lcf->block_pages == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    entry = ngx_array_push(lcf->block_pages);
    if (entry == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(entry, sizeof(wallarm_block_page_t));
    entry->types = WALLARM_PAGE_ATTACK;

    for (i = 2; i < cf->args->nelts; i++) {
        if (wallarm_read_parameter(entry, value[i]) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (value[1].len > 0 && value[1].data[0] == '/' && entry->code != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "a redirect has no \"response_code\"");
        return NGX_CONF_ERROR;
    }

    entries = lcf->block_pages->elts;

    for (i = 0; i < lcf->block_pages->nelts - 1; i++) {
        if (entries[i].types & entry->types) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "a block page of this type is set already");
            return NGX_CONF_ERROR;
        }
    }

    return wallarm_set_target(cf, entry, &value[1]);
}


/* Answers */


/* 4.1: which pages a verdict may use. That antibot uses the one for attacks is the double's choice. */

static ngx_uint_t
wallarm_page_type(wallarm_state_t *state)
{
    if (state->verdict != WALLARM_BLOCKED_ACL) {
        return WALLARM_PAGE_ATTACK;
    }

    return wallarm_is_word_of(&state->list_source, "ip") ? WALLARM_PAGE_ACL_IP : WALLARM_PAGE_ACL_SOURCE;
}


static wallarm_block_page_t *
wallarm_find_page(wallarm_loc_conf_t *lcf, ngx_uint_t type)
{
    ngx_uint_t             i;
    wallarm_block_page_t  *entries;

    if (lcf->block_pages == NULL) {
        return NULL;
    }

    entries = lcf->block_pages->elts;

    for (i = 0; i < lcf->block_pages->nelts; i++) {
        if (entries[i].types & type) {
            return &entries[i];
        }
    }

    return NULL;
}


/* The page that a variable has named: one that wallarm_block_page_add_dynamic_path has registered. */

static wallarm_page_t *
wallarm_find_dynamic_page(ngx_http_request_t *r, ngx_str_t *path)
{
    ngx_uint_t            i;
    wallarm_page_t       *pages;
    wallarm_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_wallarm_module);

    if (mcf->dynamic_pages != NULL) {
        pages = mcf->dynamic_pages->elts;

        for (i = 0; i < mcf->dynamic_pages->nelts; i++) {
            if (pages[i].path.len == path->len && ngx_strncmp(pages[i].path.data, path->data, path->len) == 0) {
                return &pages[i];
            }
        }
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "wallarm double: block page \"%V\" comes from a variable and is not registered by "
                  "wallarm_block_page_add_dynamic_path", path);
    return NULL;
}


static ngx_int_t
wallarm_send_text(ngx_http_request_t *r, ngx_uint_t status, ngx_str_t body)
{
    ngx_http_complex_value_t  value;

    static ngx_str_t  html = ngx_string("text/html");

    ngx_memzero(&value, sizeof(ngx_http_complex_value_t));
    value.value = body;

    return ngx_http_send_response(r, status, &html, &value);
}


static ngx_int_t
wallarm_send_target(ngx_http_request_t *r, wallarm_block_page_t *entry)
{
    ngx_str_t        target, body;
    ngx_uint_t       status;
    wallarm_page_t  *page;

    status = entry->code == 0 ? NGX_HTTP_FORBIDDEN : entry->code;

    if (ngx_http_complex_value(r, &entry->target, &target) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (target.len == 0) {
        return NGX_HTTP_FORBIDDEN;
    }

    switch (target.data[0]) {

    case '@':
        (void) ngx_http_named_location(r, &target);
        return NGX_DONE;

    case '/':
        return wallarm_send_text(r, NGX_HTTP_MOVED_TEMPORARILY, target);

    case '&':
        target.data++;
        target.len--;
        page = entry->page != NULL ? entry->page : wallarm_find_dynamic_page(r, &target);

        if (page == NULL || wallarm_render_page(r, page, &body) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return wallarm_send_text(r, status, body);

    default:
        return NGX_HTTP_FORBIDDEN;
    }
}


/* Answers a blocked request; the phase handler has nothing more to do. */

ngx_int_t
wallarm_send_block(ngx_http_request_t *r, wallarm_state_t *state)
{
    wallarm_loc_conf_t    *lcf;
    wallarm_block_page_t  *entry;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_wallarm_module);
    entry = wallarm_find_page(lcf, wallarm_page_type(state));

    ngx_http_finalize_request(r, entry == NULL ? NGX_HTTP_FORBIDDEN : wallarm_send_target(r, entry));

    return NGX_DONE;
}

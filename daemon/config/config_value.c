/*
 * One value of each type: read, default, print, compare. The four tables of a type stand together in `types`, so that
 * a new type is one row.
 */
#include "base/span.h"
#include "config/config_internal.h"
#include "config/size.h"

#include <inttypes.h>
#include <stdio.h>

struct ww_str config_key_group(const struct config_key *key) {
        const char *dot = strchr(key->name, '.');

        return (struct ww_str){ key->name, (size_t)(dot - key->name) };
}

const char *config_key_leaf(const struct config_key *key) {
        return strchr(key->name, '.') + 1;
}

struct reader {
        struct config *c;
        const struct config_key *key;
        const char *folder;
        struct diag *d;
};

/* A text without NUL, within the key's length. */
static int read_text(const struct reader *in, const struct yaml_node *n, struct ww_str *ret) {
        const struct config_key *key = in->key;
        struct ww_str text;
        int r = yaml_string(n, key->name, in->d, &text);

        if (r)
                return r;
        if (text.n && memchr(text.p, '\0', text.n))
                return diag_error(in->d, n->pos, "take `\\0` out", "%s may not hold a NUL character", key->name);
        if (key->type == CONFIG_STRING && ((int64_t)text.n < key->min || (int64_t)text.n > key->max))
                return diag_error(in->d, n->pos,
                                  text.n ? "shorten it" : "name it, or leave the key out for the default",
                                  "%s must have %" PRId64 " to %" PRId64 " bytes", key->name, key->min, key->max);
        *ret = text;
        return 0;
}

static int read_string(const struct reader *in, const struct yaml_node *n, void *to) {
        struct ww_str text = WW_STR_NONE, copy;
        int r = read_text(in, n, &text);

        if (r)
                return r;
        copy = arena_copy(&in->c->arena, text);
        if (!copy.p)
                return -ENOMEM;
        *(const char **)to = copy.p;
        return 0;
}

/* Relative to the folder; "" stays "". */
static int read_path(const struct reader *in, const struct yaml_node *n, void *to) {
        struct ww_str text = WW_STR_NONE;
        char *path;
        int r = read_text(in, n, &text);

        if (r)
                return r;
        path = text.n == 0 || text.p[0] == '/' ? arena_printf(&in->c->arena, "%.*s", WW_STR_ARG(text))
                                               : arena_printf(&in->c->arena, "%s/%.*s", in->folder, WW_STR_ARG(text));
        if (!path)
                return -ENOMEM;
        *(const char **)to = path;
        return 0;
}

static int read_bool(const struct reader *in, const struct yaml_node *n, void *to) {
        return yaml_bool(n, in->key->name, in->d, to);
}

static int read_integer(const struct reader *in, const struct yaml_node *n, void *to) {
        return yaml_integer(n, in->key->name, in->key->min, in->key->max, in->d, to);
}

/* A port that is off is 0. */
static int read_port(const struct reader *in, const struct yaml_node *n, void *to) {
        struct diag unsaid = DIAG_INIT;
        int r = 0;

        if (n->type == YAML_SCALAR && ww_str_is(n->text, "off"))
                *(int64_t *)to = 0;
        else
                r = yaml_integer(n, in->key->name, in->key->min, in->key->max, &unsaid, to);
        diag_deinit(&unsaid);
        return r > 0 ? diag_error(in->d, n->pos, "write a number from 1 to 65535, or `off`", "%s must be a port",
                                  in->key->name)
                     : r;
}

static int read_span(const struct reader *in, const struct yaml_node *n, void *to) {
        return yaml_span(n, in->key->name, in->key->min, in->key->max, in->d, to);
}

static int read_size(const struct reader *in, const struct yaml_node *n, void *to) {
        const struct config_key *key = in->key;
        char min[32], max[32];
        struct ww_str text;
        int64_t bytes;
        int r = yaml_string(n, key->name, in->d, &text);

        if (r)
                return r;
        if (size_parse(text, &bytes) < 0)
                return diag_error(in->d, n->pos, "units are KiB, MiB, GiB and TiB; a bare number is bytes",
                                  "%s must be a size such as 64MiB, not `%.*s`", key->name, WW_STR_ARG(text));
        if (bytes < key->min || bytes > key->max) {
                size_format(key->min, min);
                size_format(key->max, max);
                return diag_error(in->d, n->pos, "leave the key out for the default",
                                  "%s must be from %s to %s, not `%.*s`", key->name, min, max, WW_STR_ARG(text));
        }
        *(int64_t *)to = bytes;
        return 0;
}

/* The choice of that name in the table's list, with its length; NULL if there is none. */
static int read_choice(const struct reader *in, const struct yaml_node *n, void *to) {
        char choices[128], *save = NULL;
        const char *names[16];
        struct ww_str text;
        size_t count = 0;
        int r = yaml_string(n, in->key->name, in->d, &text);

        if (r)
                return r;
        (void)snprintf(choices, sizeof choices, "%s", in->key->choices);
        for (char *name = strtok_r(choices, " ", &save); name && count < 16; name = strtok_r(NULL, " ", &save))
                names[count++] = name;
        for (size_t i = 0; i < count; i++)
                if (ww_str_is(text, names[i]))
                        return read_string(in, n, to);
        return diag_error(in->d, n->pos, diag_suggest(text, names, count), "%s cannot be `%.*s`", in->key->name,
                          WW_STR_ARG(text));
}

/* A list, or one value that stands for a list of one. */
static int read_list(const struct reader *in, const struct yaml_node *n, void *to) {
        struct config_list *list = to;
        const struct yaml_node *first = n->type == YAML_SEQUENCE ? n->first : n;
        size_t count = n->type == YAML_SEQUENCE ? n->n : 1;
        int result = 0;

        if (n->type == YAML_MAPPING)
                return diag_error(in->d, n->pos, "write `[one, two]`", "%s must be a list", in->key->name);
        if (in->key->type == CONFIG_STRINGS && ((int64_t)count < in->key->min || (int64_t)count > in->key->max))
                return diag_error(in->d, n->pos, count ? "join some with `+` or `#`" : "write `[\"sensors/#\"]`",
                                  "%s must have %" PRId64 " to %" PRId64 " entries", in->key->name, in->key->min,
                                  in->key->max);
        list->items = arena_array(&in->c->arena, const char *, count ? count : 1);
        if (!list->items)
                return -ENOMEM;
        list->n = 0;
        for (const struct yaml_node *item = first; item && list->n < count; item = item->next) {
                int r = in->key->type == CONFIG_PATHS ? read_path(in, item, &list->items[list->n])
                                                      : read_string(in, item, &list->items[list->n]);

                if (r < 0)
                        return r;
                if (r)
                        list->items[list->n] = "";
                result = r ? r : result;
                list->n++;
        }
        return result;
}

/* A text in double quotes, as YAML and JSON both read it. */
static void print_text(const char *text, struct buf *out) {
        buf_puts(out, "\"");
        for (const char *p = text; *p; p++) {
                if (*p == '"' || *p == '\\')
                        buf_printf(out, "\\%c", *p);
                else if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        buf_printf(out, "\\x%02x", (unsigned char)*p);
                else
                        buf_put(out, p, 1);
        }
        buf_puts(out, "\"");
}

static void print_string(const void *at, struct buf *out) {
        print_text(*(const char *const *)at, out);
}

static void print_bool(const void *at, struct buf *out) {
        buf_puts(out, *(const bool *)at ? "true" : "false");
}

static void print_integer(const void *at, struct buf *out) {
        buf_printf(out, "%" PRId64, *(const int64_t *)at);
}

static void print_port(const void *at, struct buf *out) {
        if (*(const int64_t *)at)
                print_integer(at, out);
        else
                buf_puts(out, "off");
}

static void print_size(const void *at, struct buf *out) {
        char text[32];

        size_format(*(const int64_t *)at, text);
        buf_puts(out, text);
}

static void print_span(const void *at, struct buf *out) {
        char text[32];

        span_format(*(const int64_t *)at, text);
        buf_puts(out, text);
}

static void print_list(const void *at, struct buf *out) {
        const struct config_list *list = at;

        buf_puts(out, "[");
        for (size_t i = 0; i < list->n; i++) {
                buf_puts(out, i ? ", " : "");
                print_text(list->items[i], out);
        }
        buf_puts(out, "]");
}

static const struct {
        int (*read)(const struct reader *in, const struct yaml_node *n, void *to);
        void (*print)(const void *at, struct buf *out);
} types[] = {
        [CONFIG_STRING] = { read_string, print_string },    [CONFIG_BOOL] = { read_bool, print_bool },
        [CONFIG_INTEGER] = { read_integer, print_integer }, [CONFIG_SIZE] = { read_size, print_size },
        [CONFIG_SPAN] = { read_span, print_span },          [CONFIG_PATH] = { read_path, print_string },
        [CONFIG_PATHS] = { read_list, print_list },         [CONFIG_STRINGS] = { read_list, print_list },
        [CONFIG_PORT] = { read_port, print_port },          [CONFIG_CHOICE] = { read_choice, print_string },
        [CONFIG_SECRET] = { read_path, print_string },
};

int config_value_read(struct config *c, const struct config_key *key, const struct yaml_node *n, const char *folder,
                      struct diag *d) {
        const struct reader in = { c, key, folder, d };

        return types[key->type].read(&in, n, config_at(c, key));
}

/* As if the user had written the default's text. A list's default is one entry, or none for "". */
int config_value_default(struct config *c, const struct config_key *key, const char *folder) {
        struct diag d = DIAG_INIT;
        struct yaml_node n = { .type = YAML_SCALAR, .text = ww_str(key->default_text ? key->default_text : "") };
        bool list = key->type == CONFIG_PATHS || key->type == CONFIG_STRINGS;
        int r;

        if (list && n.text.n == 0)
                return 0; /* zeroed is empty */
        n.plain = key->type == CONFIG_BOOL || key->type == CONFIG_INTEGER || key->type == CONFIG_PORT;
        r = config_value_read(c, key, &n, folder, &d);
        diag_deinit(&d);
        return r > 0 ? -EINVAL : r; /* the table itself is wrong; a test finds it */
}

void config_value_print(const struct config *c, const struct config_key *key, struct buf *out) {
        types[key->type].print(config_at_const(c, key), out);
}

/* What prints alike is alike: the printed form is canonical. */
bool config_value_equal(const struct config *a, const struct config *b, const struct config_key *key) {
        _cleanup_buf_ struct buf text_a = BUF_INIT, text_b = BUF_INIT;

        config_value_print(a, key, &text_a);
        config_value_print(b, key, &text_b);
        return ww_str_equal(buf_str(&text_a), buf_str(&text_b));
}

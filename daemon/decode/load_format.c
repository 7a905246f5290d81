/*
 * Formats, with the words that some of them have. The same format with the same words is one for all messages, so that
 * a payload is read in it once.
 */
#include "decode/load.h"

const struct load_key load_pairs_keys[] = {
        { "between", "each of these characters ends a pair; default comma, semicolon, blank, tab and line break" },
        { "is", "each of these characters ends a key; default = and :" },
};
const size_t load_pairs_keys_n = sizeof load_pairs_keys / sizeof *load_pairs_keys;

const struct load_key load_csv_keys[] = {
        { "columns", "names of the fields from the left; what a line has more is left out" },
        { "header", "true: the first line names the columns; beside `columns` it is passed over" },
        { "separator", "one character, default a comma; \"\\t\" is a tab" },
        { "list", "true: always an array, be it of one line: for `for_each: payload`" },
};
const size_t load_csv_keys_n = sizeof load_csv_keys / sizeof *load_csv_keys;

static bool is_ascii(struct ww_str text) {
        for (size_t i = 0; i < text.n; i++)
                if (text.p[i] <= 0)
                        return false;
        return true;
}

/* An optional text of between 1 and `max` characters that each mean something. */
static int load_signs(struct load *l, const struct yaml_node *n, const char *word, size_t max, struct ww_str *ret) {
        const struct yaml_node *x = yaml_get(n, word);
        struct ww_str text;
        int r = x ? yaml_string(x, word, l->d, &text) : 0;

        if (!x || r)
                return r;
        if (text.n == 0 || text.n > max || !is_ascii(text) || memchr(text.p, '"', text.n))
                return diag_error(l->d, x->pos, "write it in quotes: \";\"",
                                  "%s: `%s` takes %s of ASCII, and no quotes", l->what, word,
                                  max == 1 ? "one character" : "between 1 and 16 characters");
        *ret = text;
        return 0;
}

static int load_flag(struct load *l, const struct yaml_node *n, const char *word, bool *ret) {
        const struct yaml_node *x = yaml_get(n, word);

        return x ? yaml_bool(x, word, l->d, ret) : 0;
}

static int load_columns(struct load *l, const struct yaml_node *n, struct format_options *options) {
        struct ww_str *columns;
        size_t i = 0;

        if (n->type != YAML_SEQUENCE || n->n == 0 || n->n > FORMAT_COLUMNS_MAX)
                return diag_error(l->d, n->pos, "write columns: [time, door, badge]",
                                  "%s: columns are between 1 and %d names", l->what, FORMAT_COLUMNS_MAX);
        columns = arena_array(l->arena, struct ww_str, n->n);
        if (!columns)
                return -ENOMEM;
        options->columns = columns;
        options->n_columns = n->n;
        yaml_each(item, n) {
                int r = yaml_string(item, "columns", l->d, &columns[i++]);

                if (r)
                        return r;
        }
        return 0;
}

static int load_pairs(struct load *l, const struct yaml_node *n, struct format_options *options) {
        int r = load_keys_check(l, n, l->what, load_pairs_keys, load_pairs_keys_n);

        r = r ? r : load_signs(l, n, "between", FORMAT_SIGNS_MAX, &options->between);
        return r ? r : load_signs(l, n, "is", FORMAT_SIGNS_MAX, &options->is);
}

static int load_csv(struct load *l, const struct yaml_node *n, struct format_options *options) {
        const struct yaml_node *columns = yaml_get(n, "columns");
        struct ww_str separator = { &options->separator, 1 };
        int r = load_keys_check(l, n, l->what, load_csv_keys, load_csv_keys_n);

        r = r ? r : load_signs(l, n, "separator", 1, &separator);
        r = r ? r : load_flag(l, n, "header", &options->header);
        r = r ? r : load_flag(l, n, "list", &options->list);
        r = r || !columns ? r : load_columns(l, columns, options);
        if (!r)
                options->separator = *separator.p;
        return r;
}

static int load_options(struct load *l, const struct yaml_node *n, struct format_use *use) {
        static const struct {
                const char *help;
                int (*load)(struct load *l, const struct yaml_node *n, struct format_options *options);
        } words[] = {
                [FORMAT_NO_WORDS] = { "write its name alone", NULL },
                [FORMAT_PAIRS_WORDS] = { "write {pairs: {between: \";\"}}", load_pairs },
                [FORMAT_CSV_WORDS] = { "write {csv: {columns: [time, door]}}", load_csv },
        };

        if (!words[use->format->words].load || n->type != YAML_MAPPING)
                return diag_error(l->d, n->pos, words[use->format->words].help, "%s: format `%s` takes no such words",
                                  l->what, use->format->name);
        return words[use->format->words].load(l, n, &use->options);
}

/* The format's row by its name. */
static int load_row(struct load *l, struct diag_pos pos, struct ww_str name, const struct format **ret) {
        const char *names[FORMAT_MAX];
        int format = format_find(name);

        for (size_t i = 0; i < format_count; i++)
                names[i] = format_table[i].name;
        if (format < 0)
                return diag_error(l->d, pos, diag_suggest(name, names, format_count), "%s: no such format `%.*s`",
                                  l->what, WW_STR_ARG(name));
        *ret = &format_table[format];
        return 0;
}

static int load_use(struct load *l, const struct yaml_node *n, struct format_use *use) {
        const struct yaml_node *options = n->type == YAML_MAPPING && n->n == 1 ? n->first : NULL;
        struct ww_str name = options ? options->key : WW_STR("");
        int r = options ? 0 : yaml_string(n, "format", l->d, &name);

        use->options = format_plain;
        r = r ? r : load_row(l, options ? options->key_pos : n->pos, name, &use->format);
        r = r || !options ? r : load_options(l, options, use);
        if (!r && use->format->words == FORMAT_CSV_WORDS && !use->options.n_columns && !use->options.header)
                return diag_error(l->d, n->pos, "write {csv: {columns: [time, door]}}, or header: true",
                                  "%s: nothing names the columns", l->what);
        return r;
}

/* The number of the use among the types' own. */
static int intern(struct load *l, const struct yaml_node *n, const struct format_use *use, uint8_t *ret) {
        struct decode_types *t = l->types;
        size_t i = 0;

        while (i < t->n_formats && !format_use_equal(&t->formats[i], use))
                i++;
        if (i == FORMAT_USES_MAX)
                return diag_error(l->d, n ? n->pos : l->type->pos, "write the same options in the same way",
                                  "%s: all types together use more than %d formats", l->what, FORMAT_USES_MAX);
        if (i == t->n_formats)
                t->formats[t->n_formats++] = *use;
        *ret = (uint8_t)i;
        return 0;
}

int load_formats(struct load *l, const struct yaml_node *n, struct type_message *m) {
        struct format_use use = { .format = &format_table[0], .options = format_plain };
        int r;

        if (!n) { /* the first one of the table is the default */
                m->n_formats = 1;
                return intern(l, n, &use, &m->formats[0]);
        }
        for (const struct yaml_node *item = n->type == YAML_SEQUENCE ? n->first : n; item; item = item->next) {
                if (m->n_formats == sizeof m->formats)
                        return diag_error(l->d, item->pos, "take two messages", "%s: more than %zu formats", l->what,
                                          sizeof m->formats);
                r = load_use(l, item, &use);
                r = r ? r : intern(l, item, &use, &m->formats[m->n_formats]);
                if (r)
                        return r;
                m->n_formats++;
                if (n->type != YAML_SEQUENCE)
                        break;
        }
        return m->n_formats ? 0
                            : diag_error(l->d, n->pos, "write format: json", "%s: an empty list of formats", l->what);
}

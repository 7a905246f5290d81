/* The words of a value that take a part of it. */
#include "decode/load.h"

const struct load_key load_split_keys[] = {
        { "by", "the text between the pieces" },
        { "part", "which piece, from 0; -1 is the last one" },
};
const size_t load_split_keys_n = sizeof load_split_keys / sizeof *load_split_keys;

static int load_pattern(struct load *l, const struct yaml_node *n, struct extract *e) {
        const char *why = NULL;
        struct ww_str text;
        size_t at = 0;
        int r = yaml_string(n, "pattern", l->d, &text);

        r = r ? r : pattern_compile(l->arena, text, &e->pattern, &why, &at);
        if (r != PATTERN_E_WRONG)
                return r;
        return diag_error(l->d, n->pos, "write it as Perl does, in quotes: \"^Zone([0-9]+)$\"",
                          "%s: pattern `%.*s`, behind %zu bytes: %s", l->what, WW_STR_ARG(text), at, why);
}

static int load_split(struct load *l, const struct yaml_node *n, struct extract *e) {
        const struct yaml_node *by = yaml_get(n, "by"), *part = yaml_get(n, "part");
        int64_t number = 0;
        int r;

        if (n->type != YAML_MAPPING || !by || !part)
                return diag_error(l->d, n->pos, "write split: {by: \":\", part: 1}", "%s: split needs `by` and `part`",
                                  l->what);
        r = load_keys_check(l, n, l->what, load_split_keys, load_split_keys_n);
        r = r ? r : yaml_string(by, "by", l->d, &e->by);
        r = r ? r : yaml_integer(part, "part", -256, 255, l->d, &number);
        e->part = (int)number;
        if (!r && e->by.n == 0)
                return diag_error(l->d, by->pos, "write by: \":\"", "%s: `by` is empty", l->what);
        return r;
}

static int load_whole(struct load *l, const struct yaml_node *n, const char *word, int64_t min, int64_t max, int *ret) {
        int64_t number = 0;
        int r = yaml_integer(n, word, min, max, l->d, &number);

        *ret = (int)number;
        return r;
}

int load_extract(struct load *l, const struct yaml_node *n, const struct extract **ret) {
        const struct yaml_node *pattern = yaml_get(n, "pattern"), *split = yaml_get(n, "split"),
                               *base = yaml_get(n, "base"), *bit = yaml_get(n, "bit"), *mask = yaml_get(n, "mask");
        struct extract *e;
        int r = 0;

        if (!pattern && !split && !base && !bit && !mask)
                return 0;
        if (bit && mask)
                return diag_error(l->d, mask->pos, "leave one of them out", "%s: a bit has no mask", l->what);
        e = arena_new(l->arena, struct extract);
        if (!e)
                return -ENOMEM;
        e->bit = -1;
        if (pattern)
                r = load_pattern(l, pattern, e);
        if (!r && split)
                r = load_split(l, split, e);
        if (!r && base)
                r = load_whole(l, base, "base", 2, 36, &e->base);
        if (!r && bit)
                r = load_whole(l, bit, "bit", 0, 63, &e->bit);
        if (!r && mask)
                r = load_mask(l, mask, &e->mask);
        *ret = e;
        return r;
}

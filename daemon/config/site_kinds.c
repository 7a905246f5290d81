/*
 * Kinds of events that a site adds to the vocabulary. Its table is the built-in one with the site's own behind it, so
 * that the number of a built-in kind is the same everywhere.
 */
#include "config/site_internal.h"

#include "base/diag.h"

#define KINDS_MAX     256
#define KIND_NAME_MAX 64 /* bytes */

static const char *const natures[] = {
        [WW_NATURE_STATE] = "state",
        [WW_NATURE_PULSE] = "pulse",
        [WW_NATURE_MEASUREMENT] = "measurement",
};
#define NATURES (sizeof natures / sizeof *natures)

/* Words of a-z, 0-9, _ and -, with dots between them. */
static bool is_name(struct ww_str s) {
        char before = '.';

        for (size_t i = 0; i < s.n; i++) {
                if (s.p[i] == '.' ? before == '.'
                                  : !((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
                                      s.p[i] == '_' || s.p[i] == '-'))
                        return false;
                before = s.p[i];
        }
        return s.n && s.n <= KIND_NAME_MAX && before != '.';
}

/* A name of a kind or of one of its values: no other one has it. */
static int read_kind_name(struct site_compiler *c, const struct yaml_node *entry, const char *key, const char **ret) {
        const struct yaml_node *n = yaml_get(entry, key);
        struct ww_str name;
        enum ww_state state;
        ww_family family;
        int r;

        if (!n)
                return diag_error(c->d, entry->pos,
                                  "write {kind: bed, nature: state, active: bed.left, normal: bed.occupied}",
                                  "a kind has no `%s`", key);
        r = yaml_string(n, key, c->d, &name);
        if (r)
                return r;
        if (!is_name(name))
                return diag_error(c->d, n->pos, "a-z, 0-9, _ and -, with dots between words; at most 64 of them",
                                  "`%.*s` is no name of a kind", WW_STR_ARG(name));
        if (ww_kind_find(&c->site->kinds, name, &family, &state))
                return diag_error(c->d, n->pos,
                                  family < ww_kinds_builtin()->n
                                          ? "use that one, or another name; `wardwatch help kinds`"
                                          : "take one of the two out",
                                  "kind `%.*s` is there already", WW_STR_ARG(name));
        *ret = arena_copy(&c->site->arena, name).p;
        return *ret ? 0 : -ENOMEM;
}

static int read_nature(struct site_compiler *c, const struct yaml_node *entry, enum ww_nature *ret) {
        const struct yaml_node *n = yaml_get(entry, "nature");

        for (size_t i = 0; n && n->type == YAML_SCALAR && i < NATURES; i++)
                if (ww_str_is(n->text, natures[i])) {
                        *ret = (enum ww_nature)i;
                        return 0;
                }
        return diag_error(c->d, n ? n->pos : entry->pos,
                          n && n->type == YAML_SCALAR ? diag_suggest(n->text, natures, NATURES)
                                                      : "add `nature: state`, `pulse` or `measurement`",
                          "a kind is a state, a pulse or a measurement");
}

/* What a kind of that nature cannot have. */
static int refuse(struct site_compiler *c, const struct yaml_node *entry, enum ww_nature nature) {
        static const struct {
                const char *key;
                enum ww_nature nature;
        } rows[] = { { "active", WW_NATURE_STATE }, { "normal", WW_NATURE_STATE }, { "unit", WW_NATURE_MEASUREMENT } };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct yaml_node *n = yaml_get(entry, rows[i].key);

                if (n && rows[i].nature != nature)
                        return diag_error(c->d, n->key_pos, "leave it out, or change `nature`", "a %s has no `%s`",
                                          natures[nature], rows[i].key);
        }
        return 0;
}

static int read_values(struct site_compiler *c, const struct yaml_node *entry, struct ww_kind *kind) {
        const struct yaml_node *unit = yaml_get(entry, "unit");
        struct ww_str text;
        int r;

        kind->active = kind->family;
        if (kind->nature == WW_NATURE_STATE) {
                r = read_kind_name(c, entry, "active", &kind->active);
                r = r ? r : read_kind_name(c, entry, "normal", &kind->normal);
                if (!r && (strcmp(kind->active, kind->normal) == 0 || strcmp(kind->active, kind->family) == 0 ||
                           strcmp(kind->normal, kind->family) == 0))
                        r = diag_error(c->d, entry->pos,
                                       "write {kind: bed, nature: state, active: bed.left, normal: bed.occupied}",
                                       "the names of state `%s` and its two values are the same", kind->family);
                return r;
        }
        if (!unit)
                return 0;
        r = yaml_string(unit, "unit", c->d, &text);
        if (r)
                return r;
        kind->unit = arena_copy(&c->site->arena, text).p;
        return kind->unit ? 0 : -ENOMEM;
}

static int read_kind(struct site_compiler *c, const struct yaml_node *entry) {
        struct site *s = c->site;
        struct ww_kind kind = { .implies = WW_CLASS_GENERAL };
        struct ww_str title = WW_STR_NONE;
        int r = site_keys_check(c, entry, "kind", site_kind_keys, site_kind_keys_n);

        r = r ? r : read_nature(c, entry, &kind.nature);
        r = r ? r : read_kind_name(c, entry, "kind", &kind.family);
        r = r ? r : refuse(c, entry, kind.nature);
        r = r ? r : read_values(c, entry, &kind);
        r = r ? r : site_read_text(c, entry, "title", &title);
        if (r)
                return r;
        kind.help = title.p ? title.p : "";
        s->kind_rows[s->kinds.n++] = kind;
        return 0;
}

/* Room for all that there can be, with the built-in ones in front. */
static int begin(struct site *s) {
        const struct ww_kinds *builtin = ww_kinds_builtin();

        if (s->kind_rows)
                return 0;
        s->kind_rows = arena_array(&s->arena, struct ww_kind, builtin->n + KINDS_MAX);
        if (!s->kind_rows)
                return -ENOMEM;
        memcpy(s->kind_rows, builtin->rows, builtin->n * sizeof *s->kind_rows);
        s->kinds.rows = s->kind_rows;
        return 0;
}

int site_read_kinds(struct site_compiler *c, const struct yaml_node *list) {
        int r = begin(c->site);

        if (r)
                return r;
        if (list->type != YAML_SEQUENCE)
                return site_told(c,
                                 diag_error(c->d, list->pos, "write each kind as `- {kind: mri.quench, nature: pulse}`",
                                            "kinds must be a list"));
        yaml_each(entry, list) {
                if (c->site->kinds.n == ww_kinds_builtin()->n + KINDS_MAX)
                        return site_told(c, diag_error(c->d, entry->pos, "take those out that no sensor gives",
                                                       "a site has at most %d kinds of its own", KINDS_MAX));
                r = site_told(c, read_kind(c, entry));
                if (r)
                        return r;
        }
        return 0;
}

const struct ww_kinds *site_kinds(const struct site *s) {
        return &s->kinds;
}

#include "correlate/rule_load.h"

static const char *const event_flag_names[] = { "retained", "late", "clock_skew", "suspect", "duplicate", "initial" };
static const uint32_t event_flags[] = { WW_EVENT_RETAINED, WW_EVENT_LATE,      WW_EVENT_CLOCK_SKEW,
                                        WW_EVENT_SUSPECT,  WW_EVENT_DUPLICATE, WW_EVENT_INITIAL };
#define EVENT_FLAGS (sizeof event_flags / sizeof *event_flags)

const char *const *rule_load_flag_names(size_t *ret_n) {
        *ret_n = EVENT_FLAGS;
        return event_flag_names;
}

static int load_flags(struct loader *l, struct selection *s, const struct yaml_node *node) {
        for (const struct yaml_node *n = items(node); n; n = items_next(node, n)) {
                uint32_t flag = 0;

                for (size_t i = 0; i < EVENT_FLAGS; i++)
                        if (n->type == YAML_SCALAR && ww_str_is(n->text, event_flag_names[i]))
                                flag = event_flags[i];
                if (!flag)
                        return diag_error(l->d, n->pos, diag_suggest(n->text, event_flag_names, EVENT_FLAGS),
                                          "selection `%s`: unknown flag `%.*s`", s->alias.p, WW_STR_ARG(n->text));
                s->flags |= flag;
        }
        return 0;
}

static const char *nearest_kind(const struct ww_kinds *kinds, struct ww_str name) {
        const char *names[3 * 512];
        size_t n = 0;

        for (size_t i = 0; i < kinds->n && n + 3 <= sizeof names / sizeof *names; i++) {
                names[n++] = kinds->rows[i].family;
                names[n++] = kinds->rows[i].active;
                if (kinds->rows[i].normal)
                        names[n++] = kinds->rows[i].normal;
        }
        return diag_nearest(name, names, n);
}

static int load_kind(struct loader *l, struct selection *s, const struct yaml_node *n, struct kind_choice *k) {
        const struct ww_kinds *kinds = l->set->kinds;
        bool level;

        if (n->type != YAML_SCALAR || !ww_kind_find(kinds, n->text, &k->family, &k->state)) {
                const char *near = n->type == YAML_SCALAR ? nearest_kind(kinds, n->text) : NULL;
                const char *help = near ? arena_printf(&l->set->arena, "did you mean `%s`?", near)
                                        : "`wardwatch help kinds` lists them";

                return diag_error(l->d, n->pos, help, "selection `%s`: unknown kind `%.*s`", s->alias.p,
                                  WW_STR_ARG(n->text));
        }
        level = kinds->rows[k->family].nature == WW_NATURE_STATE;
        if (s->n_kinds && level != s->level)
                return diag_error(l->d, n->pos, "make two selections of it",
                                  "selection `%s` mixes states and pulses: `%.*s`", s->alias.p, WW_STR_ARG(n->text));
        s->level = level;
        s->n_kinds++;
        return 0;
}

static int load_kinds(struct loader *l, struct selection *s, const struct yaml_node *node) {
        struct kind_choice *kinds = arena_array(&l->set->arena, struct kind_choice, items_count(node) + 1);
        int r = 0;

        if (!kinds)
                return -ENOMEM;
        s->kinds = kinds;
        for (const struct yaml_node *n = items(node); n; n = items_next(node, n))
                r = rule_load_worse(r, load_kind(l, s, n, &kinds[s->n_kinds]));
        if (!r && !s->n_kinds)
                return diag_error(l->d, node->pos, "name a kind, such as `door.opened`",
                                  "selection `%s`: an empty list of kinds", s->alias.p);
        return r;
}

static int load_list(struct loader *l, struct selection *s, const struct yaml_node *n, uint32_t *ret) {
        struct ww_str name = { n->text.p + 1, n->text.n - 1 };
        const char *near, *help = "lists stand under `lists:` in the site's files";

        *ret = site_list_find(l->set->site, name);
        if (*ret != SITE_NONE)
                return 0;
        near = site_nearest_list(l->set->site, name);
        if (near)
                help = arena_printf(&l->set->arena, "did you mean `@%s`?", near);
        return diag_error(l->d, n->pos, help, "selection `%s`: unknown list `@%.*s`", s->alias.p, WW_STR_ARG(name));
}

static int load_equality(struct loader *l, struct selection *s, const struct yaml_node *node, struct equality *e) {
        size_t n = items_count(node);
        struct ww_value *values = arena_array(&l->set->arena, struct ww_value, n + 1);
        struct ww_str *texts = arena_array(&l->set->arena, struct ww_str, n + 1);
        struct ww_str *marks = arena_array(&l->set->arena, struct ww_str, 2 * n + 1);
        uint32_t *lists = arena_array(&l->set->arena, uint32_t, n + 1);
        int r = 0;

        if (!values || !texts || !marks || !lists)
                return -ENOMEM;
        e->values = values;
        e->marks = marks;
        e->texts = texts;
        e->lists = lists;
        e->field = rule_load_field(l, node->key, node->key_pos, &r);
        if (!e->field)
                return r;
        for (const struct yaml_node *i = items(node); i; i = items_next(node, i)) {
                if (i->type != YAML_SCALAR)
                        r = rule_load_worse(r, diag_error(l->d, i->pos, "write a word, or a list of words",
                                                          "selection `%s`: `%.*s` takes plain values", s->alias.p,
                                                          WW_STR_ARG(node->key)));
                else if (i->text.n > 1 && i->text.p[0] == '@')
                        r = rule_load_worse(r, load_list(l, s, i, &lists[e->n_lists++]));
                else {
                        texts[e->n] = marks[e->n_marks++] = i->text;
                        values[e->n] = yaml_value(i);
                        if (values[e->n++].type == WW_NUMBER)
                                marks[e->n_marks++] = ww_str(
                                        arena_printf(&l->set->arena, "#%a", values[e->n - 1].number));
                }
        }
        return r;
}

static int load_selection(struct loader *l, struct selection *s, const struct yaml_node *node) {
        struct equality *equalities;
        const struct yaml_node *kind;
        int r = 0;

        if (node->type != YAML_MAPPING)
                return diag_error(l->d, node->pos, "write `{kind: …}`", "selection `%s` is not a mapping", s->alias.p);
        equalities = arena_array(&l->set->arena, struct equality, node->n + 1);
        if (!equalities)
                return -ENOMEM;
        s->equalities = equalities;
        kind = yaml_get(node, "kind");
        if (!kind)
                return diag_error(l->d, node->pos, "add `kind: …`: rules are found by the kind of an event",
                                  "selection `%s` names no kind", s->alias.p);
        r = load_kinds(l, s, kind);
        yaml_each(n, node) {
                if (ww_str_is(n->key, "kind") || ww_str_is(n->key, "where"))
                        continue;
                if (ww_str_is(n->key, "flags") || ww_str_is(n->key, "flag"))
                        r = rule_load_worse(r, load_flags(l, s, n));
                else
                        r = rule_load_worse(r, load_equality(l, s, n, &equalities[s->n_equalities++]));
        }
        return r;
}

static int load_alias_name(struct loader *l, const struct yaml_node *n) {
        static const char *const reserved[] = {
                "not", "or", "and", "in", "matches", "true", "false", "asset", "manual"
        };

        for (size_t i = 0; i < n->key.n; i++) {
                char c = n->key.p[i];

                if (!((c >= 'a' && c <= 'z') || c == '_' || (i && c >= '0' && c <= '9')))
                        return diag_error(l->d, n->key_pos, "use small letters, digits and `_`",
                                          "`%.*s` cannot name a selection", WW_STR_ARG(n->key));
        }
        for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
                if (ww_str_is(n->key, reserved[i]))
                        return diag_error(l->d, n->key_pos, "choose another name",
                                          "`%s` is a word of the language and cannot name a selection", reserved[i]);
        return 0;
}

/* `where` comes last: it may read any other alias */
static int load_wheres(struct loader *l, const struct yaml_node *select) {
        struct selection *s = (struct selection *)l->rule->aliases;
        int r = 0;

        yaml_each(n, select) {
                const struct yaml_node *where = n->type == YAML_MAPPING ? yaml_get(n, "where") : NULL;

                if (where)
                        r = rule_load_worse(r, scope_compile_where(l, s, where));
                s++;
        }
        return r;
}

int rule_load_select(struct loader *l) {
        const struct yaml_node *select = yaml_get(l->node, "select");
        struct selection *all;
        int r = 0;

        if (!select)
                return diag_error(l->d, l->node->pos, "add `select: {alias: {kind: …}}`", "rule `%s` selects nothing",
                                  l->rule->name.p);
        if (select->type != YAML_MAPPING || !select->n)
                return diag_error(l->d, select->pos, "write `select: {alias: {kind: …}}`",
                                  "rule `%s`: `select` is not a mapping of selections", l->rule->name.p);
        if (select->n > RULE_ALIASES_MAX)
                return diag_error(l->d, select->pos, "split the rule", "rule `%s`: more than %d selections",
                                  l->rule->name.p, RULE_ALIASES_MAX);
        all = arena_array(&l->set->arena, struct selection, select->n);
        if (!all)
                return -ENOMEM;
        l->rule->aliases = all;
        yaml_each(n, select) {
                struct selection *s = &all[l->rule->n_aliases];

                s->alias = arena_copy(&l->set->arena, n->key);
                s->pos = n->key_pos;
                r = rule_load_worse(r, load_alias_name(l, n));
                r = rule_load_worse(r, load_selection(l, s, n));
                if (s->level)
                        l->rule->level_mask |= (uint16_t)(1u << l->rule->n_aliases);
                l->rule->n_aliases++;
        }
        return rule_load_worse(r, load_wheres(l, select));
}

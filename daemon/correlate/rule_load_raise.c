#include "correlate/rule_load.h"

static int load_named(struct loader *l, const struct yaml_node *raise, const char *key, struct ww_str *ret) {
        const struct yaml_node *n = yaml_get(raise, key);
        struct ww_str text;
        int r;

        if (!n)
                return 0;
        r = yaml_string(n, rule_load_what(l, key), l->d, &text);
        if (r)
                return r;
        *ret = arena_copy(&l->set->arena, text);
        return ret->p ? 0 : -ENOMEM;
}

size_t rule_load_hazards(const char *names[static WW_HAZARD_MAX_]) {
        size_t n = 0;

        for (enum ww_hazard h = WW_HAZARD_FIRE; h < WW_HAZARD_MAX_; h++)
                names[n++] = ww_hazard_name(h);
        return n;
}

size_t rule_load_priorities(const char *names[static WW_PRIORITY_CRITICAL + 1]) {
        size_t n = 0;

        for (enum ww_priority p = WW_PRIORITY_LOW; p <= WW_PRIORITY_CRITICAL; p++)
                names[n++] = ww_priority_name(p);
        return n;
}

size_t rule_load_classes(const char *names[static WW_CLASS_MAX_]) {
        size_t n = 0;

        for (enum ww_class k = WW_CLASS_GENERAL; k < WW_CLASS_MAX_; k++)
                names[n++] = ww_class_name(k);
        return n;
}

static struct ww_str text_of(const struct yaml_node *n) {
        return n->type == YAML_SCALAR ? n->text : WW_STR_NONE;
}

int rule_load_hazard(struct loader *l, const struct yaml_node *n, enum ww_hazard *ret) {
        const char *names[WW_HAZARD_MAX_];

        if (n->type == YAML_SCALAR && ww_hazard_find(n->text, ret))
                return 0;
        return diag_error(l->d, n->pos, diag_suggest(text_of(n), names, rule_load_hazards(names)),
                          "rule `%s`: unknown hazard `%.*s`", l->rule->name.p, WW_STR_ARG(text_of(n)));
}

int rule_load_priority(struct loader *l, const struct yaml_node *n, enum ww_priority *ret) {
        const char *names[WW_PRIORITY_CRITICAL + 1];

        if (n->type == YAML_SCALAR && ww_priority_find(n->text, ret))
                return 0;
        return diag_error(l->d, n->pos, diag_suggest(text_of(n), names, rule_load_priorities(names)),
                          "rule `%s`: unknown priority `%.*s`", l->rule->name.p, WW_STR_ARG(text_of(n)));
}

int rule_load_class(struct loader *l, const struct yaml_node *n, enum ww_class *ret) {
        const char *names[WW_CLASS_MAX_];

        if (n->type == YAML_SCALAR && ww_class_find(n->text, ret))
                return 0;
        return diag_error(l->d, n->pos, diag_suggest(text_of(n), names, rule_load_classes(names)),
                          "rule `%s`: unknown class `%.*s`", l->rule->name.p, WW_STR_ARG(text_of(n)));
}

static int load_hazard(struct loader *l, const struct yaml_node *raise) {
        const struct yaml_node *n = yaml_get(raise, "hazard");
        const char *names[WW_HAZARD_MAX_];

        if (!n)
                return diag_error(l->d, raise->pos, diag_suggest(WW_STR_NONE, names, rule_load_hazards(names)),
                                  "rule `%s`: `raise` names no hazard", l->rule->name.p);
        return rule_load_hazard(l, n, &l->rule->hazard);
}

static int load_priority(struct loader *l, const struct yaml_node *raise) {
        const struct yaml_node *n = yaml_get(raise, "priority");
        const char *names[WW_PRIORITY_CRITICAL + 1];

        if (!n)
                return diag_error(l->d, raise->pos, diag_suggest(WW_STR_NONE, names, rule_load_priorities(names)),
                                  "rule `%s`: `raise` names no priority", l->rule->name.p);
        return rule_load_priority(l, n, &l->rule->priority);
}

/* the class that a selected kind implies, and the kind's name */
static enum ww_class implied_class(const struct loader *l, const char **ret_kind) {
        const struct ww_kinds *kinds = l->set->kinds;

        for (size_t i = 0; i < l->rule->n_aliases; i++)
                for (size_t j = 0; j < l->rule->aliases[i].n_kinds; j++) {
                        const struct kind_choice *k = &l->rule->aliases[i].kinds[j];

                        if (kinds->rows[k->family].implies == WW_CLASS_GENERAL)
                                continue;
                        *ret_kind = ww_kind_name(kinds, k->family, k->state);
                        return kinds->rows[k->family].implies;
                }
        return WW_CLASS_GENERAL;
}

static int load_class(struct loader *l, const struct yaml_node *raise) {
        const struct yaml_node *n = yaml_get(raise, "class");
        const char *kind = NULL, *help;
        enum ww_class implied = implied_class(l, &kind);

        if (n && rule_load_class(l, n, &l->rule->klass))
                return DIAG_E_USER;
        if (implied == WW_CLASS_GENERAL || (n && l->rule->klass != WW_CLASS_GENERAL))
                return 0;
        help = arena_printf(&l->set->arena, "add `class: %s`", ww_class_name(implied));
        return diag_error(l->d, n ? n->pos : raise->pos, help,
                          "rule `%s` selects `%s`, so `raise` has to name a class that is protected from shelving",
                          l->rule->name.p, kind);
}

const double rule_weights[WW_PRIORITY_CRITICAL + 1] = {
        [WW_PRIORITY_LOW] = 10,
        [WW_PRIORITY_MEDIUM] = 30,
        [WW_PRIORITY_HIGH] = 60,
        [WW_PRIORITY_CRITICAL] = 100,
};

static int load_weight(struct loader *l, const struct yaml_node *raise) {
        const struct yaml_node *n = yaml_get(raise, "weight");
        struct ww_value v = n && n->type == YAML_SCALAR ? yaml_value(n) : ww_missing();

        if (!n)
                return 0;
        if (v.type != WW_NUMBER || !(v.number > 0 && v.number <= 1e9))
                return diag_error(l->d, n->pos, "write `weight: 50`",
                                  "rule `%s`: a weight is a number above 0, up to 1000000000", l->rule->name.p);
        l->rule->weight = v.number;
        return 0;
}

static int load_limits(struct loader *l) {
        const struct yaml_node *n = yaml_get(l->node, "limits"), *v;
        uint32_t *const targets[] = { &l->rule->limit_keys, &l->rule->limit_runs, &l->rule->limit_events };
        int r;

        l->rule->limit_keys = RULE_KEYS_DEFAULT;
        l->rule->limit_runs = RULE_RUNS_DEFAULT;
        l->rule->limit_events = RULE_EVENTS_DEFAULT;
        if (!n)
                return 0;
        r = rule_load_words(l, n, "limits", word_limits, word_limits_n);
        for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
                int64_t limit = *targets[i];

                v = n->type == YAML_MAPPING ? yaml_get(n, word_limits[i].name) : NULL;
                if (v)
                        r = rule_load_worse(
                                r, yaml_integer(v, rule_load_what(l, word_limits[i].name), 1, 10000000, l->d, &limit));
                *targets[i] = (uint32_t)limit;
        }
        return r;
}

int rule_load_raise(struct loader *l) {
        const struct yaml_node *raise = yaml_get(l->node, "raise"), *covert;
        int r;

        if (!raise)
                return diag_error(l->d, l->node->pos, "add `raise: {hazard: …, priority: …}`",
                                  "rule `%s` raises nothing", l->rule->name.p);
        if (raise->type != YAML_MAPPING)
                return diag_error(l->d, raise->pos, "write `raise: {hazard: …, priority: …}`",
                                  "rule `%s`: `raise` is not a mapping", l->rule->name.p);
        r = rule_load_words(l, raise, "raise", word_raise, word_raise_n);
        r = rule_load_worse(r, load_hazard(l, raise));
        r = rule_load_worse(r, load_priority(l, raise));
        r = rule_load_worse(r, load_class(l, raise));
        r = rule_load_worse(r, load_named(l, raise, "procedure", &l->rule->procedure));
        r = rule_load_worse(r, load_named(l, raise, "legal_basis", &l->rule->legal_basis));
        r = rule_load_worse(r, load_weight(l, raise));
        covert = yaml_get(raise, "covert");
        l->rule->covert = l->rule->klass == WW_CLASS_PANIC || l->rule->klass == WW_CLASS_DURESS;
        if (covert)
                r = rule_load_worse(r, yaml_bool(covert, rule_load_what(l, "covert"), l->d, &l->rule->covert));
        return rule_load_worse(r, load_limits(l));
}

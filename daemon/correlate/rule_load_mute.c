#include "correlate/rule_load.h"

static int load_rules(struct loader *l, const struct yaml_node *node, struct ww_mute *m) {
        size_t n = items_count(node);
        struct ww_str *names = arena_array(&l->set->arena, struct ww_str, n + 1);

        if (!names)
                return -ENOMEM;
        m->rules = names;
        for (const struct yaml_node *i = items(node); i; i = items_next(node, i)) {
                if (i->type != YAML_SCALAR)
                        return diag_error(l->d, i->pos, "write `rule: name` or `rule: [one, two]`",
                                          "rule `%s`: `mute` names no rule", l->rule->name.p);
                names[m->n_rules++] = i->text;
        }
        return 0;
}

static int load_set(struct loader *l, const struct yaml_node *node, bool classes, uint32_t *ret) {
        for (const struct yaml_node *i = items(node); i; i = items_next(node, i)) {
                enum ww_hazard hazard = 0;
                enum ww_class klass = 0;
                int r = classes ? rule_load_class(l, i, &klass) : rule_load_hazard(l, i, &hazard);

                if (r)
                        return r;
                if (classes && ww_class_protected(klass))
                        return diag_error(l->d, i->pos, "take it out", "rule `%s`: alarms of class %s are never muted",
                                          l->rule->name.p, ww_class_name(klass));
                *ret |= 1u << (classes ? (unsigned)klass : (unsigned)hazard);
        }
        return 0;
}

static int load_match(struct loader *l, const struct yaml_node *node, struct ww_mute *m) {
        const struct yaml_node *n;
        int r;

        if (!node || node->type != YAML_MAPPING || !node->n)
                return diag_error(l->d,
                                  node        ? node->pos
                                  : m->rule.p ? l->rule->mute_pos
                                              : l->rule->pos,
                                  "write `mute: {match: {rule: device-offline}, under: asset, settle: 10s}`",
                                  "rule `%s`: `mute` does not say which alarms", l->rule->name.p);
        r = rule_load_words(l, node, "match", word_match, word_match_n);
        if ((n = yaml_get(node, "rule")))
                r = rule_load_worse(r, load_rules(l, n, m));
        if ((n = yaml_get(node, "hazard")))
                r = rule_load_worse(r, load_set(l, n, false, &m->hazards));
        if ((n = yaml_get(node, "class")))
                r = rule_load_worse(r, load_set(l, n, true, &m->classes));
        return r;
}

int rule_load_mute(struct loader *l) {
        const struct yaml_node *node = yaml_get(l->node, "mute"), *under, *settle;
        struct ww_mute *m;
        int r;

        if (!node)
                return 0;
        m = arena_new(&l->set->arena, struct ww_mute);
        if (!m)
                return -ENOMEM;
        m->rule = l->rule->name;
        l->rule->mute = m;
        l->rule->mute_pos = node->key_pos;
        r = rule_load_words(l, node, "mute", word_mute, word_mute_n);
        r = rule_load_worse(r, load_match(l, yaml_get(node, "match"), m));
        under = yaml_get(node, "under");
        m->under = under != NULL;
        if (under && (under->type != YAML_SCALAR || !ww_str_is(under->text, "asset")))
                r = rule_load_worse(r, diag_error(l->d, under->pos, "write `under: asset`, or take it out",
                                                  "rule `%s`: `under` follows the asset tree", l->rule->name.p));
        settle = yaml_get(node, "settle");
        if (settle)
                r = rule_load_worse(r, yaml_span(settle, rule_load_what(l, "settle"), 0, WW_DAY, l->d, &m->settle));
        return r;
}

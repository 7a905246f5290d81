/* Advice on what selections and keys list: the same twice, and what the site does not know. */
#include "correlate/rule_load.h"
#include "correlate/rules_advise.h"

#include <stdio.h>

/* Scalars of a list that stand in it before. */
static void advise_twice(const struct yaml_node *list, struct diag *d) {
        if (!list || list->type != YAML_SEQUENCE)
                return;
        yaml_each(item, list)
                for (const struct yaml_node *other = list->first; other != item; other = other->next)
                        if (item->type == YAML_SCALAR && other->type == YAML_SCALAR &&
                            ww_str_equal(item->text, other->text)) {
                                diag_warning(d, item->pos, "take one of them out", "`%.*s` is listed twice",
                                             WW_STR_ARG(item->text));
                                break;
                        }
}

static void advise_unknown(const struct rule *rule, const struct yaml_node *n, const char *what, const char *near,
                           struct diag *d) {
        char help[160] = "define it in one of the site's files";

        if (near)
                (void)snprintf(help, sizeof help, "did you mean `%s`?", near);
        diag_warning(d, n->pos, help, "rule `%s`: the site has no %s `%.*s`", rule->name.p, what, WW_STR_ARG(n->text));
}

static void advise_zones(const struct site *site, const struct rule *rule, const struct yaml_node *values,
                         struct diag *d) {
        for (const struct yaml_node *n = items(values); site_zone_count(site) && n; n = items_next(values, n))
                if (n->text.p[0] != '@' && site_zone_find(site, n->text) == SITE_NONE)
                        advise_unknown(rule, n, "zone", diag_has_room(d) ? site_nearest_zone(site, n->text) : NULL, d);
}

static void advise_assets(const struct site *site, const struct rule *rule, const struct yaml_node *values,
                          struct diag *d) {
        for (const struct yaml_node *n = items(values); site_asset_count(site) && n; n = items_next(values, n))
                if (n->text.p[0] != '@' && site_asset_find(site, n->text) == SITE_NONE)
                        advise_unknown(rule, n, "asset", diag_has_room(d) ? site_nearest_asset(site, n->text) : NULL,
                                       d);
}

static void advise_selection(const struct correlate_rules *set, const struct rule *rule, const struct selection *s,
                             struct diag *d) {
        const struct yaml_node *node = rules_advise_node(rule, "select", s->alias.p);

        yaml_each(n, node)
                advise_twice(n, d);
        for (size_t i = 0; i < s->n_equalities; i++) {
                const struct field *f = s->equalities[i].field;
                const struct yaml_node *values = yaml_get(node, f->name.p);

                if (!values)
                        continue;
                if (f->source == FIELD_ZONE || f->source == FIELD_ZONE_TYPE)
                        advise_zones(set->site, rule, values, d);
                if (f->source == FIELD_ASSET)
                        advise_assets(set->site, rule, values, d);
        }
}

void rules_advise_values(const struct correlate_rules *set, const struct rule *rule, struct diag *d) {
        advise_twice(yaml_get(rule->node, "by"), d);
        advise_twice(rules_advise_node(rule, "mute", "match")
                             ? yaml_get(rules_advise_node(rule, "mute", "match"), "rule")
                             : NULL,
                     d);
        for (size_t i = 0; i < rule->n_aliases; i++)
                advise_selection(set, rule, &rule->aliases[i], d);
}

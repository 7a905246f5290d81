#include "correlate/rule_load.h"

/* "assets(door)" → "door" */
static bool parse_assets(struct ww_str text, struct ww_str *ret) {
        static const char head[] = "assets(";
        size_t n = sizeof head - 1;

        if (text.n <= n || memcmp(text.p, head, n) != 0 || text.p[text.n - 1] != ')')
                return false;
        *ret = (struct ww_str){ text.p + n, text.n - n - 1 };
        return true;
}

static int asset_compare(const void *a, const void *b, void *site) {
        return ww_str_compare(site_asset(site, *(const uint32_t *)a)->id, site_asset(site, *(const uint32_t *)b)->id);
}

int rule_load_each(struct loader *l, const struct yaml_node *n) {
        struct site *site = (struct site *)l->set->site;
        struct rule *r = l->rule;
        struct ww_str class_name;
        uint32_t *assets;

        r->each = true;
        if (n->type != YAML_SCALAR || !parse_assets(n->text, &class_name))
                return diag_error(l->d, n->pos, "write `each: assets(class)`", "rule `%s`: `each` names no assets",
                                  r->name.p);
        if (class_name.n && !site_class_known(site, class_name)) {
                const char *near = site_nearest_class(site, class_name);
                const char *help = near ? arena_printf(&l->set->arena, "did you mean `assets(%s)`?", near)
                                        : "classes stand at the assets of the site's files";

                diag_warning(l->d, n->pos, help, "rule `%s`: no asset of class `%.*s`", r->name.p,
                             WW_STR_ARG(class_name));
        }
        assets = arena_array(&l->set->arena, uint32_t, site_asset_count(site) + 1);
        if (!assets)
                return -ENOMEM;
        for (uint32_t i = 0; i < site_asset_count(site); i++)
                if (!class_name.n || ww_str_equal(site_asset(site, i)->class_name, class_name))
                        assets[r->n_assets++] = i;
        qsort_r(assets, r->n_assets, sizeof *assets, asset_compare, site);
        r->assets = assets;
        return 0;
}

static int load_after(struct loader *l, const struct yaml_node *n) {
        if (n->type != YAML_SCALAR)
                return diag_error(l->d, n->pos, "write `after: alias`", "rule `%s`: `after` must be one text",
                                  l->rule->name.p);
        if (n->text.n > 10 && memcmp(n->text.p, "schedule(", 9) == 0 && n->text.p[n->text.n - 1] == ')')
                return scope_site_name(l, 0, (struct ww_str){ n->text.p + 9, n->text.n - 10 }, n->pos,
                                       &l->rule->after_schedule);
        return rule_load_alias_mask(l, n->text, n->pos, &l->rule->after_mask);
}

static int load_expected(struct loader *l, const struct yaml_node *n) {
        int r;

        if (n->type != YAML_SCALAR)
                return diag_error(l->d, n->pos, "write `expect: alias`", "rule `%s`: `expect` must be one text",
                                  l->rule->name.p);
        r = rule_load_alias_mask(l, n->text, n->pos, &l->rule->expect_mask);
        if (!r && (l->rule->expect_mask & l->rule->after_mask))
                return diag_error(
                        l->d, n->pos,
                        "take `after` out and write `each: assets(class)`: each event is awaited from the one before",
                        "rule `%s`: what starts the clock cannot be what is expected", l->rule->name.p);
        return r;
}

int rule_load_expect(struct loader *l) {
        const struct yaml_node *expect = yaml_get(l->node, "expect"), *span = yaml_get(l->node, "for");
        const struct yaml_node *each = yaml_get(l->node, "each"), *after = yaml_get(l->node, "after");
        struct rule *rule = l->rule;
        int r = 0;

        rule->condition = CONDITION_EXPECT;
        if (!span)
                return diag_error(l->d, expect->key_pos, "add `for: 15m`", "rule `%s`: `expect` needs `for`",
                                  rule->name.p);
        if (!each && !after)
                return diag_error(l->d, expect->key_pos,
                                  "add `each: assets(class)`, or `after: alias` for the event that starts the clock",
                                  "rule `%s`: `expect` needs `each` or `after`", rule->name.p);
        if (each)
                r = rule_load_worse(r, rule_load_each(l, each));
        if (after)
                r = rule_load_worse(r, load_after(l, after));
        if (!r && each && after && rule->after_mask)
                return diag_error(l->d, after->pos, "take `each` out and write `by: asset`",
                                  "rule `%s`: an event starts the clock of its own key", rule->name.p);
        if (!r && !each && after && rule->after_schedule != SITE_NONE && rule->n_key)
                return diag_error(l->d, after->pos, "add `each: assets(class)`, or take `by` out",
                                  "rule `%s`: a schedule starts the clock of all keys, and which they are is not known",
                                  rule->name.p);
        r = rule_load_worse(r, load_expected(l, expect));
        r = rule_load_worse(r, rule_load_span(l, span, "for", &rule->span_for));
        rule->condition_mask = rule->expect_mask | rule->after_mask;
        return r;
}

#include "correlate/coverage.h"
#include "correlate/state.h"

static size_t rows(const struct yaml_node *example, const char *key) {
        const struct yaml_node *list = example->type == YAML_MAPPING ? yaml_get(example, key) : NULL;

        return list && list->type == YAML_SEQUENCE ? list->n : 0;
}

void correlate_coverage_rule(const struct correlate_rules *set, size_t rule, struct correlate_coverage *ret) {
        const struct rule *r = &set->rules[rule];

        *ret = (struct correlate_coverage){ .rule = r->name, .file = r->pos.file, .line = r->pos.line };
        if (!r->examples || r->examples->type != YAML_SEQUENCE)
                return;
        yaml_each(example, r->examples) {
                bool fires = rows(example, "alarms") > 0;

                ret->examples++;
                ret->firing += fires;
                ret->near_misses += !fires && rows(example, "given") > 0;
        }
}

static bool selects(const struct rule *r, ww_family family) {
        for (size_t i = 0; i < r->n_aliases; i++)
                for (size_t k = 0; k < r->aliases[i].n_kinds; k++)
                        if (r->aliases[i].kinds[k].family == family)
                                return true;
        return false;
}

size_t correlate_coverage_kind(const struct correlate_rules *set, ww_family family) {
        size_t n = 0;

        for (size_t i = 0; i < set->n; i++)
                n += selects(&set->rules[i], family);
        return n;
}

const struct ww_kinds *correlate_coverage_kinds(const struct correlate_rules *set) {
        return set->kinds;
}

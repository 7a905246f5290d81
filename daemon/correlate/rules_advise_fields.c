/*
 * Advice on fields: a key, or a value beside `kind`, that the sensor types do not give with the kinds that are
 * selected. An event without its key is skipped by the rule, silently but for a count; a value that nobody gives never
 * matches. Only attributes, `value` and `unit` can be judged: what assets and zones say is the site's.
 */
#include "correlate/rules_advise.h"

static bool judged(const struct correlate_rules *set, const struct field *f) {
        if (f->source == FIELD_VALUE || f->source == FIELD_UNIT)
                return true;
        return f->source == FIELD_NAMED && !f->class_name && !site_asset_field_known(set->site, f->name);
}

/* the worst of the selection's kinds */
static enum decode_gives gives(const struct correlate_rules *set, const struct decode_types *types,
                               const struct selection *s, const struct field *f, struct decode_giver *ret,
                               const char **ret_kind) {
        enum decode_gives worst = DECODE_GIVES_ALL;
        bool known = false;

        for (size_t i = 0; i < s->n_kinds; i++) {
                struct decode_giver giver = { 0 };
                enum decode_gives g = decode_types_gives(types, s->kinds[i].family, f->name, &giver);

                known = known || g != DECODE_GIVES_NO_KIND;
                if (g == DECODE_GIVES_NO_KIND || g >= worst)
                        continue;
                worst = g;
                *ret = giver;
                *ret_kind = ww_kind_name(set->kinds, s->kinds[i].family, s->kinds[i].state);
        }
        return known ? worst : DECODE_GIVES_NO_KIND;
}

static struct diag_pos key_pos(const struct rule *rule, size_t part, const struct selection *s) {
        const struct yaml_node *n = yaml_get(rule->node, "by");

        if (n && n->type == YAML_SEQUENCE) {
                n = n->first;
                for (size_t i = 0; n && i < part; i++)
                        n = n->next;
        }
        if (n && n->type == YAML_MAPPING)
                n = yaml_get(n, s->alias.p);
        return rules_advise_pos(rule, n);
}

static void advise_key(const struct correlate_rules *set, const struct decode_types *types, const struct rule *rule,
                       const struct selection *s, size_t part, struct diag *d) {
        const struct field *f = s->key[part];
        struct decode_giver giver = { 0 };
        const char *kind = NULL;
        enum decode_gives g = gives(set, types, s, f, &giver, &kind);

        if (g == DECODE_GIVES_NONE)
                diag_warning(d, key_pos(rule, part, s),
                             "name a field that these events have, for each selection: `by: {a: f, b: g}`",
                             "rule `%s`: no sensor type gives `%s` with `%s`: `%s` has no key and is skipped",
                             rule->name.p, f->name.p, kind, s->alias.p);
        if (g == DECODE_GIVES_SOME)
                diag_warning(
                        d, key_pos(rule, part, s), "let that message give it under `attributes`",
                        "rule `%s`: message `%.*s` of sensor `%.*s` gives `%s` without `%s`: it has no key here and "
                        "is skipped",
                        rule->name.p, WW_STR_ARG(giver.message), WW_STR_ARG(giver.type), kind, f->name.p);
}

static void advise_equality(const struct correlate_rules *set, const struct decode_types *types,
                            const struct rule *rule, const struct selection *s, const struct field *f, struct diag *d) {
        const struct yaml_node *n = yaml_get(rules_advise_node(rule, "select", s->alias.p), f->name.p);
        struct decode_giver giver = { 0 };
        const char *kind = NULL;

        if (gives(set, types, s, f, &giver, &kind) == DECODE_GIVES_NONE)
                diag_warning(d, n ? n->key_pos : s->pos,
                             "take it out, or let the sensor type give it under `attributes`",
                             "rule `%s`: no sensor type gives `%s` with `%s`, so `%s` never matches", rule->name.p,
                             f->name.p, kind, s->alias.p);
}

static void advise_aggregate(const struct correlate_rules *set, const struct decode_types *types,
                             const struct rule *rule, const struct tally *tally, struct diag *d) {
        const struct selection *s = &rule->aliases[tally->alias];
        const struct field *f = tally->capture == CAPTURE_NONE ? NULL : rule->captures[tally->capture].field;
        struct decode_giver giver = { 0 };
        const char *kind = NULL;

        if (!f || !judged(set, f) || gives(set, types, s, f, &giver, &kind) != DECODE_GIVES_NONE)
                return;
        diag_warning(d, rules_advise_pos(rule, yaml_get(rule->node, "when")),
                     "read a field that these events have, or let the sensor type give it under `attributes`",
                     "rule `%s`: no sensor type gives `%s` with `%s`, so `%s.%s` is always missing", rule->name.p,
                     f->name.p, kind, s->alias.p, f->name.p);
}

void rules_advise_fields(const struct correlate_rules *set, const struct decode_types *types, const struct rule *rule,
                         struct diag *d) {
        for (size_t i = 0; i < rule->n_aliases; i++) {
                const struct selection *s = &rule->aliases[i];

                for (size_t part = 0; part < rule->n_key; part++)
                        if (s->key[part] && judged(set, s->key[part]))
                                advise_key(set, types, rule, s, part, d);
                for (size_t j = 0; j < s->n_equalities; j++)
                        if (judged(set, s->equalities[j].field))
                                advise_equality(set, types, rule, s, s->equalities[j].field, d);
        }
        for (size_t i = 0; i < rule->n_tallies; i++)
                advise_aggregate(set, types, rule, &rule->tallies[i], d);
}

/* Advice on a whole rule set. One rule by itself: what never holds, and what changes nothing. */
#include "correlate/rules_advise.h"
#include "base/span.h"
#include "correlate/rule_load.h"

const struct yaml_node *rules_advise_node(const struct rule *rule, const char *word, const char *below) {
        const struct yaml_node *n = yaml_get(rule->node, word);

        return n && below ? yaml_get(n, below) : n;
}

struct diag_pos rules_advise_pos(const struct rule *rule, const struct yaml_node *n) {
        return n ? n->pos : rule->pos;
}

/* ---- what never holds ---- */

struct advice {
        const struct correlate_rules *set;
        const struct decode_types *types;
        struct diag *d;
};

static struct diag_pos part_pos(const struct yaml_node *n, const struct expr *part, struct diag_pos otherwise) {
        return n && n->type == YAML_SCALAR ? expr_place(part, n->text, rule_load_text_pos(n), n->source) : otherwise;
}

static void advise_never(const struct advice *a, const struct rule *rule, const struct expr *e,
                         const struct yaml_node *n, const char *what) {
        struct rule_never never;

        if (rule_never(a->set, a->types, rule, NULL, e, &never))
                diag_warning(a->d, part_pos(n, never.part, rule->pos), never.cure, "rule `%s`: %s: %s", rule->name.p,
                             what, never.why);
}

static void advise_selections(const struct advice *a, const struct rule *rule) {
        for (size_t i = 0; i < rule->n_aliases; i++) {
                const struct selection *s = &rule->aliases[i];
                const struct yaml_node *n = yaml_get(rules_advise_node(rule, "select", s->alias.p), "where");
                struct rule_never never;

                if (rule_never(a->set, a->types, rule, s, s->where, &never))
                        diag_warning(a->d, part_pos(n, never.part, s->pos), never.cure,
                                     "rule `%s`: selection `%s` never matches: %s", rule->name.p, s->alias.p,
                                     never.why);
        }
}

static void advise_grades(const struct advice *a, const struct rule *rule) {
        const struct yaml_node *list = yaml_get(rule->node, "regrade");
        size_t i = 0;

        yaml_each(row, list) {
                const struct yaml_node *n = yaml_get(row, "if");

                if (n && i < rule->n_grades)
                        advise_never(a, rule, rule->grades[i++].when, n, "this row of `regrade` never holds");
        }
}

/* ---- spans that change nothing ---- */

static void advise_gap(const struct rule *rule, struct diag *d) {
        if (!rule->gap || !rule->within || rule->gap < rule->within)
                return;
        diag_warning(d, rules_advise_pos(rule, yaml_get(rule->node, "gap")),
                     "shorten `gap`, or take it out and keep `within`",
                     "rule `%s`: `gap` bounds nothing: all of it lasts less than `within` anyway", rule->name.p);
}

static void advise_sequence(const struct rule *rule, struct diag *d) {
        if (rule->condition != CONDITION_SEQUENCE || rule->sequence.n <= rule->limit_events)
                return;
        diag_warning(d, rules_advise_pos(rule, yaml_get(rule->node, "sequence")), "raise `limits: {events: …}`",
                     "rule `%s`: it is never raised: the sequence takes %u events, and one key remembers %u",
                     rule->name.p, rule->sequence.n, rule->limit_events);
}

/* `3 a` of one device, which says so less often than `within` wants it */
static void advise_within(const struct decode_types *types, const struct rule *rule, struct diag *d) {
        for (size_t i = 0; rule->condition == CONDITION_SEQUENCE && i < rule->n_aliases; i++) {
                int64_t repeat = rule_never_repeat(types, rule, &rule->aliases[i]);
                char span[32];
                int64_t n = 0;

                for (unsigned k = 0; k < rule->sequence.n; k++)
                        n += rule->sequence.part[k] == 1u << i;
                if (!repeat || n < 2 || (n - 1) * repeat < rule->within)
                        continue;
                span_format(repeat, span);
                diag_warning(d, rules_advise_pos(rule, yaml_get(rule->node, "within")),
                             "lengthen `within`, or shorten the type's `repeat_within`",
                             "rule `%s`: it is never raised: the steps take `%s` %d times, and by its sensor type a "
                             "device says so once in %s",
                             rule->name.p, rule->aliases[i].alias.p, (int)n, span);
        }
}

static bool span_given(const struct correlate_rules *set, const struct rule_span *span, uint32_t asset) {
        return site_asset_field(set->site, asset, span->field->tail).type == WW_SPAN;
}

#define CLASSES_MAX 256 /* that are told apart here */

/* classes of which some asset has the span */
struct watched {
        struct ww_str classes[CLASSES_MAX];
        size_t n;
};

static bool is_watched(const struct watched *w, struct ww_str class_name) {
        for (size_t i = 0; i < w->n; i++)
                if (ww_str_equal(w->classes[i], class_name))
                        return true;
        return false;
}

static void find_watched(const struct correlate_rules *set, const struct rule *rule, struct watched *ret) {
        ret->n = 0;
        for (size_t i = 0; i < rule->n_assets && ret->n < CLASSES_MAX; i++) {
                struct ww_str class_name = site_asset(set->site, rule->assets[i])->class_name;

                if (span_given(set, &rule->span_for, rule->assets[i]) && !is_watched(ret, class_name))
                        ret->classes[ret->n++] = class_name;
        }
}

/* `assets()` are all of the site: badges, too, of which nothing is expected. There an asset is forgotten that has no
 * span while others of its class have one. */
static bool is_forgotten(const struct correlate_rules *set, const struct rule *rule, const struct watched *watched,
                         uint32_t asset) {
        if (span_given(set, &rule->span_for, asset))
                return false;
        return rule->n_assets < site_asset_count(set->site) ||
               is_watched(watched, site_asset(set->site, asset)->class_name);
}

/* An asset without the span is never missed. One is named; the others are like it. */
static void advise_supervision(const struct correlate_rules *set, const struct rule *rule, struct diag *d) {
        struct watched watched;
        const char *first = NULL;
        size_t n = 0;

        if (!rule->each || !rule->span_for.field)
                return;
        find_watched(set, rule, &watched);
        for (size_t i = 0; i < rule->n_assets; i++)
                if (is_forgotten(set, rule, &watched, rule->assets[i])) {
                        first = first ? first : site_asset(set->site, rule->assets[i])->id.p;
                        n++;
                }
        if (n)
                diag_warning(d, rules_advise_pos(rule, yaml_get(rule->node, "for")),
                             "give the asset that field, a span such as 2h",
                             "rule `%s`: %zu of %zu assets have no `%s`, so that nothing is expected of them; one is "
                             "`%s`",
                             rule->name.p, n, rule->n_assets, rule->span_for.field->tail.p, first);
}

/* ---- mutes ---- */

static void advise_mute(const struct rule *rule, struct diag *d) {
        const struct ww_mute *m = rule->mute;

        if (!m || m->under || m->n_rules || (m->hazards && !(m->hazards & (1u << WW_HAZARD_SYSTEM))) ||
            (m->classes && !(m->classes & (1u << WW_CLASS_GENERAL))))
                return;
        diag_warning(d, rule->mute_pos, "name the rules in `match`, or add `under: asset`",
                     "rule `%s` mutes the system's own alarms, too: broker lost, journal full, database lost",
                     rule->name.p);
}

/* conditions that never hold, and words that change nothing */
static void advise_reach(const struct correlate_rules *set, const struct decode_types *types, const struct rule *rule,
                         struct diag *d) {
        const struct advice a = { set, types, d };

        advise_selections(&a, rule);
        advise_never(&a, rule, rule->when, yaml_get(rule->node, "when"), "it is never raised");
        advise_never(&a, rule, rule->guard, yaml_get(rule->node, "while"), "it is never raised");
        advise_never(&a, rule, rule->clear_expr, yaml_get(rule->node, "clear"), "it never clears");
        advise_grades(&a, rule);
        advise_sequence(rule, d);
        advise_within(types, rule, d);
        advise_gap(rule, d);
        advise_supervision(set, rule, d);
        advise_mute(rule, d);
}

void correlate_rules_advise(const struct correlate_rules *set, const struct decode_types *types, struct diag *d) {
        for (size_t i = 0; i < set->n; i++) {
                advise_reach(set, types, &set->rules[i], d);
                rules_advise_values(set, &set->rules[i], d);
                if (types)
                        rules_advise_fields(set, types, &set->rules[i], d);
        }
        rules_advise_shadows(set, d);
}

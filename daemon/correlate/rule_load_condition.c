#include "correlate/rule_load.h"

int rule_load_span(struct loader *l, const struct yaml_node *n, const char *word, struct rule_span *ret) {
        static const char head[] = "asset.";
        int r = 0;

        if (n->type == YAML_SCALAR && n->text.n > 6 && memcmp(n->text.p, head, 6) == 0) {
                ret->field = rule_load_field(l, n->text, n->pos, &r);
                return ret->field ? 0 : r;
        }
        return yaml_span(n, rule_load_what(l, word), 1, RULE_SPAN_MAX, l->d, &ret->usec);
}

static int load_fixed_span(struct loader *l, const char *word, int64_t *ret) {
        const struct yaml_node *n = yaml_get(l->node, word);

        return n ? yaml_span(n, rule_load_what(l, word), 1, RULE_SPAN_MAX, l->d, ret) : 0;
}

struct masks {
        const struct rule *rule;
        uint16_t aliases, aggregated;
};

static void visit_alias(void *userdata, struct expr_ref ref, bool is_call) {
        struct masks *m = userdata;

        if (ref.slot == SLOT_ALIAS)
                m->aliases |= (uint16_t)(1u << ref.sub);
        else if (ref.slot == SLOT_AGGREGATE)
                m->aggregated |= (uint16_t)(1u << m->rule->tallies[m->rule->aggregates[ref.sub].tally].alias);
}

static int load_when(struct loader *l, const struct yaml_node *node) {
        struct rule *rule = l->rule;
        struct masks m = { .rule = rule };
        int r;

        rule->condition = CONDITION_WHEN;
        rule->instant = rule->window != WINDOW_SLIDING;
        r = scope_compile_when(l, node, &rule->when);
        if (r)
                return r;
        if (!rule->n_aggregates)
                return diag_error(l->d, node->pos, "write `count(a) >= 3`", "rule `%s`: `when` counts nothing",
                                  rule->name.p);
        expr_each_ref(rule->when, visit_alias, &m);
        rule->condition_mask = m.aggregated;
        rule->positive = scope_positive(rule, rule->when);
        return 0;
}

/* a rule without a condition has its selections as its condition, save those that only `clear` reads */
static int load_plain(struct loader *l) {
        struct rule *rule = l->rule;
        uint16_t all = (uint16_t)((1u << rule->n_aliases) - 1);
        struct masks m = { .rule = rule };

        if (rule->clear_expr)
                expr_each_ref(rule->clear_expr, visit_alias, &m);
        rule->condition_mask = all & (uint16_t) ~(m.aliases | m.aggregated | rule->guard_mask);
        if (l->misspelt)
                return 0;
        if (!rule->condition_mask)
                return diag_error(l->d, rule->pos, "add a selection that raises", "rule `%s`: nothing raises it",
                                  rule->name.p);
        rule->instant = !(rule->condition_mask & rule->level_mask);
        if (!rule->instant && (rule->condition_mask & ~rule->level_mask))
                return diag_error(l->d, rule->pos, "make two rules of it, or count them with `when`",
                                  "rule `%s`: its selections mix states and pulses", rule->name.p);
        rule->condition = rule->instant ? CONDITION_INSTANT : CONDITION_LEVEL;
        rule->positive = true;
        return 0;
}

static int load_clear_mapping(struct loader *l, const struct yaml_node *n) {
        const struct yaml_node *quiet = yaml_get(n, "quiet");
        int r = rule_load_words(l, n, "clear", word_clear, word_clear_n);

        l->rule->clear = CLEAR_QUIET;
        if (!quiet && r)
                return r;
        if (!quiet)
                return rule_load_worse(r, diag_error(l->d, n->pos, "write `clear: {quiet: 10m}`",
                                                     "rule `%s`: `clear` names no `quiet`", l->rule->name.p));
        return rule_load_worse(r, rule_load_span(l, quiet, "quiet", &l->rule->quiet));
}

static int load_clear(struct loader *l) {
        const struct yaml_node *n = yaml_get(l->node, "clear");

        if (!n)
                return 0;
        if (n->type == YAML_MAPPING)
                return load_clear_mapping(l, n);
        if (n->type == YAML_SCALAR && ww_str_is(n->text, "manual")) {
                l->rule->clear = CLEAR_MANUAL;
                return 0;
        }
        l->rule->clear = CLEAR_EXPR;
        return scope_compile_clear(l, n, &l->rule->clear_expr);
}

static int load_grade(struct loader *l, const struct yaml_node *n) {
        const struct yaml_node *when, *after, *priority;
        struct rule *rule = l->rule;
        enum ww_priority value = WW_PRIORITY_LOW;
        int r;

        when = n->type == YAML_MAPPING ? yaml_get(n, "if") : NULL;
        after = n->type == YAML_MAPPING ? yaml_get(n, "after") : NULL;
        priority = n->type == YAML_MAPPING ? yaml_get(n, "priority") : NULL;
        if (!when == !after || !priority)
                return diag_error(
                        l->d, n->pos,
                        "write `{if: count(a) >= 10, priority: critical}`, or `{after: 2m, priority: high}` for "
                        "a time unacknowledged",
                        "rule `%s`: a row of `regrade` needs `if` or `after`, and `priority`", rule->name.p);
        r = rule_load_words(l, n, "regrade", word_regrade, word_regrade_n);
        r = rule_load_worse(r, rule_load_priority(l, priority, &value));
        if (when) {
                struct rule_grade *g = &rule->grades[rule->n_grades++];

                g->priority = value;
                return rule_load_worse(r, scope_compile_when(l, when, &g->when));
        }
        rule->after[rule->n_after].priority = value;
        return rule_load_worse(r, yaml_span(after, rule_load_what(l, "after"), WW_SECOND, RULE_SPAN_MAX, l->d,
                                            &rule->after[rule->n_after++].after));
}

static int load_regrade(struct loader *l) {
        const struct yaml_node *list = yaml_get(l->node, "regrade");
        int r = 0;

        if (!list)
                return 0;
        if (list->type != YAML_SEQUENCE || list->n > RULE_GRADES_MAX)
                return diag_error(l->d, list->pos, "write `regrade: [{if: …, priority: …}]`",
                                  "rule `%s`: `regrade` takes a list of at most %d rows", l->rule->name.p,
                                  RULE_GRADES_MAX);
        yaml_each(n, list)
                r = rule_load_worse(r, load_grade(l, n));
        return r;
}

static int check_used(struct loader *l) {
        struct rule *rule = l->rule;
        struct masks m = { .rule = rule };
        int r = 0;

        for (size_t i = 0; i < rule->n_grades; i++)
                if (rule->grades[i].when)
                        expr_each_ref(rule->grades[i].when, visit_alias, &m);
        if (rule->clear_expr)
                expr_each_ref(rule->clear_expr, visit_alias, &m);
        rule->clear_mask = (m.aliases | m.aggregated) & (uint16_t)~rule->condition_mask;
        for (size_t i = 0; i < rule->n_aliases; i++)
                if (!((rule->condition_mask | rule->clear_mask | rule->guard_mask) & (1u << i)))
                        r = rule_load_worse(r, diag_error(l->d, rule->aliases[i].pos, "use it, or take it out",
                                                          "rule `%s`: selection `%s` is never used", rule->name.p,
                                                          rule->aliases[i].alias.p));
        return r;
}

/* words that go with only some conditions */
static int check_words(struct loader *l) {
        static const struct {
                const char *word, *needs, *other, *help;
        } rows[] = {
                { "gap", "sequence", "when", "add `when: count(a) >= 3` for a session, or a `sequence`" },
                { "for", "expect", NULL, "a level that lasts is `hold`" },
                { "each", "expect", "every", "add `expect: alias`, or `every: 1d` with `when`" },
                { "after", "expect", NULL, "add `expect: alias`" },
                { "every", "when", NULL, "add `when: count(a) >= 3`" },
        };
        int r = 0;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct yaml_node *n = yaml_get(l->node, rows[i].word);

                if (n && !yaml_get(l->node, rows[i].needs) && !(rows[i].other && yaml_get(l->node, rows[i].other)))
                        r = diag_error(l->d, n->key_pos, rows[i].help, "rule `%s`: `%s` goes with `%s`%s%s%s only",
                                       l->rule->name.p, rows[i].word, rows[i].needs, rows[i].other ? " or `" : "",
                                       rows[i].other ? rows[i].other : "", rows[i].other ? "`" : "");
        }
        return r;
}

static int check_shape(struct loader *l) {
        static const char *const words[] = { "when", "sequence", "expect" };
        const struct yaml_node *first = NULL, *hold = yaml_get(l->node, "hold"), *within;

        for (size_t i = 0; i < 3; i++) {
                const struct yaml_node *n = yaml_get(l->node, words[i]);

                if (n && first)
                        return diag_error(l->d, n->key_pos, "make two rules of it",
                                          "rule `%s` has two conditions: `%.*s` and `%s`", l->rule->name.p,
                                          WW_STR_ARG(first->key), words[i]);
                first = first ? first : n;
        }
        within = yaml_get(l->node, "within");
        if (within && (!first || ww_str_is(first->key, "expect")) && !l->rule->n_aggregates)
                return diag_error(l->d, within->key_pos, "add `when: count(a) >= 3`, or take it out",
                                  "rule `%s`: nothing uses `within`", l->rule->name.p);
        if (hold && l->rule->instant)
                return diag_error(l->d, hold->key_pos, "a pulse cannot last; use a state kind or `when` over `within`",
                                  "rule `%s`: `hold` is for levels only", l->rule->name.p);
        if (hold && l->rule->condition == CONDITION_EXPECT)
                return diag_error(l->d, hold->key_pos, "lengthen `for`",
                                  "rule `%s`: `hold` does not go with `expect`, which waits by `for`", l->rule->name.p);
        if (first && ww_str_is(first->key, "sequence") && !l->rule->within)
                return diag_error(l->d, first->key_pos, "add `within: 60s`",
                                  "rule `%s`: a sequence without `within` would remember for ever", l->rule->name.p);
        return 0;
}

/* a score falls by itself; all else needs a window */
static bool counts(const struct rule *rule) {
        for (size_t i = 0; i < rule->n_tallies; i++)
                if (rule->tallies[i].kind != TALLY_SCORE)
                        return true;
        return false;
}

/* what goes with some conditions only */
static int check_condition(struct loader *l) {
        const struct yaml_node *when = yaml_get(l->node, "when");
        const struct rule *rule = l->rule;
        int r = 0;

        if (rule->n_aggregates && rule->condition == CONDITION_EXPECT)
                r = diag_error(l->d, rule->pos, "make two rules of it", "rule `%s`: nothing is counted with `expect`",
                               rule->name.p);
        if (counts(rule) && !rule->within && !rule->every)
                r = when ? diag_error(l->d, when->key_pos, "add `within: 5m`",
                                      "rule `%s`: `when` counts in a window, and there is none", rule->name.p)
                         : diag_error(l->d, rule->pos, "add `within: 5m`",
                                      "rule `%s` counts in a window, and there is none", rule->name.p);
        if (rule->after_mask && rule->span_for.field)
                r = diag_error(l->d, yaml_get(l->node, "for")->pos, "write `for: 15m`",
                               "rule `%s`: `for: %s` goes with `each` only", rule->name.p,
                               rule->span_for.field->name.p);
        for (size_t i = 0; i < rule->n_aliases; i++)
                if (rule->aliases[i].cross && rule->condition != CONDITION_SEQUENCE)
                        r = diag_error(l->d, rule->aliases[i].pos,
                                       "an earlier step's selection can be read, by a step of a `sequence`",
                                       "selection `%s` reads another one that no earlier step takes",
                                       rule->aliases[i].alias.p);
        return r;
}

static int load_room(struct loader *l) {
        struct rule *rule = l->rule;

        rule->aggregates = arena_array(&l->set->arena, struct aggregate, RULE_AGGREGATES_MAX);
        rule->tallies = arena_array(&l->set->arena, struct tally, RULE_AGGREGATES_MAX);
        rule->score_tests = arena_array(&l->set->arena, struct score_test, RULE_AGGREGATES_MAX);
        rule->guards = arena_array(&l->set->arena, struct guard, RULE_GUARDS_MAX);
        return rule->aggregates && rule->tallies && rule->score_tests && rule->guards ? 0 : -ENOMEM;
}

static int load_window(struct loader *l) {
        const struct yaml_node *every = yaml_get(l->node, "every"), *gap = yaml_get(l->node, "gap");
        const struct yaml_node *within = yaml_get(l->node, "within");
        struct rule *rule = l->rule;
        int r = 0;

        if (every && (gap || within))
                return diag_error(l->d, (gap ? gap : within)->key_pos, "take one of them out",
                                  "rule `%s`: `every` lays windows of its own", rule->name.p);
        if (gap && yaml_get(l->node, "when")) {
                rule->window = WINDOW_SESSION;
                if (!within)
                        return diag_error(l->d, gap->key_pos, "add `within: 10m`, the longest that a session may last",
                                          "rule `%s`: a session without `within` might never close", rule->name.p);
        }
        if (!every)
                return 0;
        rule->window = WINDOW_TUMBLING;
        r = load_fixed_span(l, "every", &rule->every);
        if (!r && !site_every_legal(rule->every))
                return diag_error(l->d, every->pos, "such as 15m, 1h, 8h, 1d or 7d",
                                  "rule `%s`: `every` divides 24 hours, or is whole days", rule->name.p);
        return r;
}

static int load_while(struct loader *l) {
        const struct yaml_node *n = yaml_get(l->node, "while");
        struct masks m = { .rule = l->rule };
        int r = n ? scope_compile_while(l, n) : 0;

        if (!n || r)
                return r;
        expr_each_ref(l->rule->guard, visit_alias, &m);
        l->rule->guard_mask = m.aliases;
        return 0;
}

/* behind what a key has of its levels and tallies */
static void tail_end(struct rule *rule) {
        rule->stretch_at = rule->tail_size;
        if (rule->window != WINDOW_SLIDING || rule->after_schedule != SITE_NONE)
                rule->tail_size += RULE_STRETCH_SIZE;
        rule->course_at = rule->tail_size;
        if (rule->condition == CONDITION_SEQUENCE)
                rule->tail_size += RULE_COURSE_SIZE + rule->sequence.n * RULE_RUN_LIST_SIZE;
}

/* what further events can make false has to wait; what a key needs */
static void finish(struct rule *rule) {
        for (size_t i = 0; i < rule->n_guards; i++)
                if (rule->guards[i].kind == GUARD_ALARM)
                        rule->positive = false;
        if (rule->guard_mask)
                rule->positive = false;
        tail_end(rule);
}

int rule_load_condition(struct loader *l) {
        const struct yaml_node *when = yaml_get(l->node, "when"), *sequence = yaml_get(l->node, "sequence");
        const struct yaml_node *expect = yaml_get(l->node, "expect"), *hold = yaml_get(l->node, "hold");
        const struct yaml_node *each = yaml_get(l->node, "each");
        int r = load_room(l);

        if (r)
                return r;
        l->rule->tail_size = l->rule->level_mask ? RULE_LEVELS_SIZE : 0;
        l->rule->wait = RULE_WAIT_DEFAULT;
        l->rule->keep = RULE_KEEP_DEFAULT;
        l->rule->after_schedule = SITE_NONE;
        r = rule_load_worse(r, load_fixed_span(l, "within", &l->rule->within));
        r = rule_load_worse(r, load_fixed_span(l, "gap", &l->rule->gap));
        r = rule_load_worse(r, load_fixed_span(l, "wait", &l->rule->wait));
        r = rule_load_worse(r, load_fixed_span(l, "keep", &l->rule->keep));
        r = rule_load_worse(r, load_window(l));
        r = rule_load_worse(r, load_while(l));
        r = rule_load_worse(r, load_clear(l));
        if (each && !expect)
                r = rule_load_worse(r, rule_load_each(l, each));
        r = rule_load_worse(r, when       ? load_when(l, when)
                               : sequence ? rule_load_sequence(l, sequence)
                               : expect   ? rule_load_expect(l)
                                          : load_plain(l));
        r = rule_load_worse(r, load_regrade(l));
        if (hold)
                r = rule_load_worse(r, rule_load_span(l, hold, "hold", &l->rule->hold));
        if (r || l->misspelt)
                return r;
        r = rule_load_worse(rule_load_worse(check_shape(l), check_words(l)), check_condition(l));
        finish(l->rule);
        return r ? r : check_used(l);
}

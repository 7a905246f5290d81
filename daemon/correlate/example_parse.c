#include "base/span.h"
#include "correlate/example.h"
#include "correlate/word.h"

static const char *const list_words[EXAMPLE_LISTS] = { "alarms", "clears", "priorities", "mutes" };

static int list_check(const struct example_parser *p, const struct yaml_node *list) {
        if (list->type != YAML_SEQUENCE || list->n > EXAMPLE_ROWS_MAX)
                return example_bad(p, list, "write `[30s exit W3, …]`", "not a list of at most 256 rows");
        return 0;
}

static int parse_given(const struct example_parser *p, const struct yaml_node *list, struct example *e) {
        int r = list_check(p, list);

        if (r)
                return r;
        e->given = arena_array(p->arena, struct example_row, list->n + 1);
        if (!e->given)
                return -ENOMEM;
        yaml_each(n, list) {
                r = example_parse_given(p, n, &e->given[e->n_given++]);
                if (r)
                        return r;
        }
        return 0;
}

/* what cannot come is told as a mistake: it would never be checked */
static int list_possible(const struct example_parser *p, enum example_what what, const struct yaml_node *list) {
        if (what == EXAMPLE_MUTES && !p->rule->mute)
                return example_bad(p, list, "add a `mute`, or take it out", "the rule mutes nothing");
        if (what >= EXAMPLE_PRIORITIES && !p->staged)
                return example_bad(p, list, "it can be tried by `wardwatch check`", "there are no alarms here");
        return 0;
}

static int parse_list(const struct example_parser *p, enum example_what what, struct example *e) {
        const struct yaml_node *list = yaml_get(e->node, list_words[what]);
        struct example_list *want = &e->want[what];
        int r;

        want->node = list;
        if (!list)
                return 0;
        r = list_check(p, list);
        if (!r)
                r = list_possible(p, what, list);
        if (r)
                return r;
        yaml_each(n, list) {
                r = example_parse_expected(p, n, what, &want->rows[want->n++]);
                if (r)
                        return r;
        }
        return 0;
}

static int parse_with(const struct example_parser *p, const struct yaml_node *with, struct example *e) {
        yaml_each(n, with) {
                int64_t span;

                if (e->n_with == EXAMPLE_FIELDS_MAX)
                        return example_bad(p, n, "name those that the rule reads", "too many fields");
                e->with[e->n_with++] = (struct site_field){ .name = n->key,
                                                            .value = span_parse(n->text, &span) < 0 ? yaml_value(n)
                                                                                                    : ww_span(span) };
        }
        return 0;
}

static int parse_start(const struct example_parser *p, const struct yaml_node *start, struct example *e) {
        int64_t elsewhere;

        e->start = EXAMPLE_START;
        if (!start)
                return 0;
        if (start->type != YAML_SCALAR || instant_parse(start->text, 0, &e->start) < 0 ||
            instant_parse(start->text, 3600, &elsewhere) < 0)
                return example_bad(p, start, "write `start: \"2026-03-02T23:00:00+01:00\"`", "`start` is no time");
        if (e->start != elsewhere)
                return example_bad(p, start, "add the offset: `2026-03-02T23:00:00+01:00`, or `…Z`",
                                   "`start` does not say where");
        return 0;
}

static int64_t longest_after(const struct rule *rule) {
        int64_t longest = rule->mute ? rule->mute->settle : 0;

        for (size_t i = 0; i < rule->n_after; i++)
                longest = rule->after[i].after > longest ? rule->after[i].after : longest;
        return longest;
}

static int parse_until(const struct example_parser *p, struct example *e) {
        const struct yaml_node *until = yaml_get(e->node, "until");
        const struct rule *rule = p->rule;

        if (until)
                return yaml_span(until, "until", 0, RULE_SPAN_MAX, p->d, &e->until);
        for (size_t i = 0; i < e->n_given; i++)
                e->until = e->given[i].arrival > e->until ? e->given[i].arrival : e->until;
        for (size_t i = 0; i < EXAMPLE_LISTS; i++)
                for (size_t j = 0; j < e->want[i].n; j++)
                        e->until = e->want[i].rows[j].time > e->until ? e->want[i].rows[j].time : e->until;
        /* an expectation goes on for ever, and so do an asset's windows: only what is named is looked at */
        if (rule->condition != CONDITION_EXPECT && !rule->each)
                e->until += rule->within + rule->every + rule->gap + rule->hold.usec + rule->quiet.usec +
                            longest_after(rule);
        return 0;
}

int example_parse(const struct example_parser *p, const struct yaml_node *node, struct example *e) {
        const char *names[16];
        int r;

        memset(e, 0, sizeof *e);
        e->node = node;
        for (size_t i = 0; i < word_example_n; i++)
                names[i] = word_example[i].name;
        if (node->type != YAML_MAPPING)
                return example_bad(p, node, "write `- given: […]` and `alarms: […]` below", "not a mapping");
        r = yaml_known_keys(node, "an example", names, word_example_n, p->d);
        if (r)
                return r;
        if (!yaml_get(node, "alarms") || !yaml_get(node, "given"))
                return example_bad(p, node, "add `alarms: []` for a near miss", "it needs `given` and `alarms`");
        r = parse_given(p, yaml_get(node, "given"), e);
        for (enum example_what what = 0; what < EXAMPLE_LISTS && !r; what++)
                r = parse_list(p, what, e);
        r = r ? r : parse_with(p, yaml_get(node, "with"), e);
        r = r ? r : parse_start(p, yaml_get(node, "start"), e);
        return r ? r : parse_until(p, e);
}

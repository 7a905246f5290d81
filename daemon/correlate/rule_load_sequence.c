#include "correlate/rule_load.h"

static struct ww_str word_next(struct ww_str *text) {
        struct ww_str word;
        size_t i = 0;

        while (text->n && text->p[0] == ' ')
                text->p++, text->n--;
        while (i < text->n && text->p[i] != ' ')
                i++;
        word = (struct ww_str){ text->p, i };
        text->p += i;
        text->n -= i;
        return word;
}

static int not_several(struct loader *l, struct ww_str text, struct diag_pos pos) {
        return diag_error(l->d, pos, "write `a` or `a or b`",
                          "rule `%s`: `%.*s` has to be a selection, or several joined by `or`", l->rule->name.p,
                          WW_STR_ARG(text));
}

int rule_load_alias_mask(struct loader *l, struct ww_str text, struct diag_pos pos, uint16_t *ret) {
        struct ww_str rest = text, word;
        uint16_t mask = 0;
        int alias;

        do {
                word = word_next(&rest);
                if (!word.n)
                        return diag_error(l->d, pos, "write `a` or `a or b`", "rule `%s`: `%.*s` lacks a selection",
                                          l->rule->name.p, WW_STR_ARG(text));
                if (word.p[0] >= '0' && word.p[0] <= '9')
                        return not_several(l, text, pos);
                alias = rule_load_alias(l, word, pos);
                if (alias < 0)
                        return DIAG_E_USER;
                mask |= (uint16_t)(1u << alias);
                word = word_next(&rest);
                if (word.n && !ww_str_is(word, "or"))
                        return not_several(l, text, pos);
        } while (word.n);
        *ret = mask;
        return 0;
}

/* ---- a step ---- */

struct step_text {
        struct diag_pos pos;
        struct ww_str text, rest;
        struct ww_str joint; /* `and`, `or`, or none yet */
        unsigned first;      /* its first part */
};

static int step_error(struct loader *l, const struct step_text *t) {
        return diag_error(l->d, t->pos, "write `a`, `a or b`, `a and b`, `3 a` or `not c`",
                          "rule `%s`: `%.*s` is no step", l->rule->name.p, WW_STR_ARG(t->text));
}

/* the number in front of an alias, if there is one */
static int step_times(struct loader *l, struct step_text *t, unsigned *ret) {
        struct ww_str before = t->rest, word = word_next(&t->rest);
        unsigned times = 0;

        *ret = 1;
        if (!word.n || word.p[0] < '0' || word.p[0] > '9') {
                t->rest = before;
                return 0;
        }
        for (size_t i = 0; i < word.n; i++) {
                if (word.p[i] < '0' || word.p[i] > '9')
                        return step_error(l, t);
                times = times > RULE_PARTS_MAX ? times : times * 10 + (unsigned)(word.p[i] - '0');
        }
        if (!times)
                return step_error(l, t);
        *ret = times;
        return 0;
}

static int parts_add(struct loader *l, const struct step_text *t, uint16_t mask, unsigned times) {
        struct rule_sequence *s = &l->rule->sequence;

        if (s->n + times > RULE_PARTS_MAX)
                return diag_error(l->d, t->pos, "count many events: `when: count(a) >= 100`",
                                  "rule `%s`: a sequence takes at most %d events", l->rule->name.p, RULE_PARTS_MAX);
        while (times--)
                s->part[s->n++] = mask;
        return 0;
}

/* one alias and what stands before it: more parts of the step, or, behind `or`, another alias for those it has */
static int step_term(struct loader *l, struct step_text *t) {
        struct rule_sequence *s = &l->rule->sequence;
        bool or = ww_str_is(t->joint, "or");
        unsigned times = 1;
        struct ww_str word;
        int alias, r = or ? 0 : step_times(l, t, &times);

        if (r)
                return r;
        word = word_next(&t->rest);
        if (!word.n)
                return step_error(l, t);
        alias = rule_load_alias(l, word, t->pos);
        if (alias < 0)
                return DIAG_E_USER;
        l->rule->condition_mask |= (uint16_t)(1u << alias);
        for (unsigned i = t->first; or &&i < s->n; i++)
                s->part[i] |= (uint16_t)(1u << alias);
        return or ? 0 : parts_add(l, t, (uint16_t)(1u << alias), times);
}

/* true if there is one more term */
static int step_joint(struct loader *l, struct step_text *t, bool *ret_more) {
        struct ww_str word = word_next(&t->rest);

        *ret_more = word.n;
        if (!word.n)
                return 0;
        if (!ww_str_is(word, "and") && !ww_str_is(word, "or"))
                return step_error(l, t);
        if (t->joint.n && !ww_str_equal(t->joint, word))
                return diag_error(l->d, t->pos, "make a selection of several kinds, or two rules",
                                  "rule `%s`: `%.*s` mixes `and` and `or`", l->rule->name.p, WW_STR_ARG(t->text));
        t->joint = word;
        return 0;
}

static void step_end(struct rule_sequence *s, unsigned first) {
        uint16_t want = 0;

        for (unsigned i = first; i < s->n; i++)
                want |= s->part[i];
        s->mixed = false;
        for (unsigned i = first; i < s->n; i++) {
                s->want[i] = want;
                s->end[i] = s->n;
                s->mixed = s->mixed || s->part[i] != s->part[first];
        }
        s->n_steps++;
}

static int load_parts(struct loader *l, const struct yaml_node *n) {
        struct rule_sequence *s = &l->rule->sequence;
        struct step_text t = { .pos = n->pos, .text = n->text, .rest = n->text, .first = s->n };
        bool more = true;

        if (s->n_steps == RULE_STEPS_MAX)
                return diag_error(l->d, n->pos, "split the rule", "rule `%s`: more than %d steps", l->rule->name.p,
                                  RULE_STEPS_MAX);
        while (more) {
                int r = step_term(l, &t);

                if (!r)
                        r = step_joint(l, &t, &more);
                if (r)
                        return r;
        }
        step_end(s, t.first);
        return 0;
}

static int load_step(struct loader *l, const struct yaml_node *n) {
        struct rule_sequence *s = &l->rule->sequence;
        struct ww_str text = n->text;
        uint16_t mask = 0;
        int r;

        if (n->type != YAML_SCALAR)
                return diag_error(l->d, n->pos, "write `a`, `a or b`, `a and b`, `3 a` or `not c`",
                                  "rule `%s`: a step is a word", l->rule->name.p);
        if (!ww_str_is(word_next(&text), "not"))
                return load_parts(l, n);
        while (text.n && text.p[0] == ' ')
                text.p++, text.n--;
        r = rule_load_alias_mask(l, text, n->pos, &mask);
        if (r)
                return r;
        l->rule->condition_mask |= mask;
        s->forbidden[s->n] |= mask;
        s->negated = true;
        return 0;
}

/* ---- what a `where` reads ---- */

struct reading {
        uint16_t self, seen; /* aliases that may have been taken before */
        uint16_t reads;
};

static void visit_cross(void *userdata, struct expr_ref ref, bool is_call) {
        struct reading *r = userdata;

        if (!is_call)
                r->reads |= (uint16_t)(1u << ref.sub) & (uint16_t)~r->self;
}

/* true if the alias has a place; *seen: what may have been taken when it first has */
static bool place_of(const struct rule_sequence *s, uint16_t alias, uint16_t *seen) {
        for (unsigned i = 0; i <= s->n; i++) {
                if (s->forbidden[i] & alias)
                        return true;
                if (s->want[i] & alias) {
                        *seen |= s->want[i];
                        return true;
                }
                *seen |= s->want[i]; /* before the next part of the same step nothing is forbidden */
        }
        return false;
}

/* a `where` reads what an earlier step took, or another part of its own, or its own event */
static int check_cross(struct loader *l, size_t alias) {
        const struct selection *s = &l->rule->aliases[alias];
        struct reading r = { .self = (uint16_t)(1u << alias) };

        if (!s->cross)
                return 0;
        expr_each_ref(s->cross, visit_cross, &r);
        l->rule->sequence.crossed |= r.self;
        l->rule->sequence.reads |= r.reads;
        if (!place_of(&l->rule->sequence, r.self, &r.seen) || (r.reads & ~r.seen))
                return diag_error(l->d, s->pos, "an earlier step's selection can be read, by a step of a `sequence`",
                                  "selection `%s` reads another one that no earlier step takes", s->alias.p);
        return 0;
}

/* A further event between two of a run's may be taken instead of the later one. If it is read, or if `gap` counts from
 * it, what fitted may no longer; two events have none between them, and equal ones are as good as each other. */
static bool positive(const struct rule *rule) {
        const struct rule_sequence *s = &rule->sequence;
        bool equal = true;

        for (unsigned i = 1; i < s->n; i++)
                equal = equal && s->part[i] == s->part[0];
        return !s->negated && (s->n <= 2 || (!s->reads && (!rule->gap || equal)));
}

int rule_load_sequence(struct loader *l, const struct yaml_node *node) {
        struct rule *rule = l->rule;
        int r = 0;

        rule->condition = CONDITION_SEQUENCE;
        rule->instant = true;
        if (node->type != YAML_SEQUENCE)
                return diag_error(l->d, node->pos, "write `sequence: [a, b]`", "rule `%s`: `sequence` is not a list",
                                  rule->name.p);
        yaml_each(n, node)
                r = rule_load_worse(r, load_step(l, n));
        if (r)
                return r;
        if (!rule->sequence.n)
                return diag_error(l->d, node->pos, "what never comes is said by `expect`",
                                  "rule `%s`: a sequence needs a step that is not negated", rule->name.p);
        for (size_t i = 0; i < rule->n_aliases; i++)
                r = rule_load_worse(r, check_cross(l, i));
        rule->positive = positive(rule);
        return r;
}

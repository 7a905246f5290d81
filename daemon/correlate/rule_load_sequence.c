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
                        return diag_error(l->d, pos, NULL, "repetition (`%.*s`) is not supported by this version",
                                          WW_STR_ARG(text));
                alias = rule_load_alias(l, word, pos);
                if (alias < 0)
                        return DIAG_E_USER;
                mask |= (uint16_t)(1u << alias);
                word = word_next(&rest);
                if (ww_str_is(word, "and"))
                        return diag_error(l->d, pos, NULL, "`a and b` as a step is not supported by this version");
                if (word.n && !ww_str_is(word, "or"))
                        return diag_error(l->d, pos, "write `a` or `a or b`", "rule `%s`: `%.*s` is no step",
                                          l->rule->name.p, WW_STR_ARG(text));
        } while (word.n);
        *ret = mask;
        return 0;
}

static int load_step(struct loader *l, const struct yaml_node *n) {
        struct rule_sequence *s = &l->rule->sequence;
        struct ww_str text = n->text, word;
        uint16_t mask = 0;
        bool negated;
        int r;

        if (n->type != YAML_SCALAR)
                return diag_error(l->d, n->pos, "write `a`, `a or b` or `not c`", "rule `%s`: a step is a word",
                                  l->rule->name.p);
        word = word_next(&text);
        negated = ww_str_is(word, "not");
        r = rule_load_alias_mask(l, negated ? text : n->text, n->pos, &mask);
        if (r)
                return r;
        l->rule->condition_mask |= mask;
        if (negated) {
                s->forbidden[s->n] |= mask;
                s->negated = true;
                return 0;
        }
        if (s->n == RULE_STEPS_MAX)
                return diag_error(l->d, n->pos, "split the rule", "rule `%s`: more than %d steps", l->rule->name.p,
                                  RULE_STEPS_MAX);
        s->step[s->n++] = mask;
        return 0;
}

struct earlier {
        uint16_t before; /* aliases that may have been taken before this step */
        uint16_t missing;
};

static void visit_cross(void *userdata, struct expr_ref ref, bool is_call) {
        struct earlier *e = userdata;

        if (!is_call && !(e->before & (1u << ref.sub)))
                e->missing |= (uint16_t)(1u << ref.sub);
}

/* a `where` reads what an earlier step took, or its own event */
static int check_cross(struct loader *l, size_t alias) {
        const struct rule *r = l->rule;
        const struct selection *s = &r->aliases[alias];
        struct earlier e = { .before = (uint16_t)(1u << alias) };
        size_t step = 0;

        if (!s->cross)
                return 0;
        while (step < r->sequence.n && !(r->sequence.step[step] & (1u << alias)))
                e.before |= r->sequence.step[step++];
        expr_each_ref(s->cross, visit_cross, &e);
        if (r->condition != CONDITION_SEQUENCE || step == r->sequence.n || e.missing)
                return diag_error(l->d, s->pos, "an earlier step's selection can be read, by a step of a `sequence`",
                                  "selection `%s` reads another one that no earlier step takes", s->alias.p);
        return 0;
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
        rule->positive = !rule->sequence.negated;
        for (size_t i = 0; i < rule->n_aliases; i++) {
                r = rule_load_worse(r, check_cross(l, i));
                if (rule->aliases[i].cross && rule->sequence.n > 2)
                        rule->positive = false;
        }
        return r;
}

/*
 * What can never be true, found without running anything.
 *
 * An expression is walked along its `and`: each comparison of one term (an aggregate, a field) with constants narrows
 * what the term can be. Where nothing is left, the whole is never true. A term begins with what bounds it anyway: a
 * count is no less than 0 and no more than a key remembers, `distinct` of a part of the key is 1. Of an `or` both sides
 * have to fail. What is not understood (arithmetic, `not` over comparisons: a missing value makes these true) narrows
 * nothing, so that nothing is claimed that is not so.
 */
#include "base/span.h"
#include "correlate/rules_advise.h"

#include <math.h>
#include <stdio.h>

#define TERMS_MAX 16

struct term {
        struct ww_str name;    /* of a field */
        struct expr_ref ref;   /* of all else */
        double low, high;      /* what is left */
        double least, most;    /* where it began */
        bool whole;            /* of whole numbers only */
        const char *cure;      /* where the bound is too narrow */
        char bound[96];        /* what bounds it */
        struct ww_str text;    /* the one text that it can be */
        bool is_text, yes, no; /* … and of conditions: what was wanted */
        const struct equality *among;
};

struct reach {
        const struct correlate_rules *set;
        const struct decode_types *types;
        const struct rule *rule;
        const struct selection *where; /* its fields are the terms */
        struct term terms[TERMS_MAX];
        size_t n;
        const struct expr *culprit;
        char why[192];
        const char *cure;
};

static bool never(struct reach *r, const struct expr *e);

/* ---- what bounds a term from the beginning ---- */

static size_t zones_of_type(const struct site *site, struct ww_str type) {
        size_t n = 0;

        for (uint32_t i = 0; i < site_zone_count(site); i++)
                n += ww_str_equal(site_zone(site, i)->type, type);
        return n;
}

static void bound_by(struct term *t, double most, const char *cure, const char *text) {
        if (most >= t->most)
                return;
        t->most = most;
        t->cure = cure;
        (void)snprintf(t->bound, sizeof t->bound, "%s", text);
}

static void bound_by_site(struct reach *r, struct term *t, const struct field *f) {
        const struct site *site = r->set->site;
        size_t n = f->source == FIELD_ZONE        ? site_zone_count(site)
                   : f->source == FIELD_ZONE_TYPE ? zones_of_type(site, f->name)
                   : f->source == FIELD_ASSET     ? site_asset_count(site)
                                                  : 0;
        char text[96];

        (void)snprintf(text, sizeof text, "the site has %zu of them", n);
        if (n)
                bound_by(t, (double)n, "compare with less", text);
}

static void bound_distinct(struct reach *r, struct term *t, const struct tally *tally) {
        const struct selection *s = &r->rule->aliases[tally->alias];
        const struct field *f = r->rule->captures[tally->capture].field;
        char text[96];

        for (size_t i = 0; i < r->rule->n_key; i++)
                if (s->key[i] && ww_str_equal(s->key[i]->name, f->name)) {
                        (void)snprintf(text, sizeof text,
                                       "`%.*s` is part of the key, and one for all of a key's events",
                                       WW_STR_ARG(f->name));
                        bound_by(t, 1, "take it out of `by`", text);
                }
        for (size_t i = 0; i < s->n_equalities; i++)
                if (ww_str_equal(s->equalities[i].field->name, f->name) && !s->equalities[i].n_lists) {
                        (void)snprintf(text, sizeof text, "the selection lets %zu of its values pass",
                                       s->equalities[i].n);
                        bound_by(t, (double)s->equalities[i].n, "compare with less", text);
                }
        bound_by_site(r, t, f);
}

int64_t rule_never_repeat(const struct decode_types *types, const struct rule *rule, const struct selection *s) {
        bool by_device = false;

        for (size_t i = 0; i < rule->n_key; i++)
                by_device = by_device ||
                            (s->key[i] && (s->key[i]->source == FIELD_DEVICE || s->key[i]->source == FIELD_ASSET));
        return types && by_device && s->n_kinds == 1 && !s->level ? decode_types_repeat(types, s->kinds[0].family) : 0;
}

static void bound_repeat(const struct reach *r, struct term *t, const struct selection *s) {
        int64_t window = r->rule->every ? r->rule->every : r->rule->within;
        int64_t repeat = rule_never_repeat(r->types, r->rule, s), most;
        char text[96], span[32];

        if (!repeat || !window)
                return;
        most = (window + repeat - 1) / repeat;
        span_format(repeat, span);
        (void)snprintf(text, sizeof text, "by its sensor type a device says so once in %s", span);
        bound_by(t, (double)most, "lengthen the window, or shorten the type's `repeat_within`", text);
}

static void bound_count(const struct reach *r, struct term *t, const struct tally *tally) {
        char text[96];

        if (r->rule->aliases[tally->alias].level) /* spans that lie open count as well */
                return;
        bound_repeat(r, t, &r->rule->aliases[tally->alias]);
        (void)snprintf(text, sizeof text, "one key remembers %u events", r->rule->limit_events);
        bound_by(t, r->rule->limit_events, "raise `limits: {events: …}`", text);
}

/* so many events in the window, and no more */
static void bound_rate(const struct reach *r, struct term *t) {
        int64_t window = r->rule->every ? r->rule->every : r->rule->within;
        char text[96];

        (void)snprintf(text, sizeof text, "one key remembers %u events", r->rule->limit_events);
        if (window)
                bound_by(t, r->rule->limit_events / ((double)window / WW_SECOND), "raise `limits: {events: …}`", text);
}

static void bound_aggregate(struct reach *r, struct term *t) {
        const struct aggregate *a = &r->rule->aggregates[t->ref.sub];
        const struct tally *tally = &r->rule->tallies[a->tally];

        t->whole = a->kind == AGGREGATE_COUNT || a->kind == AGGREGATE_DISTINCT;
        if (t->whole || a->kind == AGGREGATE_RATE || (a->kind == AGGREGATE_SCORE && tally->capture == CAPTURE_NONE))
                t->least = 0;
        if (a->kind == AGGREGATE_COUNT)
                bound_count(r, t, tally);
        if (a->kind == AGGREGATE_RATE && !r->rule->aliases[tally->alias].level)
                bound_rate(r, t);
        if (a->kind == AGGREGATE_DISTINCT)
                bound_distinct(r, t, tally);
}

static void bound_field(const struct reach *r, struct term *t) {
        for (size_t i = 0; i < r->where->n_equalities; i++) {
                const struct equality *e = &r->where->equalities[i];

                if (!ww_str_equal(e->field->name, t->name) || e->n_lists)
                        continue;
                t->among = e;
                if (e->n == 1 && e->values[0].type == WW_NUMBER)
                        t->least = t->most = e->values[0].number;
                (void)snprintf(t->bound, sizeof t->bound, "`%.*s` beside `kind` says otherwise", WW_STR_ARG(t->name));
                t->cure = "take one of the two out";
        }
}

/* ---- terms ---- */

static bool same_term(const struct reach *r, const struct term *t, struct expr_ref ref, struct ww_str name) {
        if (r->where)
                return ww_str_equal(t->name, name);
        return t->ref.slot == ref.slot && t->ref.sub == ref.sub;
}

/* NULL if it is no term, or if there are too many */
static struct term *term_of(struct reach *r, const struct expr *e) {
        int op = (int)expr_op_of(e);
        struct expr_ref ref = expr_ref_of(e);
        struct ww_str name = WW_STR_NONE;
        struct term *t;

        if ((op != EXPR_OP_REF && op != EXPR_OP_CALL) || (r->where && op == EXPR_OP_CALL))
                return NULL;
        if (r->where)
                name = r->set->fields[ref.slot]->name;
        for (size_t i = 0; i < r->n; i++)
                if (same_term(r, &r->terms[i], ref, name))
                        return &r->terms[i];
        if (r->n == TERMS_MAX)
                return NULL;
        t = &r->terms[r->n++];
        *t = (struct term){ .name = name, .ref = ref, .least = -INFINITY, .most = INFINITY };
        if (r->where)
                bound_field(r, t);
        else if (ref.slot == SLOT_AGGREGATE)
                bound_aggregate(r, t);
        t->low = t->least;
        t->high = t->most;
        return t;
}

/* ---- comparisons ---- */

static bool fail(struct reach *r, const struct expr *e, const char *why, const char *cure) {
        r->culprit = e;
        r->cure = cure;
        (void)snprintf(r->why, sizeof r->why, "%s", why);
        return true;
}

static bool contradicts(struct reach *r, const struct expr *e) {
        return fail(r, e, "it contradicts what stands beside it", "join them by `or`, or mend one of them");
}

static bool empty(const struct term *t, double low, double high) {
        return t->whole ? ceil(low) > floor(high) : low > high;
}

static bool narrow(struct reach *r, const struct expr *e, struct term *t, double low, double high) {
        if (!*t->bound ? high < t->least : high < t->least && !t->among)
                return fail(r, e, "it is never below 0", "compare with more");
        if (empty(t, fmax(low, t->least), fmin(high, t->most)))
                return *t->bound ? fail(r, e, t->bound, t->cure) : contradicts(r, e);
        t->low = fmax(low, t->low);
        t->high = fmin(high, t->high);
        return (empty(t, t->low, t->high) || t->is_text) && contradicts(r, e);
}

static bool among_has(const struct equality *e, struct ww_str text) {
        for (size_t i = 0; i < e->n; i++)
                if (ww_str_equal(e->texts[i], text))
                        return true;
        return false;
}

static bool want_text(struct reach *r, const struct expr *e, struct term *t, struct ww_str text) {
        if (t->among && !among_has(t->among, text))
                return fail(r, e, t->bound, t->cure);
        if (t->is_text && !ww_str_equal(t->text, text))
                return contradicts(r, e);
        t->is_text = true;
        t->text = text;
        return false;
}

static bool want_truth(struct reach *r, const struct expr *e, struct term *t, bool yes) {
        t->yes = t->yes || yes;
        t->no = t->no || !yes;
        return t->yes && t->no && contradicts(r, e);
}

/* `term op number` */
static bool compare_number(struct reach *r, const struct expr *e, struct term *t, int op, double v) {
        switch (op) {
        case EXPR_OP_EQ:
                return narrow(r, e, t, v, v);
        case EXPR_OP_LT:
                return narrow(r, e, t, -INFINITY, nextafter(v, -INFINITY));
        case EXPR_OP_LE:
                return narrow(r, e, t, -INFINITY, v);
        case EXPR_OP_GT:
                return narrow(r, e, t, nextafter(v, INFINITY), INFINITY);
        case EXPR_OP_GE:
                return narrow(r, e, t, v, INFINITY);
        default:
                return false;
        }
}

/* `3 < x` is `x > 3` */
static int turned(int op) {
        return op == EXPR_OP_LT   ? EXPR_OP_GT
               : op == EXPR_OP_GT ? EXPR_OP_LT
               : op == EXPR_OP_LE ? EXPR_OP_GE
               : op == EXPR_OP_GE ? EXPR_OP_LE
                                  : op;
}

static bool compare(struct reach *r, const struct expr *e) {
        const struct expr *left = expr_child(e, 0), *right = expr_child(e, 1);
        bool swap = expr_op_of(left) == EXPR_OP_CONSTANT;
        int op = swap ? turned((int)expr_op_of(e)) : (int)expr_op_of(e);
        const struct expr *constant = swap ? left : right;
        struct term *t = expr_op_of(constant) == EXPR_OP_CONSTANT ? term_of(r, swap ? right : left) : NULL;
        struct ww_value v = expr_constant(constant);

        if (!t)
                return false;
        if (v.type == WW_NUMBER)
                return compare_number(r, e, t, op, v.number);
        if (v.type == WW_STRING && op == EXPR_OP_EQ)
                return want_text(r, e, t, v.string);
        if (v.type == WW_BOOL && op == EXPR_OP_EQ)
                return want_truth(r, e, t, v.boolean);
        return false;
}

/* `term in [1, 2]` lies between the least and the greatest */
static bool compare_in(struct reach *r, const struct expr *e) {
        const struct expr *list = expr_child(e, 1), *item;
        struct term *t = expr_op_of(list) == EXPR_OP_LIST ? term_of(r, expr_child(e, 0)) : NULL;
        double low = INFINITY, high = -INFINITY;

        for (size_t i = 0; t && (item = expr_child(list, i)); i++) {
                struct ww_value v = expr_constant(item);

                if (v.type != WW_NUMBER)
                        return false;
                low = fmin(low, v.number);
                high = fmax(high, v.number);
        }
        return t && low <= high && narrow(r, e, t, low, high);
}

/* ---- the tree ---- */

static bool never_or(struct reach *r, const struct expr *e) {
        struct reach side = *r;

        if (!never(&side, expr_child(e, 0)))
                return false;
        r->culprit = side.culprit;
        r->cure = side.cure;
        memcpy(r->why, side.why, sizeof r->why);
        memcpy(side.terms, r->terms, sizeof side.terms);
        side.n = r->n;
        return never(&side, expr_child(e, 1));
}

static bool never_bare(struct reach *r, const struct expr *e, bool yes) {
        struct term *t = term_of(r, e);

        return t && want_truth(r, e, t, yes);
}

static bool never(struct reach *r, const struct expr *e) {
        int op = (int)expr_op_of(e);

        if (op == EXPR_OP_AND)
                return never(r, expr_child(e, 0)) || never(r, expr_child(e, 1));
        if (op == EXPR_OP_OR)
                return never_or(r, e);
        if (op == EXPR_OP_NOT)
                return never_bare(r, expr_child(e, 0), false);
        if (op == EXPR_OP_REF || op == EXPR_OP_CALL)
                return never_bare(r, e, true);
        if (op >= EXPR_OP_EQ && op <= EXPR_OP_GE)
                return compare(r, e);
        return op == EXPR_OP_IN && compare_in(r, e);
}

bool rule_never(const struct correlate_rules *set, const struct decode_types *types, const struct rule *rule,
                const struct selection *s, const struct expr *e, struct rule_never *ret) {
        struct reach r = { .set = set, .types = types, .rule = rule, .where = s };
        _cleanup_buf_ struct buf part = BUF_INIT;

        if (!e || !never(&r, e) || expr_print(r.culprit, &part) < 0 || part.error)
                return false;
        ret->part = r.culprit;
        ret->cure = r.cure;
        (void)snprintf(ret->why, sizeof ret->why, "`%.*s`: %s", WW_STR_ARG(buf_str(&part)), r.why);
        return true;
}

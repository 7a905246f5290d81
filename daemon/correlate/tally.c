/*
 * What a key keeps of the events that count, up to date as they come into the window and leave it: so a condition costs
 * the same however many events the window holds.
 *
 * Sums are exact: a value is rounded to nine decimals and added as an integer, so that what was added and taken out
 * again leaves nothing behind, the order of the events shows nowhere, and ten times 0.1 is 1.
 *
 * A score has no window: it falls by itself. It is a fold over the events in their order, so where a log is swept again
 * it begins with what the trimmed entries came to (`base`).
 */
#include "correlate/score.h"
#include "correlate/state.h"

#include <math.h>

#define SUM_UNIT 1e9

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 wide_bits;

struct sum {
        uint64_t low;
        int64_t high;
        uint64_t n;
};

struct score {
        double s, base_s;
        int64_t at, base_at;
};

static const size_t tally_sizes[] = {
        [TALLY_COUNT] = sizeof(uint64_t),     [TALLY_DISTINCT] = sizeof(struct multiset),
        [TALLY_SUM] = sizeof(struct sum),     [TALLY_ORDERED] = sizeof(struct ordered *),
        [TALLY_SCORE] = sizeof(struct score),
};

size_t tally_size(enum tally_kind kind) {
        return tally_sizes[kind];
}

static void *state_of(const struct tally *t, const struct key *k) {
        return (uint8_t *)(uintptr_t)(k + 1) + t->offset;
}

static uint64_t captured_bits(const struct captured *v) {
        uint64_t bits = 0;

        switch (v->type) {
        case WW_BOOL:
                return v->boolean;
        case WW_NUMBER:
                memcpy(&bits, &v->number, sizeof bits);
                return bits;
        case WW_STRING:
                return v->text;
        case WW_TIME:
        case WW_SPAN:
                return (uint64_t)v->usec;
        case WW_MISSING:
        case WW_NULL:
                return 0;
        }
        return 0;
}

/* ---- sums ---- */

static bool sum_takes(const struct captured *v) {
        return v->type == WW_NUMBER && fabs(v->number) < 0x1p62;
}

static wide sum_whole(const struct sum *s) {
        return (wide)((wide_bits)(uint64_t)s->high << 64 | s->low);
}

static void sum_change(struct sum *s, double v, int sign) {
        double scaled = v * SUM_UNIT;
        wide sum = sum_whole(s);

        sum += sign * (wide)(fabs(scaled) < 0x1p53 ? rint(scaled) : scaled);
        s->low = (uint64_t)sum;
        s->high = (int64_t)(sum >> 64);
        s->n += (uint64_t)(int64_t)sign;
}

static double sum_value(const struct sum *s) {
        return (double)sum_whole(s) / SUM_UNIT;
}

/* ---- scores ---- */

static double weight_of(const struct tally *t, const struct entry *e) {
        const struct captured *v = t->capture == CAPTURE_NONE ? NULL : &e->captures[t->capture];

        if (!v)
                return 1;
        return v->type == WW_NUMBER && v->number > 0 ? v->number : 0;
}

static double score_now(const struct score *s, int64_t half, int64_t now) {
        return s->s ? s->s * score_decay(now > s->at ? now - s->at : 0, half) : 0;
}

static void score_add(const struct tally *t, struct score *s, const struct entry *e) {
        s->s = score_now(s, t->half, e->at.time) + weight_of(t, e);
        s->at = e->at.time;
}

/* an entry that the log forgets, or has behind it for good, goes into the base */
void tallies_settle(const struct rule *rule, struct key *k, struct entry *e) {
        if (!rule->n_score_tests)
                return;
        for (size_t i = 0; i < rule->n_tallies; i++) {
                const struct tally *t = &rule->tallies[i];
                struct score *s = state_of(t, k), folded;

                if (t->kind != TALLY_SCORE || (e->flags & ENTRY_SETTLED) || !(entry_begun(rule, e) & (1u << t->alias)))
                        continue;
                folded = (struct score){ .s = s->base_s, .at = s->base_at };
                score_add(t, &folded, e);
                s->base_s = folded.s;
                s->base_at = folded.at;
        }
        e->flags |= ENTRY_SETTLED;
}

/* ---- all kinds ---- */

static int change(const struct tally *t, struct key *k, const struct entry *e, int sign) {
        const struct captured *v = t->capture == CAPTURE_NONE ? NULL : &e->captures[t->capture];
        struct ordered **ordered = state_of(t, k);

        switch (t->kind) {
        case TALLY_COUNT:
                *(uint64_t *)state_of(t, k) += (uint64_t)(int64_t)sign;
                return 0;
        case TALLY_DISTINCT:
                if (v->type == WW_MISSING || v->type == WW_NULL) /* no value is not a different one */
                        return 0;
                if (sign > 0)
                        return multiset_add(state_of(t, k), captured_bits(v), v->type);
                multiset_remove(state_of(t, k), captured_bits(v), v->type);
                return 0;
        case TALLY_SUM:
                if (sum_takes(v))
                        sum_change(state_of(t, k), v->number, sign);
                return 0;
        case TALLY_ORDERED:
                if (v->type != WW_NUMBER)
                        return 0;
                if (sign > 0)
                        return ordered_add(ordered, v->number);
                ordered_remove(*ordered, v->number);
                return 0;
        case TALLY_SCORE:
                if (sign > 0 && !(e->flags & ENTRY_SETTLED))
                        score_add(t, state_of(t, k), e);
                return 0;
        }
        return 0;
}

static int change_all(struct correlate *c, struct key *k, const struct entry *e, uint16_t mask, int sign) {
        const struct rule *rule = key_rule(c, k);
        int r = 0;

        if (e->flags & ENTRY_RETAINED) /* a state that was there before is never counted */
                return 0;
        for (size_t i = 0; i < rule->n_tallies && !r; i++)
                if (mask & (1u << rule->tallies[i].alias))
                        r = change(&rule->tallies[i], k, e, sign);
        return r;
}

int tallies_add(struct correlate *c, struct key *k, const struct entry *e, uint16_t mask) {
        return change_all(c, k, e, mask, 1);
}

void tallies_remove(struct correlate *c, struct key *k, const struct entry *e, uint16_t mask) {
        (void)change_all(c, k, e, mask, -1);
}

void tallies_reset(const struct rule *rule, struct key *k) {
        for (size_t i = 0; i < rule->n_tallies; i++) {
                void *state = state_of(&rule->tallies[i], k);
                struct score *s = state;

                switch (rule->tallies[i].kind) {
                case TALLY_COUNT:
                case TALLY_SUM:
                        memset(state, 0, tally_sizes[rule->tallies[i].kind]);
                        break;
                case TALLY_DISTINCT:
                        multiset_reset(state);
                        break;
                case TALLY_ORDERED:
                        ordered_reset(*(struct ordered **)state);
                        break;
                case TALLY_SCORE:
                        s->s = s->base_s;
                        s->at = s->base_at;
                        break;
                }
        }
}

void tallies_free(const struct rule *rule, struct key *k) {
        for (size_t i = 0; i < rule->n_tallies; i++) {
                if (rule->tallies[i].kind == TALLY_DISTINCT)
                        multiset_free(state_of(&rule->tallies[i], k));
                else if (rule->tallies[i].kind == TALLY_ORDERED)
                        ordered_free(*(struct ordered **)state_of(&rule->tallies[i], k));
        }
}

/* ---- reading ---- */

static struct ww_value ordered_value(const struct ordered *o, const struct aggregate *a) {
        size_t n = ordered_count(o), rank = n;

        if (!n)
                return ww_missing();
        if (a->kind == AGGREGATE_MIN)
                rank = 1;
        else if (a->kind == AGGREGATE_PCT)
                rank = (size_t)ceil(a->rank * (double)n / 100);
        return ww_number(ordered_at(o, rank ? rank - 1 : 0));
}

struct ww_value tally_read(const struct rule *rule, const struct key *k, const struct aggregate *a, int64_t now,
                           int64_t length) {
        const struct tally *t = &rule->tallies[a->tally];
        const void *state = state_of(t, k);
        const struct sum *sum = state;

        switch (a->kind) {
        case AGGREGATE_COUNT:
                return ww_number((double)*(const uint64_t *)state);
        case AGGREGATE_RATE:
                return ww_number((double)*(const uint64_t *)state * WW_SECOND / (double)length);
        case AGGREGATE_DISTINCT:
                return ww_number(((const struct multiset *)state)->n);
        case AGGREGATE_SUM:
                return ww_number(sum_value(sum));
        case AGGREGATE_AVG:
                return sum->n ? ww_number(sum_value(sum) / (double)sum->n) : ww_missing();
        case AGGREGATE_MIN:
        case AGGREGATE_MAX:
        case AGGREGATE_PCT:
                return ordered_value(*(struct ordered *const *)state, a);
        case AGGREGATE_SCORE:
                /* it falls from millisecond to millisecond, whenever somebody looks */
                return ww_number(score_now(state, t->half, now - now % WW_MSEC));
        }
        return ww_missing();
}

int64_t tallies_crossing(const struct rule *rule, const struct key *k, int64_t after) {
        int64_t next = WW_TIME_NEVER;

        for (size_t i = 0; i < rule->n_score_tests; i++) {
                const struct score_test *test = &rule->score_tests[i];
                const struct tally *t = &rule->tallies[test->tally];
                const struct score *s = state_of(t, k);
                int64_t time = s->s ? score_crossing(s->s, s->at, t->half, test->bound, test->strict, after)
                                    : WW_TIME_NEVER;

                next = time_earlier(time, next);
        }
        return next;
}

bool tallies_spent(const struct rule *rule, const struct key *k, int64_t now) {
        for (size_t i = 0; i < rule->n_tallies; i++)
                if (rule->tallies[i].kind == TALLY_SCORE &&
                    score_now(state_of(&rule->tallies[i], k), rule->tallies[i].half, now) > 0)
                        return false;
        return true;
}

void tallies_save(const struct rule *rule, const struct key *k, struct buf *out) {
        for (size_t i = 0; i < rule->n_tallies; i++) {
                const struct score *s = state_of(&rule->tallies[i], k);

                if (rule->tallies[i].kind != TALLY_SCORE)
                        continue;
                buf_put_double(out, s->s);
                buf_put_time(out, s->at);
                buf_put_double(out, s->base_s);
                buf_put_time(out, s->base_at);
        }
}

int tallies_load(struct rd *in, const struct rule *rule, struct key *k, const int *tallies, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct score s = { .s = rd_double(in) };

                s.at = time_load(in);
                s.base_s = rd_double(in);
                s.base_at = time_load(in);
                if (in->failed || !(s.s >= 0) || !(s.base_s >= 0) || isinf(s.s) || isinf(s.base_s))
                        return -EBADMSG;
                if (tallies[i] >= 0)
                        memcpy(state_of(&rule->tallies[tallies[i]], k), &s, sizeof s);
        }
        return 0;
}

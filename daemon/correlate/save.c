/*
 * Snapshots. A snapshot changes nothing: what comes after a load is to the letter what would have come without. So
 * the sweep's place is written as it is, runs, spans and all; it cannot be had from the log again, because a run may
 * have died of an entry that is trimmed by now, or an entry may have been swept while what followed it was not known.
 * Only what is counted is counted anew. Everything is written by name (rules, families, assets, captured fields),
 * because numbers are only good inside one process.
 *
 * The same bytes carry the state over to other rules (`correlate_swap`): there a rule that is gone, or whose state
 * hash differs, is read over. One whose state is kept but that says something else (what it counts in `clear` or
 * `regrade`, say) sweeps over the log again, silently.
 */
#include "correlate/save.h"

#define SAVE_VERSION 8

/* the scores that its keys keep: they cannot be had from the log again */
static void scores_save(struct buf *out, const struct rule *rule) {
        size_t n = 0;

        for (size_t i = 0; i < rule->n_tallies; i++)
                n += rule->tallies[i].kind == TALLY_SCORE;
        buf_put_var(out, n);
        for (size_t i = 0; i < rule->n_tallies; i++) {
                const struct tally *t = &rule->tallies[i];

                if (t->kind != TALLY_SCORE)
                        continue;
                buf_put_str(out, rule->aliases[t->alias].alias);
                buf_put_str(out, t->capture == CAPTURE_NONE ? WW_STR_NONE : rule->captures[t->capture].field->name);
                buf_put_time(out, t->half);
        }
}

static void rule_save(const struct correlate *c, struct buf *out, const struct rule *rule) {
        const struct rule_state *s = &c->by_rule[rule->number];

        buf_put_str(out, rule->name);
        buf_put_u64(out, rule->state_hash);
        buf_put_u64(out, rule->hash);
        buf_put_var(out, s->told);
        order_save(out, s->derived_at);
        buf_put_var(out, s->n_derived);
        buf_put_var(out, s->n_late);
        buf_put_time(out, s->partial_until);
        buf_put_var(out, rule->n_captures);
        for (size_t j = 0; j < rule->n_captures; j++)
                buf_put_str(out, rule->captures[j].field->name);
        scores_save(out, rule);
        buf_put_var(out, s->n_keys);
}

/* as it was before keys were marked */
static void rule_unmark(const struct correlate *c, size_t rule) {
        uint32_t previous = POOL_NONE;

        for (struct key *k = rule_first(c, rule); k; k = key_next(c, k)) {
                k->previous = previous;
                previous = pool_number(k);
        }
}

int save_rules(const struct correlate *c, const bool *rules, struct buf *out) {
        _cleanup_buf_ struct buf one = BUF_INIT;
        uint32_t mark = 0;
        size_t keys = 0, n = 0;
        int r;

        for (size_t i = 0; i < c->rules->n; i++) {
                n += !rules || rules[i];
                keys += !rules || rules[i] ? c->by_rule[i].n_keys : 0;
        }
        buf_put_var(out, keys);
        buf_put_var(out, n);
        for (size_t i = 0; i < c->rules->n; i++) {
                if (rules && !rules[i])
                        continue;
                rule_save(c, out, &c->rules->rules[i]);
                for (struct key *k = rule_first(c, i); k; k = key_next(c, k)) {
                        k->mark = mark++;
                        buf_reset(&one);
                        save_key(c, k, &one);
                        buf_put_str(out, buf_str(&one));
                }
        }
        r = one.error ? one.error : lanes_save(c, rules, out);
        for (size_t i = 0; i < c->rules->n; i++)
                if (!rules || rules[i])
                        rule_unmark(c, i);
        return r;
}

int correlate_save(const struct correlate *c, struct buf *out) {
        const uint64_t figures[] = { c->figures.events,     c->figures.matched, c->figures.skipped_key_missing,
                                     c->figures.detections, c->figures.evicted, c->figures.refused };

        buf_put_u8(out, SAVE_VERSION);
        buf_put_time(out, c->now);
        (void)blind_save(c, out);
        (void)standing_save(c->standing, out);
        (void)lost_save(c->lost, out);
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
                buf_put_var(out, figures[i]);
        return save_rules(c, NULL, out);
}

/* ---- loading ---- */

static int score_find(const struct rule *rule, struct ww_str alias, struct ww_str field, int64_t half) {
        for (size_t i = 0; rule && i < rule->n_tallies; i++) {
                const struct tally *t = &rule->tallies[i];

                if (t->kind == TALLY_SCORE && t->half == half && ww_str_equal(rule->aliases[t->alias].alias, alias) &&
                    ww_str_equal(t->capture == CAPTURE_NONE ? WW_STR_NONE : rule->captures[t->capture].field->name,
                                 field))
                        return (int)i;
        }
        return -1;
}

static void captures_read(struct rd *in, struct saved_rule *saved) {
        for (size_t i = 0; i < saved->n_captures; i++) {
                struct ww_str field = rd_str(in);

                saved->capture[i] = -1;
                for (size_t j = 0; saved->rule && j < saved->rule->n_captures; j++)
                        if (ww_str_equal(saved->rule->captures[j].field->name, field))
                                saved->capture[i] = (int)j;
        }
}

static int rule_load(struct correlate *c, struct rd *in, bool strict, struct saved_rule *saved, uint64_t *ret_n) {
        struct ww_str name = rd_str(in);
        uint64_t state_hash = rd_u64(in), hash = rd_u64(in), told = rd_var(in);
        struct order derived_at = order_read(in);
        uint64_t n_derived = rd_var(in), n_late = rd_var(in);
        int64_t partial_until = time_load(in);
        const struct rule *rule = correlate_rule(c->rules, name);
        struct rule_state *s;

        *saved = (struct saved_rule){ .n_captures = rd_var(in) };
        if (in->failed || saved->n_captures > RULE_CAPTURES_MAX)
                return -EBADMSG;
        if (rule && rule->state_hash == state_hash) {
                saved->rule = rule;
                saved->same = rule->hash == hash;
                s = &c->by_rule[rule->number];
                s->told = (uint32_t)told;
                s->derived_at = derived_at;
                s->n_derived = (uint32_t)n_derived;
                s->n_late = (uint32_t)n_late;
                s->partial_until = partial_until;
        } else if (strict) {
                return -EBADMSG;
        }
        captures_read(in, saved);
        saved->n_scores = rd_var(in);
        if (in->failed || saved->n_scores > RULE_AGGREGATES_MAX)
                return -EBADMSG;
        for (size_t i = 0; i < saved->n_scores; i++) {
                struct ww_str alias = rd_str(in), field = rd_str(in);

                saved->score[i] = score_find(saved->rule, alias, field, rd_time(in));
        }
        *ret_n = rd_var(in);
        return in->failed ? -EBADMSG : 0;
}

static int head_load(struct correlate *c, struct rd *in) {
        uint64_t *figures[] = { &c->figures.events,     &c->figures.matched, &c->figures.skipped_key_missing,
                                &c->figures.detections, &c->figures.evicted, &c->figures.refused };
        int r;

        if (rd_u8(in) != SAVE_VERSION)
                return -EBADMSG;
        c->now = time_load(in);
        r = blind_load(c, in);
        if (!r)
                r = standing_load(c->standing, in);
        if (!r)
                r = lost_load(c->lost, in);
        if (r)
                return r;
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
                *figures[i] = rd_var(in);
        return in->failed ? -EBADMSG : 0;
}

/* A million keys are a million places of a large table: each is asked for while those before it are read. */
#define KEYS_AHEAD 16

static void key_load_ahead(const struct correlate *c, struct rd *ahead, const struct saved_rule *saved) {
        struct rd in = rd_init(rd_str(ahead));
        struct ww_str text = rd_str(&in);
        uint8_t flags = rd_u8(&in);

        if (saved->rule && !ahead->failed && !in.failed)
                key_expect(c, saved->rule->number, flags & KEY_EXERCISE, text);
}

/* the n keys of a rule, into `keys` */
static int keys_load(struct correlate *c, struct rd *in, const struct saved_rule *saved, size_t n, struct key **keys) {
        struct rd ahead = *in;
        int r = 0;

        for (size_t i = 0; i < KEYS_AHEAD && i < n; i++)
                key_load_ahead(c, &ahead, saved);
        for (size_t i = 0; i < n && !r; i++) {
                if (n - i > KEYS_AHEAD)
                        key_load_ahead(c, &ahead, saved);
                r = save_key_load(c, in, saved, &keys[i]);
        }
        return r;
}

static int rules_load(struct correlate *c, struct rd *in, bool strict) {
        _cleanup_free_ struct key **keys = NULL;
        uint64_t n_keys = rd_var(in), n_rules = rd_var(in);
        size_t at = 0;

        if (in->failed || n_keys > rd_left(in) || n_rules > rd_left(in))
                return -EBADMSG;
        keys = calloc(n_keys + 1, sizeof(struct key *));
        if (!keys || keys_reserve(c, n_keys) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < n_rules; i++) {
                struct saved_rule saved;
                uint64_t n = 0;
                int r = rule_load(c, in, strict, &saved, &n);

                if (!r)
                        r = n <= n_keys - at ? keys_load(c, in, &saved, n, keys + at) : -EBADMSG;
                if (r)
                        return r;
                at += n;
        }
        return lanes_load(c, in, keys, at);
}

int save_rules_load(struct correlate *c, struct rd *in, bool strict) {
        int r;

        c->loading = true;
        r = rules_load(c, in, strict);
        c->loading = false;
        return r;
}

int correlate_load(struct correlate *c, struct rd *in) {
        int r;

        for (size_t i = 0; i < c->rules->n; i++)
                while (c->by_rule[i].first)
                        key_free(c, rule_first(c, i));
        r = head_load(c, in);
        return r ? r : save_rules_load(c, in, true);
}

#include "command/verify_checkpoint.h"

#include "base/span.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- reading --- */

static int checkpoint_keep(struct verify_checkpoints *c, const struct proof_checkpoint *read) {
        if (c->n == c->capacity) {
                size_t wanted = c->capacity ? c->capacity * 2 : 256;
                struct proof_checkpoint *more = reallocarray(c->items, wanted, sizeof *more);

                if (!more)
                        return -ENOMEM;
                c->items = more;
                c->capacity = wanted;
        }
        c->items[c->n++] = *read;
        return 0;
}

static int checkpoint_take(struct verify_checkpoints *c, struct ww_str line, bool captured) {
        struct proof_checkpoint read;
        struct proof_handover handover;
        int e = proof_handover_read(line, &handover);

        if (e == 0)
                return verify_keys_add(&c->keys, &handover);
        if (e == PROOF_E_OTHER)
                e = proof_checkpoint_read(line, &read);
        if (e == 0) {
                read.captured = captured;
                return checkpoint_keep(c, &read);
        }
        c->bad += e > 0 && line.n > 0;
        return e < 0 ? e : 0;
}

int verify_checkpoints_line(struct verify_checkpoints *c, struct ww_str line) {
        return checkpoint_take(c, line, false);
}

static int by_number(const void *a, const void *b) {
        const struct proof_checkpoint *x = a, *y = b;

        if (x->number != y->number)
                return x->number < y->number ? -1 : 1;
        return x->captured - y->captured;
}

/* What was captured comes again at each reconnection, and stands in the file as well. */
static void repeated_drop(struct verify_checkpoints *c) {
        size_t kept = 0;

        for (size_t i = 0; i < c->n; i++) {
                bool again = false;

                for (size_t j = kept; j > 0 && c->items[i].captured && c->items[j - 1].number == c->items[i].number;
                     j--)
                        again |= memcmp(c->items[j - 1].digest, c->items[i].digest, PROOF_HASH) == 0;
                if (!again)
                        c->items[kept++] = c->items[i];
        }
        c->n = kept;
}

/* Those of a part of the chain that was lost when the database was set back, as a later one says. */
static int superseded_mark(struct verify_checkpoints *c) {
        free(c->superseded);
        c->superseded = calloc(c->n + 1, sizeof *c->superseded);
        if (!c->superseded)
                return -ENOMEM;
        for (size_t j = 0; j < c->n; j++) {
                for (size_t i = 0; i < j && c->items[j].set_back; i++) {
                        if (memcmp(c->items[i].journal_id, c->items[j].journal_id, 16) == 0 &&
                            c->items[i].seq >= c->items[j].set_back)
                                c->superseded[i] = true;
                }
        }
        return 0;
}

int verify_checkpoints_ready(struct verify_checkpoints *c, const char *keys) {
        c->keys.wanted = keys;
        if (c->n > 1)
                qsort(c->items, c->n, sizeof *c->items, by_number);
        repeated_drop(c);
        c->n = verify_keys_sift(&c->keys, c->items, c->n, &c->bad, &c->retired);
        return superseded_mark(c);
}

int verify_checkpoints_read(struct verify_checkpoints *c, const char *path, bool captured) {
        FILE *file = fopen(path, "re");
        char *line = NULL;
        size_t size = 0;
        ssize_t n;
        int e = 0;

        if (!file) {
                (void)fprintf(stderr, "wardwatch verify: %s: %s\n", path, strerror(errno));
                return REPLAY_E_TOLD;
        }
        while (!e && (n = getline(&line, &size, file)) >= 0) {
                while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
                        n--;
                e = checkpoint_take(c, (struct ww_str){ line, (size_t)n }, captured);
        }
        free(line);
        (void)fclose(file);
        return e;
}

void verify_checkpoints_deinit(struct verify_checkpoints *c) {
        free(c->items);
        free(c->superseded);
        verify_keys_deinit(&c->keys);
        *c = (struct verify_checkpoints){ 0 };
}

/* --- against the chain --- */

static bool is_ours(const struct proof_checkpoint *p, const struct verify *v) {
        return memcmp(p->journal_id, v->journal_id, sizeof p->journal_id) == 0;
}

static void tell(struct verify *v, enum verify_kind kind, const struct proof_checkpoint *p, const char *what) {
        char when[32];

        instant_format(p->time, when);
        verify_tell(v, kind, "", p->segment, NULL, "checkpoint %" PRIu64 " of %s (input %" PRIu64 "): %s", p->number,
                    when, p->seq, what);
}

static const struct verify_segment *segment_of(const struct verify_window *w, uint64_t number) {
        uint64_t first = w->segments[0].segment;

        for (size_t i = number >= first && number - first < w->n ? (size_t)(number - first) : 0; i < w->n; i++) {
                if (w->segments[i].segment == number)
                        return &w->segments[i];
        }
        return NULL;
}

void verify_checkpoints_window(struct verify_checkpoints *c, struct verify *v, const struct verify_window *w) {
        for (size_t i = 0; i < c->n; i++) {
                const struct proof_checkpoint *p = &c->items[i];
                const struct verify_segment *s;

                if (p->segment < w->segments[0].segment || p->segment > w->segments[w->n - 1].segment ||
                    !is_ours(p, v) || c->superseded[i])
                        continue;
                s = segment_of(w, p->segment);
                if (!s && v->selected)
                        continue;
                if (!s && v->removed_at && v->removed_at(v->userdata, p->segment, p->hash))
                        continue;
                if (!s || s->last_seq != p->seq || memcmp(s->hash, p->hash, PROOF_HASH) != 0)
                        tell(v, VERIFY_CHECKPOINT_CONTRADICTS, p,
                             "the chain had another hash then: it was made anew, or altered before");
                else if (p->segment > c->reached)
                        c->reached = p->segment;
        }
}

bool verify_checkpoints_confirm(const struct verify_checkpoints *c, const struct verify *v,
                                const struct verify_segment *s) {
        for (size_t i = 0; i < c->n; i++) {
                if (c->items[i].segment == s->segment && is_ours(&c->items[i], v) && !c->superseded[i] &&
                    memcmp(c->items[i].hash, s->hash, PROOF_HASH) == 0)
                        return true;
        }
        return false;
}

const struct proof_checkpoint *verify_checkpoints_after(const struct verify_checkpoints *c,
                                                        const uint8_t journal_id[16], uint64_t segment) {
        for (size_t i = 0; i < c->n; i++) {
                if (c->items[i].segment >= segment && !c->superseded[i] &&
                    memcmp(c->items[i].journal_id, journal_id, 16) == 0)
                        return &c->items[i];
        }
        return NULL;
}

/* One number after the other, each naming the one before, none older than that. What was captured may have gaps, but
 * says nothing else than the file. */
static void among_themselves(const struct verify_checkpoints *c, struct verify *v) {
        const struct proof_checkpoint *last = NULL, *filed = NULL;

        for (size_t i = 0; i < c->n; i++) {
                const struct proof_checkpoint *p = &c->items[i];

                if (!is_ours(p, v))
                        continue;
                if (p->captured && last && last->number == p->number) {
                        tell(v, VERIFY_CHECKPOINT_CONTRADICTS, p,
                             "another one of its number was signed: one of them was made anew");
                        continue;
                }
                if (!p->captured && p->number != (filed ? filed->number + 1 : 1))
                        tell(v, VERIFY_CHECKPOINT_DELETED, p, "one or more before it are missing in the file");
                else if (last && p->number == last->number + 1 && memcmp(p->previous, last->digest, PROOF_HASH) != 0)
                        tell(v, VERIFY_CHECKPOINT_ALTERED, p, "it does not follow the one before it");
                if (last && p->time < last->time)
                        tell(v, VERIFY_CHECKPOINT_ALTERED, p, "its time is before that of the one before it");
                if (last && !verify_keys_follow(&c->keys, last->key, p->key))
                        tell(v, VERIFY_CHECKPOINT_UNSIGNED, p,
                             "another key has signed it than the one before, which did not hand over to it");
                last = p;
                filed = p->captured ? filed : p;
        }
}

size_t verify_checkpoints_end(struct verify_checkpoints *c, struct verify *v) {
        size_t held = 0;

        for (size_t i = 0; i < c->n; i++) {
                const struct proof_checkpoint *p = &c->items[i];

                if (!is_ours(p, v) || c->superseded[i])
                        continue;
                held++;
                if (p->segment > v->last.segment && !v->selected)
                        tell(v, VERIFY_SEGMENT_DELETED, p, "the chain is not that long: its end was cut off");
        }
        if (!v->selected)
                among_themselves(c, v);
        return held;
}

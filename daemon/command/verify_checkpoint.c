#include "command/verify_checkpoint.h"

#include "base/span.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- reading --- */

static bool key_known(const char *keys, const uint8_t key[crypto_sign_PUBLICKEYBYTES]) {
        char hex[2 * crypto_sign_PUBLICKEYBYTES + 1];

        (void)sodium_bin2hex(hex, sizeof hex, key, crypto_sign_PUBLICKEYBYTES);
        return !keys || strstr(keys, hex) != NULL;
}

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

int verify_checkpoints_line(struct verify_checkpoints *c, struct ww_str line, const char *keys) {
        struct proof_checkpoint read;
        int e = proof_checkpoint_read(line, &read);

        if (e < 0)
                return e;
        if (e == 0 && key_known(keys, read.key))
                return checkpoint_keep(c, &read);
        c->bad += line.n > 0;
        return 0;
}

static int by_number(const void *a, const void *b) {
        const struct proof_checkpoint *x = a, *y = b;

        return x->number < y->number ? -1 : x->number > y->number;
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

int verify_checkpoints_ready(struct verify_checkpoints *c) {
        if (c->n > 1)
                qsort(c->items, c->n, sizeof *c->items, by_number);
        return superseded_mark(c);
}

int verify_checkpoints_read(struct verify_checkpoints *c, const char *path, const char *keys) {
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
                e = verify_checkpoints_line(c, (struct ww_str){ line, (size_t)n }, keys);
        }
        free(line);
        (void)fclose(file);
        return e ? e : verify_checkpoints_ready(c);
}

void verify_checkpoints_deinit(struct verify_checkpoints *c) {
        free(c->items);
        free(c->superseded);
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

/* One number after the other, each naming the one before, none older than that. */
static void among_themselves(const struct verify_checkpoints *c, struct verify *v) {
        const struct proof_checkpoint *last = NULL;

        for (size_t i = 0; i < c->n; i++) {
                const struct proof_checkpoint *p = &c->items[i];

                if (!is_ours(p, v))
                        continue;
                if (p->number != (last ? last->number + 1 : 1))
                        tell(v, VERIFY_CHECKPOINT_DELETED, p, "one or more before it are missing in the file");
                else if (last && memcmp(p->previous, last->digest, PROOF_HASH) != 0)
                        tell(v, VERIFY_CHECKPOINT_ALTERED, p, "it does not follow the one before it");
                if (last && p->time < last->time)
                        tell(v, VERIFY_CHECKPOINT_ALTERED, p, "its time is before that of the one before it");
                last = p;
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

/*
 * The episodes of a key that are over, as far as the guard of another rule may still ask for them: a guard is read as
 * of a moment of event time, which may lie behind the watermark of the rule that asks by all that its window holds.
 */
#include "correlate/state.h"

#define SPELLS_MAX 256 /* of a key; each takes 16 bytes */

/* an episode that is over: [opened, closed) */
struct spell {
        int64_t opened, closed;
};

struct spells {
        uint32_t n, capacity;
        struct spell list[]; /* oldest first */
};

/* nobody asks for anything that was over by then; NEVER: nobody asks at all */
static int64_t asked_from(const struct correlate *c, uint32_t rule) {
        const struct rule *asked = &c->rules->rules[rule];
        int64_t from = WW_TIME_NEVER;

        for (size_t i = 0; i < asked->n_askers; i++) {
                int64_t memory = watermark_memory(c, &c->rules->rules[asked->askers[i]]);

                from = time_earlier(memory, from);
        }
        return from;
}

static void forget(struct spells *s, uint32_t n) {
        s->n -= n;
        memmove(s->list, s->list + n, s->n * sizeof *s->list);
}

static void forget_before(struct spells *s, int64_t time) {
        uint32_t n = 0;

        while (n < s->n && s->list[n].closed <= time)
                n++;
        forget(s, n);
}

/* Room for one more. Of more than the limit the oldest goes: a guard that asks for it, asks for nothing. */
static struct spells *room(struct spells *s) {
        uint32_t capacity = s ? s->capacity : 0;

        if (s && s->n == SPELLS_MAX)
                forget(s, 1);
        if (s && s->n < capacity)
                return s;
        capacity = capacity ? capacity * 2 : 2;
        s = realloc(s, sizeof *s + capacity * sizeof *s->list);
        if (!s)
                return NULL;
        s->n = capacity == 2 ? 0 : s->n;
        s->capacity = capacity;
        return s;
}

int spells_add(struct correlate *c, struct key *k, int64_t opened, int64_t closed) {
        int64_t from = asked_from(c, k->rule);
        struct spells *s = key_extra(k)->past;

        if (s)
                forget_before(s, from);
        if (closed <= from)
                return 0;
        s = key_extend(c, k) < 0 ? NULL : room(s);
        if (!s)
                return -ENOMEM;
        key_more(k)->past = s;
        s->list[s->n++] = (struct spell){ opened, closed };
        return 0;
}

bool spells_open(const struct key *k, int64_t time) {
        const struct extra *x = key_extra(k);

        if ((k->flags & KEY_OPEN) && key_opened(k) <= time)
                return true;
        for (uint32_t i = 0; x->past && i < x->past->n; i++)
                if (x->past->list[i].opened <= time && time < x->past->list[i].closed)
                        return true;
        return false;
}

static int64_t sooner(int64_t time, int64_t after, int64_t next) {
        return time > after && time < next ? time : next;
}

int64_t spells_next(const struct key *k, int64_t after) {
        const struct extra *x = key_extra(k);
        int64_t next = WW_TIME_NEVER;

        if (k->flags & KEY_OPEN)
                next = sooner(key_opened(k), after, next);
        for (uint32_t i = 0; x->past && i < x->past->n; i++)
                next = sooner(x->past->list[i].closed, after, sooner(x->past->list[i].opened, after, next));
        return next;
}

bool spells_asked(const struct correlate *c, const struct key *k) {
        const struct spells *s = key_extra(k)->past;

        return s && s->n && s->list[s->n - 1].closed > asked_from(c, k->rule);
}

void spells_save(const struct key *k, struct buf *out) {
        const struct spells *s = key_extra(k)->past;

        buf_put_var(out, s ? s->n : 0);
        for (uint32_t i = 0; s && i < s->n; i++) {
                buf_put_time(out, s->list[i].opened);
                buf_put_time(out, s->list[i].closed);
        }
}

int spells_load(struct correlate *c, struct rd *in, struct key *k) {
        uint64_t n = rd_var(in);

        if (in->failed || n > SPELLS_MAX)
                return -EBADMSG;
        if (n && key_extend(c, k) < 0)
                return -ENOMEM;
        for (uint64_t i = 0; i < n; i++) {
                struct spells *s = room(key_more(k)->past);

                if (!s)
                        return -ENOMEM;
                key_more(k)->past = s;
                s->list[s->n].opened = time_load(in);
                s->list[s->n++].closed = time_load(in);
        }
        return in->failed ? -EBADMSG : 0;
}

/* Running a pattern: all threads of the program in step, one byte of the subject at a time. */
#include "expr/pattern_internal.h"

struct threads {
        uint16_t at[PATTERN_CODE_MAX];
        size_t n;
};

struct run {
        const struct pattern *p;
        struct ww_str subject;
        uint32_t seen[PATTERN_CODE_MAX]; /* position + 1 at which a step was last entered */
        bool matched;
};

/* Follows what takes no byte, from step `from`, at position `at` of the subject. */
static void threads_add(struct run *r, struct threads *t, uint16_t from, size_t at) {
        uint16_t todo[PATTERN_CODE_MAX + 1];
        size_t n = 0;

        todo[n++] = from;
        while (n) {
                uint16_t i = todo[--n];
                const struct step *s = &r->p->steps[i];

                if (r->seen[i] == at + 1)
                        continue;
                r->seen[i] = (uint32_t)at + 1;
                if (s->op == STEP_SPLIT || s->op == STEP_JUMP)
                        todo[n++] = (uint16_t)(i + s->x);
                if (s->op == STEP_SPLIT)
                        todo[n++] = (uint16_t)(i + s->y);
                if ((s->op == STEP_FIRST && at == 0) || (s->op == STEP_LAST && at == r->subject.n))
                        todo[n++] = (uint16_t)(i + 1);
                if (s->op == STEP_BYTE || s->op == STEP_SET)
                        t->at[t->n++] = i;
                r->matched = r->matched || s->op == STEP_MATCH;
        }
}

static bool step_takes(const struct pattern *p, const struct step *s, uint8_t byte) {
        return s->op == STEP_BYTE ? s->byte == byte : byte_set_has(&p->sets[s->set], byte);
}

bool pattern_matches(const struct pattern *p, struct ww_str subject) {
        struct run r = { .p = p, .subject = subject, .matched = false };
        struct threads a, b, *now = &a, *next = &b, *swap;

        if (subject.n > PATTERN_SUBJECT_MAX)
                return false;
        memset(r.seen, 0, p->n_steps * sizeof *r.seen);
        a.n = 0;
        for (size_t at = 0; at <= subject.n && !r.matched; at++) {
                threads_add(&r, now, 0, at);
                if (r.matched || at == subject.n)
                        break;
                next->n = 0;
                for (size_t i = 0; i < now->n && !r.matched; i++)
                        if (step_takes(p, &p->steps[now->at[i]], (uint8_t)subject.p[at]))
                                threads_add(&r, next, (uint16_t)(now->at[i] + 1), at + 1);
                swap = now;
                now = next;
                next = swap;
        }
        return r.matched;
}

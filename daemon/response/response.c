/* Life of the stage, its clock, and what others may look at. */
#include "response/incident.h"

int response_new(struct response **ret, const struct response_rules *rules, const struct site *site,
                 const struct response_sink *sink) {
        struct response *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        r->rules = rules;
        r->site = site;
        r->sink = *sink;
        for (size_t i = 0; i < WW_SUBJECT_MAX_; i++)
                TAILQ_INIT(&r->of_kind[i]);
        TAILQ_INIT(&r->running);
        TAILQ_INIT(&r->ended);
        r->settle_at = posts_watched(r) ? 0 : WW_TIME_NEVER;
        *ret = r;
        return 0;
}

struct response *response_free(struct response *r) {
        struct subject *s, *next;

        if (!r)
                return NULL;
        HASH_ITER(hh, r->subjects, s, next) {
                if (s->kind == WW_SUBJECT_INCIDENT)
                        s->first = s->members = NULL;
                s->at = NULL;
                subject_forget(r, s);
        }
        response_free_gone(r);
        gather_free(r);
        flood_free(r);
        covert_free(r);
        free(r->heap);
        free(r);
        return NULL;
}

static int settle(struct response *r, int64_t now) {
        int e = r->old_members ? members_from_old(r, now) : 0;

        r->settle_at = WW_TIME_NEVER;
        return e ? e : posts_settle(r, now);
}

int response_time(struct response *r, int64_t now) {
        int e = r->settle_at <= now ? settle(r, now) : 0;

        while (!e && r->n_heap && r->heap[0]->due <= now) {
                struct subject *s = r->heap[0];
                uint64_t version = s->version;

                e = subject_kinds[s->kind].fire(r, s, now);
                if (!e && s->place != SUBJECT_HEAP_NONE && s->version == version)
                        return -ELOOP; /* a timer that nothing comes of would hold the engine for ever */
        }
        response_free_gone(r);
        return e;
}

int response_swap(struct response *r, const struct response_rules *rules, const struct site *site, int64_t now) {
        struct subject *s;

        r->rules = rules;
        r->site = site;
        TAILQ_FOREACH(s, &r->of_kind[WW_SUBJECT_MEMBER], order)
        member_know(r, s);
        if (posts_watched(r))
                r->settle_at = now;
        return gather_again(r);
}

void response_count(struct response *r) {
        struct subject *s, *next;

        r->closed = 0;
        HASH_ITER(hh, r->subjects, s, next) {
                if (s->kind == WW_SUBJECT_STEP)
                        subject_wait(r, s, body_is(s, "state", "running"));
                if (s->kind == WW_SUBJECT_INCIDENT && s->ended) {
                        subject_keep(r, s, true);
                        r->closed++;
                }
        }
}

/* --- what is live --- */

static int visit_one(const struct subject *s, response_visit visit, void *userdata) {
        _cleanup_free_ char *text = NULL;
        struct ww_change change;
        int e = subject_as_change(s, &change, &text);

        return e ? e : visit(userdata, &change);
}

int response_each(const struct response *r, uint64_t from, response_visit visit, void *userdata) {
        int e = 0;

        for (size_t kind = 0; !e && kind < WW_SUBJECT_MAX_; kind++) {
                const struct subject *s = TAILQ_LAST(&r->of_kind[kind], subject_queue);

                if (!s || s->key < from)
                        continue;
                for (s = TAILQ_FIRST(&r->of_kind[kind]); !e && s; s = TAILQ_NEXT(s, order))
                        if (s->key >= from && subject_live(r, s))
                                e = visit_one(s, visit, userdata);
        }
        return e;
}

int response_find(const struct response *r, uint64_t key, response_visit visit, void *userdata) {
        const struct subject *s = subject_find(r, ww_change_key_subject(key), ww_change_key_id(key));

        return s && subject_live(r, s) ? visit_one(s, visit, userdata) : -ENOENT;
}

int response_each_of(const struct response *r, uint64_t incident, int (*visit)(void *userdata, uint64_t key),
                     void *userdata) {
        const struct subject *s = subject_find(r, WW_SUBJECT_INCIDENT, incident);
        int e = 0;

        for (const struct subject *one = s ? s->members : NULL; !e && one; one = one->next)
                e = visit(userdata, one->key);
        for (const struct subject *one = s ? s->first : NULL; !e && one; one = one->next)
                e = visit(userdata, one->key);
        return e;
}

static size_t count_live(const struct response *r, enum ww_subject kind) {
        const struct subject *s;
        size_t n = 0;

        TAILQ_FOREACH(s, &r->of_kind[kind], order)
        n += subject_live(r, s);
        return n;
}

static size_t count_steps(const struct response *r) {
        const struct subject *s;
        size_t n = 0;

        TAILQ_FOREACH(s, &r->of_kind[WW_SUBJECT_STEP], order)
        n += subject_live(r, s) && !body_is(s, "state", "done") && !body_is(s, "state", "skipped");
        return n;
}

void response_figures(const struct response *r, int64_t now, struct response_figures *ret) {
        *ret = (struct response_figures){
                .changes = r->changes,
                .refused = r->refused,
                .forgotten = r->forgotten,
                .crowded = r->crowded,
                .subjects = HASH_COUNT(r->subjects),
                .incidents = r->incidents - r->closed,
                .steps = count_steps(r),
                .ladders = count_live(r, WW_SUBJECT_ESCALATION),
                .notifications = count_live(r, WW_SUBJECT_NOTIFICATION),
                .waiting = r->waiting,
                .rate = flood_rate(r, now),
                .peak = r->flood.peak,
                .flood = r->flood.subject != 0,
                .understaffed = posts_understaffed(r),
                .chattering = flood_chattering(r, now),
        };
}

/*
 * Posts that say how many people they take (`manning`), and whether they are there.
 *
 * At a post is who has begun a shift there, and a guard of that post who is free: one who was sent elsewhere has left
 * it. Somebody who is both counts once. How many are wanted is said by the first entry of `manning` whose hours last;
 * where none does, nobody is.
 *
 *     manned ──too few──► understaffed ──enough, or the hours end──► manned
 *
 * Each post that is watched is a subject. It is looked at when a shift or a guard changes, when hours begin or end, and
 * after other rules came: r->settle_at says when next. That a post becomes short, or is not any more, is told as an
 * event as well, so that rules make of it what the site wants: how long it may be so is theirs to say.
 */
#include "response/people.h"

struct staff {
        size_t wanted, there;
        json_t *people; /* their names */
};

static bool is_watched(const struct post *post) {
        return post && post->n_manning;
}

static size_t wanted_at(const struct response *r, const struct post *post, int64_t now) {
        for (size_t i = 0; i < post->n_manning; i++) {
                const struct manning *m = &post->manning[i];

                if (m->schedule == SITE_NONE || site_schedule_open(r->site, m->schedule, now))
                        return (size_t)m->persons;
        }
        return 0;
}

static int64_t next_edge(const struct response *r, const struct post *post, int64_t now) {
        int64_t first = WW_TIME_NEVER;

        for (size_t i = 0; i < post->n_manning; i++) {
                uint32_t schedule = post->manning[i].schedule;
                int64_t edge = schedule == SITE_NONE ? WW_TIME_NEVER : site_schedule_edge(r->site, schedule, now);

                first = edge < first ? edge : first;
        }
        return first;
}

static bool is_listed(const json_t *people, const char *name) {
        json_t *one;
        size_t i;

        json_array_foreach(people, i, one) {
                if (strcmp(json_string_value(one), name) == 0)
                        return true;
        }
        return false;
}

static int list_those(const struct response *r, enum ww_subject kind, const char *member, const char *status,
                      struct ww_str post, json_t *people) {
        const struct subject *s;

        TAILQ_FOREACH(s, &r->of_kind[kind], order) {
                const char *name = body_text(s, member);

                if (subject_live(r, s) && ww_str_is(post, body_text(s, "post")) &&
                    (!status || body_is(s, "status", status)) && !is_listed(people, name) &&
                    json_array_append_new(people, json_string(name)) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int staff_of(const struct response *r, const struct post *post, int64_t now, struct staff *ret) {
        int e;

        *ret = (struct staff){ .wanted = wanted_at(r, post, now), .people = json_array() };
        if (!ret->people)
                return -ENOMEM;
        e = list_those(r, WW_SUBJECT_SHIFT, "person", NULL, post->name, ret->people);
        if (!e)
                e = list_those(r, WW_SUBJECT_GUARD, "name", "free", post->name, ret->people);
        ret->there = json_array_size(ret->people);
        return e;
}

static int tell_event(struct response *r, const struct subject *s, bool understaffed) {
        const struct response_staffing told = {
                .post = ww_str(body_text(s, "name")),
                .zone = ww_str(body_text(s, "zone")),
                .understaffed = understaffed,
                .wanted = body_number(s, "wanted"),
                .there = body_number(s, "there"),
        };

        return r->sink.staffing ? r->sink.staffing(r->sink.userdata, &told) : 0;
}

static bool is_same(const struct subject *s, const struct post *post, const struct staff *staff) {
        return s->version && body_number(s, "wanted") == staff->wanted &&
               ww_str_is(post->title, body_text(s, "title")) && ww_str_is(post->zone, body_text(s, "zone")) &&
               json_equal(json_object_get(s->body, "people"), staff->people);
}

static int tell(struct response *r, struct subject *s, const struct post *post, const struct staff *staff,
                int64_t now) {
        const char *state = staff->there < staff->wanted ? "understaffed" : "manned";
        bool turns = !body_is(s, "state", state);
        int e;

        body_set_text(s, "title", post->title);
        body_set_text(s, "zone", post->zone);
        body_set_number(s, "wanted", staff->wanted);
        body_set_number(s, "there", staff->there);
        body_set(s, "people", json_incref(staff->people));
        if (turns) {
                body_set_name(s, "state", state);
                body_set_time(s, "since", now);
        }
        e = subject_changed(r, s, turns ? state : "changed", &ACT_TIMER(now));
        return e || !turns ? e : tell_event(r, s, staff->there < staff->wanted);
}

static struct subject *post_new(struct response *r, const struct post *post) {
        struct subject *s = subject_new(r, WW_SUBJECT_POST, NULL);

        if (s)
                body_set_text(s, "name", post->name);
        return s;
}

static int look(struct response *r, const struct post *post, int64_t now) {
        struct subject *s = people_find(r, WW_SUBJECT_POST, "name", post->name);
        struct staff staff;
        int e = staff_of(r, post, now, &staff);

        if (!e && !s) {
                s = post_new(r, post);
                e = s ? 0 : -ENOMEM;
        }
        if (!e && !is_same(s, post, &staff))
                e = tell(r, s, post, &staff, now);
        json_decref(staff.people);
        return e;
}

/* Other rules do not watch it any more: nobody is missing. */
static int drop_unwatched(struct response *r, int64_t now) {
        struct subject *s, *next;
        int e = 0;

        for (s = TAILQ_FIRST(&r->of_kind[WW_SUBJECT_POST]); !e && s; s = next) {
                next = TAILQ_NEXT(s, order);
                if (is_watched(rules_post(r->rules, ww_str(body_text(s, "name")))))
                        continue;
                if (body_is(s, "state", "understaffed"))
                        e = tell_event(r, s, false);
                body_set_name(s, "state", "unwatched");
                if (!e)
                        e = people_end(r, s, "unwatched", &ACT_TIMER(now));
        }
        return e;
}

int posts_settle(struct response *r, int64_t now) {
        int64_t first = WW_TIME_NEVER;
        int e = drop_unwatched(r, now);

        for (size_t i = 0; !e && i < r->rules->n_posts; i++) {
                const struct post *post = &r->rules->posts[i];
                int64_t edge = next_edge(r, post, now);

                if (is_watched(post))
                        e = look(r, post, now);
                first = edge < first ? edge : first;
        }
        if (first < r->settle_at)
                r->settle_at = first;
        return e;
}

bool posts_watched(const struct response *r) {
        for (size_t i = 0; i < r->rules->n_posts; i++)
                if (is_watched(&r->rules->posts[i]))
                        return true;
        return !TAILQ_EMPTY(&r->of_kind[WW_SUBJECT_POST]);
}

size_t posts_understaffed(const struct response *r) {
        const struct subject *s;
        size_t n = 0;

        TAILQ_FOREACH(s, &r->of_kind[WW_SUBJECT_POST], order)
        n += body_is(s, "state", "understaffed");
        return n;
}

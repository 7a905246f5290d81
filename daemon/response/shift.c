/*
 * Shifts: who is on duty, and where. Who goes has what is open accepted by the next (handover.c); else nothing that he
 * acknowledged counts as seen any more, and every alarm that was acknowledged asks again.
 */
#include "response/people.h"

#include "response/verbs_run.h"

struct subject *shift_of(const struct response *r, struct ww_str person) {
        return people_find(r, WW_SUBJECT_SHIFT, "person", person);
}

int verb_shift_begin(struct response_call *c) {
        struct subject *s = shift_of(c->r, c->act.actor);
        struct ww_str post;
        int r = call_post(c, &post);

        if (!r && s)
                r = call_refuse(c, REFUSED_STATE, "you are on duty: shift %llu", (unsigned long long)s->id);
        if (!r)
                r = people_room(c, WW_SUBJECT_SHIFT, SHIFTS_MAX);
        if (r)
                return r;
        s = subject_new(c->r, WW_SUBJECT_SHIFT, NULL);
        if (!s)
                return -ENOMEM;
        body_set_text(s, "person", c->act.actor);
        body_set_text(s, "post", post);
        body_set_name(s, "state", "on");
        body_set_time(s, "began_at", c->act.now);
        body_set_time(s, "ended_at", WW_TIME_NONE);
        body_set_name(s, "accepted_by", "");
        body_set_time(s, "accepted_at", WW_TIME_NONE);
        body_set_number(s, "left_open", 0);
        return subject_changed(c->r, s, "begun", &c->act);
}

/* One's own, or, by a supervisor, anybody's. */
static int shift_to_end(struct response_call *c, struct subject **ret) {
        const json_t *named = json_object_get(c->request, "shift");

        if (named && !json_is_null(named)) {
                int r = call_subject(c, WW_SUBJECT_SHIFT, ret);

                if (r || ww_str_is(c->act.actor, body_text(*ret, "person")) || c->roles & ALARM_ROLE_SUPERVISOR)
                        return r;
                return call_refuse(c, REFUSED_ROLE, "it is the shift of %s", body_text(*ret, "person"));
        }
        *ret = shift_of(c->r, c->act.actor);
        return *ret ? 0 : call_refuse(c, REFUSED_STATE, "you are not on duty");
}

static int count_open(const struct response *r, size_t *ret) {
        json_t *items;
        size_t more;
        int e = handover_items(r, &items, &more);

        if (e)
                return e;
        *ret = json_array_size(items) + more;
        json_decref(items);
        return 0;
}

/* Who stays on long after it was accepted hands over anew. */
static bool accepted_lately(const struct response *r, const struct subject *s, int64_t now) {
        int64_t at = body_time(s, "accepted_at");

        return at != WW_TIME_NONE && now - at <= 2 * r->rules->handover_within;
}

/* The last thing: what comes back from it may free what was forgotten before. */
static int unaccept(struct response *r, int64_t now) {
        return r->sink.unaccept ? r->sink.unaccept(r->sink.userdata, now) : 0;
}

int verb_shift_end(struct response_call *c) {
        struct response *stage = c->r;
        struct subject *s;
        size_t open;
        bool accepted;
        int r = shift_to_end(c, &s);

        if (!r)
                r = count_open(stage, &open);
        if (r)
                return r;
        accepted = !open || accepted_lately(stage, s, c->act.now);
        body_set_name(s, "state", "ended");
        body_set_time(s, "ended_at", c->act.now);
        body_set_number(s, "left_open", accepted ? 0 : open);
        r = people_end(stage, s, accepted ? "ended" : "ended-unaccepted", &c->act);
        return r || accepted ? r : unaccept(stage, c->act.now);
}

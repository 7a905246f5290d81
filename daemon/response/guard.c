/*
 * Guards: where they are and what they do.
 *
 *     off ◄──by hand──► free ──dispatch──► assigned ──arrived──► on-scene ──dispatch-done──► free
 *                                              └──dispatch-cancel──► free
 *
 * A checkpoint that a guard scans says where he is, that he is on duty, and, in the zone that he was sent to, that he
 * has arrived.
 */
#include "response/people.h"

#include "response/verbs_run.h"

static int set_new(struct response_call *c, struct ww_str name, struct subject **ret) {
        int r = people_room(c, WW_SUBJECT_GUARD, GUARDS_MAX);

        if (r)
                return r;
        *ret = subject_new(c->r, WW_SUBJECT_GUARD, NULL);
        if (!*ret)
                return -ENOMEM;
        body_set_text(*ret, "name", name);
        body_set_name(*ret, "badge", "");
        body_set_name(*ret, "zone", "");
        body_set_name(*ret, "post", "");
        body_set_time(*ret, "seen_at", WW_TIME_NONE);
        body_set(*ret, "dispatch", json_null());
        return 0;
}

struct guard_words {
        struct ww_str name, status, zone, post, badge;
};

static int words_of(struct response_call *c, struct guard_words *w) {
        int r = call_person_name(c, "name", &w->name);

        if (!r)
                r = call_text(c, "status", true, &w->status);
        if (!r)
                r = call_zone(c, &w->zone);
        if (!r)
                r = call_post(c, &w->post);
        if (!r)
                r = call_text(c, "badge", false, &w->badge);
        if (r)
                return r;
        if (w->badge.n > PERSON_NAME_MAX)
                return call_refuse(c, REFUSED_MALFORMED, "`badge` may have %d bytes", PERSON_NAME_MAX);
        if (ww_str_is(w->status, "free") || ww_str_is(w->status, "off") || ww_str_is(w->status, "gone"))
                return 0;
        return call_refuse(c, REFUSED_MALFORMED,
                           "`status` is free, off, or gone (no guard any more); the others come of dispatches");
}

static int badge_check(struct response_call *c, const struct subject *s, struct ww_str badge) {
        const struct subject *other = badge.n ? people_find(c->r, WW_SUBJECT_GUARD, "badge", badge) : NULL;

        return other && other != s ? call_refuse(c, REFUSED_STATE, "the badge is that of %s", body_text(other, "name"))
                                   : 0;
}

static void put_words(struct subject *s, const struct guard_words *w) {
        if (w->zone.n)
                body_set_text(s, "zone", w->zone);
        if (w->post.n)
                body_set_text(s, "post", w->post);
        if (w->badge.n)
                body_set_text(s, "badge", w->badge);
}

int verb_guard_status(struct response_call *c) {
        struct guard_words w;
        struct subject *s = NULL;
        int r = words_of(c, &w);

        if (r)
                return r;
        s = people_find(c->r, WW_SUBJECT_GUARD, "name", w.name);
        if (s && body_number(s, "dispatch"))
                return call_refuse(c, REFUSED_STATE, "he is sent: end or cancel dispatch %llu",
                                   (unsigned long long)body_number(s, "dispatch"));
        if (!s && ww_str_is(w.status, "gone"))
                return call_refuse(c, REFUSED_UNKNOWN, "there is no guard of that name");
        r = badge_check(c, s, w.badge);
        if (!r && !s)
                r = set_new(c, w.name, &s);
        if (r)
                return r;
        put_words(s, &w);
        body_set_text(s, "status", w.status);
        body_set_time(s, "since", c->act.now);
        return ww_str_is(w.status, "gone") ? people_end(c->r, s, "gone", &c->act)
                                           : subject_changed(c->r, s, s->version ? "status" : "added", &c->act);
}

int guard_turn(struct response *r, struct subject *guard, const char *status, uint64_t dispatch,
               const struct act *act) {
        body_set_name(guard, "status", status);
        body_set_time(guard, "since", act->now);
        body_set(guard, "dispatch", dispatch ? json_integer((json_int_t)dispatch) : json_null());
        return subject_changed(r, guard, status, act);
}

/* --- checkpoints --- */

bool guard_event(const struct ww_event *event) {
        return ww_str_is(event->kind, "patrol.scanned");
}

static struct subject *guard_named(const struct response *r, const struct ww_value *value) {
        struct subject *s;

        if (value->type != WW_STRING || !value->string.n)
                return NULL;
        s = people_find(r, WW_SUBJECT_GUARD, "name", value->string);
        return s ? s : people_find(r, WW_SUBJECT_GUARD, "badge", value->string);
}

/* Who it was: one of these attributes, or the value. */
static struct subject *guard_of(const struct response *r, const struct ww_event *event) {
        static const char *const names[] = { "guard", "badge", "person" };
        struct subject *s = NULL;

        for (size_t i = 0; !s && i < event->n_attrs; i++)
                for (size_t k = 0; !s && k < sizeof names / sizeof *names; k++)
                        if (ww_str_is(event->attrs[i].name, names[k]))
                                s = guard_named(r, &event->attrs[i].value);
        return s ? s : guard_named(r, &event->value);
}

static bool zone_within(const struct site *site, struct ww_str zone, struct ww_str outer) {
        uint32_t at = site_zone_find(site, zone), to = site_zone_find(site, outer);

        while (at != SITE_NONE && at != to)
                at = site_zone(site, at)->parent;
        return at != SITE_NONE && to != SITE_NONE;
}

/* A dispatch that he reaches with it is told by its own file. */
int guard_scanned(struct response *r, const struct ww_event *event, const struct act *act) {
        struct subject *s = guard_of(r, event), *dispatch;
        bool there, off;

        if (!s)
                return 0;
        dispatch = subject_find(r, WW_SUBJECT_DISPATCH, body_number(s, "dispatch"));
        there = dispatch && body_is(dispatch, "state", "sent") &&
                zone_within(r->site, event->zone, ww_str(body_text(dispatch, "zone")));
        off = body_is(s, "status", "off");
        if (!there && !off && (!event->zone.n || ww_str_is(event->zone, body_text(s, "zone"))))
                return 0; /* nothing new: a round is no reason to write */
        if (event->zone.n)
                body_set_text(s, "zone", event->zone);
        body_set_time(s, "seen_at", act->now);
        if (there)
                return dispatch_arrived(r, dispatch, act);
        return off ? guard_turn(r, s, "free", 0, act) : subject_changed(r, s, "seen", act);
}

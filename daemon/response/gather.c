/*
 * Alarms into incidents.
 *
 * An alarm that asks for attention joins the newest open incident of its hazard in its place, if the last one joined it
 * recently; else it opens one, if its priority is high enough. An alarm that is hidden from the start (shelved, out of
 * service) does neither; one that is muted by design joins as a symptom. The place is the zone, or the zone above it of
 * the type that `gather: {by: …}` names; an alarm without a zone gathers with its own rule only. Drills gather apart.
 */
#include "response/response_internal.h"

struct member *member_find(const struct response *r, uint64_t alarm) {
        struct member *m;

        HASH_FIND(hh, r->members, &alarm, sizeof alarm, m);
        return m;
}

struct member *member_add(struct response *r, uint64_t alarm, uint64_t incident, bool unacknowledged) {
        struct member *m = calloc(1, sizeof *m);

        if (!m)
                return NULL;
        *m = (struct member){ .alarm = alarm, .incident = incident, .unacknowledged = unacknowledged };
        HASH_ADD(hh, r->members, alarm, sizeof m->alarm, m);
        if (!m->hh.tbl) {
                free(m);
                return NULL;
        }
        return m;
}

void member_remove(struct response *r, struct member *m) {
        HASH_DELETE(hh, r->members, m);
        free(m);
}

void gather_free(struct response *r) {
        struct member *m, *next_m;
        struct gathered *g, *next_g;

        HASH_ITER(hh, r->members, m, next_m)
                member_remove(r, m);
        HASH_ITER(hh, r->gathered, g, next_g) {
                HASH_DELETE(hh, r->gathered, g);
                free(g);
        }
}

int gather_save(const struct response *r, struct buf *out) {
        return 0;
}

int gather_load(struct response *r, struct rd *in) {
        return 0;
}

int response_transition(struct response *r, const struct ww_transition *t, int64_t now) {
        return flood_transition(r, t, now);
}

int response_event(struct response *r, const struct ww_event *event, int64_t now) {
        return 0;
}

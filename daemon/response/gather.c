/*
 * Alarms into incidents.
 *
 * An alarm that asks for attention joins the newest open incident of its hazard in its place, if the last one joined it
 * recently; else it opens one, if its priority is high enough. An alarm that is hidden from the start (shelved, out of
 * service) does neither; one that is muted by design joins as a symptom. The place is the zone, or the zone above it of
 * the type that `gather: {by: …}` names; an alarm without a zone gathers with its own rule only. Drills gather apart.
 */
#include "response/response_internal.h"

struct standing *standing_find(const struct response *r, uint64_t alarm) {
        struct standing *m;

        HASH_FIND(hh, r->standing, &alarm, sizeof alarm, m);
        return m;
}

int standing_add(struct response *r, uint64_t alarm, struct subject *incident, bool unacknowledged) {
        struct standing *m = calloc(1, sizeof *m);

        if (!m)
                return -ENOMEM;
        *m = (struct standing){ .alarm = alarm, .incident = incident->id, .unacknowledged = unacknowledged };
        HASH_ADD(hh, r->standing, alarm, sizeof m->alarm, m);
        if (!m->hh.tbl) {
                free(m);
                return -ENOMEM;
        }
        incident->standing++;
        incident->asking += unacknowledged;
        return 0;
}

static struct subject *incident_of(const struct response *r, const struct standing *m) {
        return subject_find(r, WW_SUBJECT_INCIDENT, m->incident);
}

void standing_set(struct response *r, struct standing *m, bool unacknowledged) {
        struct subject *incident = incident_of(r, m);

        if (incident && m->unacknowledged != unacknowledged)
                incident->asking += unacknowledged ? 1 : (size_t)-1;
        m->unacknowledged = unacknowledged;
}

static void standing_leave(struct response *r, struct standing *m) {
        struct subject *incident = incident_of(r, m);

        if (!incident)
                return;
        incident->standing--;
        incident->asking -= m->unacknowledged;
}

void standing_move(struct response *r, struct standing *m, struct subject *incident) {
        standing_leave(r, m);
        m->incident = incident->id;
        incident->standing++;
        incident->asking += m->unacknowledged;
}

static void standing_free(struct response *r, struct standing *m) {
        HASH_DELETE(hh, r->standing, m);
        free(m);
}

void standing_remove(struct response *r, struct standing *m) {
        standing_leave(r, m);
        standing_free(r, m);
}

void gather_free(struct response *r) {
        struct standing *m, *next_m;
        struct gathered *g, *next_g;

        HASH_ITER(hh, r->standing, m, next_m)
                standing_free(r, m);
        HASH_ITER(hh, r->gathered, g, next_g) {
                HASH_DELETE(hh, r->gathered, g);
                free(g);
        }
}

/* --- the newest incident of each hazard and place --- */

static struct ww_str place_of(const struct response *r, struct ww_str zone) {
        uint32_t own = zone.n ? site_zone_find(r->site, zone) : SITE_NONE, above;

        if (own == SITE_NONE || !r->rules->gather_by.n)
                return zone;
        above = site_zone_of_type(r->site, own, r->rules->gather_by);
        return above == SITE_NONE ? zone : site_zone(r->site, above)->id;
}

/* `rule`: of an alarm without a zone, and of an incident that such a one opened */
static int place_key(const struct response *r, const char *hazard, struct ww_str zone, struct ww_str rule,
                     bool exercise, struct buf *out) {
        struct ww_str place = place_of(r, zone);

        buf_put_u8(out, exercise);
        buf_puts(out, hazard);
        buf_put_u8(out, place.n ? 'z' : 'r');
        buf_put_str(out, place.n ? place : rule);
        return out->error;
}

static struct gathered *place_find(const struct response *r, const struct buf *key) {
        struct gathered *g;

        HASH_FIND(hh, r->gathered, key->p, key->n, g);
        return g;
}

static int incident_key(const struct response *r, const struct subject *incident, struct buf *out) {
        return place_key(r, body_text(incident, "hazard"), ww_str(body_text(incident, "zone")),
                         ww_str(body_text(incident, "gathers")), incident->exercise, out);
}

/* One that is opened again does not take the alarms of one that goes on. */
static bool is_newer(const struct response *r, const struct subject *incident, uint64_t id) {
        const struct subject *other = subject_find(r, WW_SUBJECT_INCIDENT, id);

        return !other || other->ended || body_time(incident, "last_alarm_at") >= body_time(other, "last_alarm_at");
}

int gather_note(struct response *r, const struct subject *incident) {
        _cleanup_buf_ struct buf key = BUF_INIT;
        struct gathered *g;

        if (incident_key(r, incident, &key))
                return -ENOMEM;
        g = place_find(r, &key);
        if (g) {
                if (is_newer(r, incident, g->incident))
                        g->incident = incident->id;
                return 0;
        }
        g = calloc(1, sizeof *g + key.n);
        if (!g)
                return -ENOMEM;
        g->incident = incident->id;
        g->n_key = key.n;
        memcpy(g->key, key.p, key.n);
        HASH_ADD_KEYPTR(hh, r->gathered, g->key, g->n_key, g);
        if (!g->hh.tbl) {
                free(g);
                return -ENOMEM;
        }
        return 0;
}

int gather_drop(struct response *r, const struct subject *incident) {
        _cleanup_buf_ struct buf key = BUF_INIT;
        struct gathered *g;

        if (incident_key(r, incident, &key))
                return -ENOMEM;
        g = place_find(r, &key);
        if (g && g->incident == incident->id) {
                HASH_DELETE(hh, r->gathered, g);
                free(g);
        }
        for (const struct subject *s = incident->members; s && incident->standing; s = s->next) {
                struct standing *m = standing_find(r, s->alarm);

                if (m && m->incident == incident->id)
                        standing_remove(r, m);
        }
        return 0;
}

int gather_find(const struct response *r, const struct ww_alarm *a, int64_t now, struct subject **ret) {
        _cleanup_buf_ struct buf key = BUF_INIT;
        const struct gathered *g;
        struct subject *incident;

        *ret = NULL;
        if (place_key(r, ww_hazard_name(a->hazard), a->zone, a->rule, a->exercise, &key))
                return -ENOMEM;
        g = place_find(r, &key);
        incident = g ? subject_find(r, WW_SUBJECT_INCIDENT, g->incident) : NULL;
        if (incident && !incident->ended && !body_is(incident, "state", "resolved") &&
            body_number(incident, "alarm_count") < INCIDENT_ALARMS &&
            now - body_time(incident, "last_alarm_at") < r->rules->gather_within)
                *ret = incident;
        return 0;
}

/* --- life --- */

static int compare_gathered(const void *a, const void *b) {
        const struct gathered *x = *(struct gathered *const *)a, *y = *(struct gathered *const *)b;

        return (x->incident > y->incident) - (x->incident < y->incident);
}

/* By number is enough: no two places have the same newest incident. The key is made again from the incident. */
int gather_save(const struct response *r, struct buf *out) {
        size_t n = HASH_COUNT(r->gathered), i = 0;
        _cleanup_free_ struct gathered **all = calloc(n + 1, sizeof(*all));
        struct gathered *g, *next;

        if (!all)
                return -ENOMEM;
        HASH_ITER(hh, r->gathered, g, next)
                all[i++] = g;
        qsort(all, n, sizeof(*all), compare_gathered);
        buf_put_var(out, n);
        for (i = 0; i < n; i++)
                buf_put_var(out, all[i]->incident);
        return out->error;
}

int gather_load(struct response *r, struct rd *in) {
        uint64_t n = rd_var(in);
        int e = 0;

        for (uint64_t i = 0; !e && i < n && !in->failed; i++) {
                const struct subject *incident = subject_find(r, WW_SUBJECT_INCIDENT, rd_var(in));

                e = incident ? gather_note(r, incident) : -EBADMSG;
        }
        return e;
}

static int compare_ids(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

/* Other rules may say another place: those that are open gather by it from now on, the newest of each. */
int gather_again(struct response *r) {
        size_t n = HASH_COUNT(r->gathered), i = 0;
        _cleanup_free_ uint64_t *open = calloc(n + 1, sizeof *open);
        struct gathered *g, *next;
        int e = 0;

        if (!open)
                return -ENOMEM;
        HASH_ITER(hh, r->gathered, g, next) {
                open[i++] = g->incident;
                HASH_DELETE(hh, r->gathered, g);
                free(g);
        }
        qsort(open, n, sizeof *open, compare_ids);
        for (i = 0; !e && i < n; i++)
                e = gather_note(r, subject_find(r, WW_SUBJECT_INCIDENT, open[i]));
        return e;
}

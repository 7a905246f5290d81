/*
 * The state as bytes. Subjects go in the order of their keys, incidents first, so that what belongs to one finds it.
 * Equal states give equal bytes.
 */
#include "response/incident.h"

/* 5: which forgotten incidents were covert; 4: how many kinds there are, and when posts are looked at; 3: an incident's
 * alarms are members; 2: they are in its body. Any of them is taken over. */
#define SAVE_VERSION 5
#define SAVE_OLDEST  2
#define SAVE_SETTLES 4
#define SAVE_COVERT  5

static int save_subject(const struct subject *s, struct buf *out) {
        char *text = json_dumps(s->body, JSON_COMPACT | JSON_SORT_KEYS);

        if (!text)
                return -ENOMEM;
        buf_put_u8(out, (uint8_t)s->kind);
        buf_put_var(out, s->id);
        buf_put_var(out, s->version);
        buf_put_var(out, s->kind == WW_SUBJECT_INCIDENT ? 0 : s->incident);
        buf_put_u8(out, (uint8_t)((s->exercise ? 1 : 0) | (s->ended ? 2 : 0)));
        buf_put_time(out, s->changed_at);
        buf_put_str(out, ww_str(s->what));
        buf_put_str(out, ww_str(s->actor));
        buf_put_str(out, ww_str(s->reason));
        buf_put_str(out, ww_str(text));
        free(text);
        return out->error;
}

static int save_subjects(const struct response *r, struct buf *out) {
        const struct subject *s;
        int e = 0;

        buf_put_var(out, HASH_COUNT(r->subjects));
        for (size_t kind = 0; kind < WW_SUBJECT_MAX_; kind++)
                TAILQ_FOREACH(s, &r->of_kind[kind], order)
        e = e ? e : save_subject(s, out);
        return e;
}

static int load_body(struct subject *s, struct ww_str text) {
        json_t *body = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);

        if (!json_is_object(body)) {
                json_decref(body);
                return -EBADMSG;
        }
        json_decref(s->body);
        s->body = body;
        return 0;
}

static int load_texts(struct subject *s, struct rd *in) {
        char **const texts[] = { &s->what, &s->actor, &s->reason };

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                *texts[i] = ww_str_copy(rd_str(in));
                if (!*texts[i])
                        return -ENOMEM;
        }
        return 0;
}

static bool comes_next(const struct response *r, uint8_t kind, uint64_t id) {
        const struct subject *last = TAILQ_LAST(&r->of_kind[kind], subject_queue);

        return id > (last ? last->id : 0) && id <= r->next_id[kind];
}

static int load_subject(struct response *r, struct rd *in) {
        uint8_t kind = rd_u8(in), flags;
        uint64_t id = rd_var(in), version = rd_var(in), of = rd_var(in);
        struct subject *incident = of ? subject_find(r, WW_SUBJECT_INCIDENT, of) : NULL, *s;
        int e;

        if (in->failed || kind == 0 || kind >= WW_SUBJECT_MAX_ || (of && !incident) || !comes_next(r, kind, id))
                return -EBADMSG;
        s = subject_restore(r, (enum ww_subject)kind, id, incident);
        if (!s)
                return -ENOMEM;
        flags = rd_u8(in);
        s->version = version;
        s->exercise = flags & 1;
        s->ended = flags & 2;
        s->changed_at = rd_time(in);
        e = load_texts(s, in);
        if (!e)
                e = load_body(s, rd_str(in));
        if (!e && s->kind == WW_SUBJECT_MEMBER)
                member_know(r, s);
        if (!e)
                subject_timer(r, s);
        return e;
}

static int compare_standing(const void *a, const void *b) {
        const struct standing *x = *(struct standing *const *)a, *y = *(struct standing *const *)b;

        return (x->alarm > y->alarm) - (x->alarm < y->alarm);
}

static int save_standing(const struct response *r, struct buf *out) {
        size_t n = HASH_COUNT(r->standing), i = 0;
        _cleanup_free_ struct standing **all = calloc(n + 1, sizeof(*all));
        struct standing *m, *next;

        if (!all)
                return -ENOMEM;
        HASH_ITER(hh, r->standing, m, next)
                all[i++] = m;
        qsort(all, n, sizeof(*all), compare_standing);
        buf_put_var(out, n);
        for (i = 0; i < n; i++) {
                buf_put_var(out, all[i]->alarm);
                buf_put_var(out, all[i]->incident);
                buf_put_u8(out, all[i]->unacknowledged);
        }
        return out->error;
}

static int load_standing(struct response *r, struct rd *in) {
        uint64_t n = rd_var(in);

        for (uint64_t i = 0; i < n && !in->failed; i++) {
                uint64_t alarm = rd_var(in), incident = rd_var(in);
                bool unacknowledged = rd_u8(in);
                struct subject *of = subject_find(r, WW_SUBJECT_INCIDENT, incident);

                if (in->failed || !of || standing_find(r, alarm))
                        return -EBADMSG;
                if (standing_add(r, alarm, of, unacknowledged))
                        return -ENOMEM;
        }
        return 0;
}

int response_save(const struct response *r, struct buf *out) {
        int e;

        buf_put_u8(out, SAVE_VERSION);
        buf_put_var(out, WW_SUBJECT_MAX_);
        for (size_t i = 0; i < WW_SUBJECT_MAX_; i++)
                buf_put_var(out, r->next_id[i]);
        buf_put_time(out, r->settle_at);
        buf_put_var(out, r->changes);
        buf_put_var(out, r->refused);
        buf_put_var(out, r->forgotten);
        buf_put_var(out, r->crowded);
        e = save_subjects(r, out);
        if (!e)
                e = save_standing(r, out);
        if (!e)
                e = gather_save(r, out);
        if (!e)
                e = flood_save(r, out);
        covert_save(r, out);
        return e ? e : out->error;
}

/* Some of version 3 have a kind more, of which the response never had any: a 0, where others have the changes so far.
 */
static void skip_unused_kind(struct rd *in) {
        struct rd ahead = *in;

        if (rd_var(&ahead) == 0)
                *in = ahead;
}

/* What an older version did not have is settled as soon as time goes on. */
static int load_head(struct response *r, struct rd *in, uint8_t version) {
        uint64_t kinds = version == 2 ? WW_SUBJECT_MEMBER : version == 3 ? WW_SUBJECT_RECORD : rd_var(in);

        if (in->failed || version < SAVE_OLDEST || version > SAVE_VERSION || kinds > WW_SUBJECT_MAX_)
                return -EBADMSG;
        for (size_t i = 0; i < kinds; i++)
                r->next_id[i] = rd_var(in);
        if (version == 3)
                skip_unused_kind(in);
        r->old_members = version == 2;
        r->settle_at = version >= SAVE_SETTLES ? rd_time(in) : 0;
        return 0;
}

int response_load(struct response *r, struct rd *in) {
        uint8_t version = rd_u8(in);
        uint64_t n;
        int e = load_head(r, in, version);

        if (e)
                return e;
        r->changes = rd_var(in);
        r->refused = rd_var(in);
        r->forgotten = rd_var(in);
        r->crowded = rd_var(in);
        n = rd_var(in);
        for (uint64_t i = 0; !e && i < n && !in->failed; i++)
                e = load_subject(r, in);
        if (!e)
                e = load_standing(r, in);
        if (!e)
                e = gather_load(r, in);
        if (!e)
                e = flood_load(r, in);
        if (!e && version >= SAVE_COVERT)
                e = covert_load(r, in);
        else if (!e)
                covert_load_none(r);
        response_count(r);
        return in->failed ? -EBADMSG : e;
}

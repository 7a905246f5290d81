/* The stage's clock, what others may look at, and the state as bytes. */
#include "records/records_internal.h"

#include "journal/record_json.h"

#define SAVE_VERSION 1

static int record_fire(struct records *r, struct record *rec, int64_t now) {
        bool done = false;
        int e = clocks_fire(r, rec, now, &done);

        if (!e && !done)
                e = plans_fire(r, rec, now, &done);
        return e ? e : done ? 0 : -ELOOP; /* a timer that nothing comes of would hold the engine for ever */
}

int records_time(struct records *r, int64_t now) {
        int e = records_tell(r, now);

        while (!e && r->n_heap && r->heap[0]->due <= now) {
                e = record_fire(r, r->heap[0], now);
                records_free_gone(r);
                if (!e)
                        e = records_tell(r, now);
        }
        return e;
}

int records_swap(struct records *r, const struct record_kinds *kinds, const struct site *site, int64_t now) {
        struct record *rec;
        int e = 0;

        r->kinds = kinds;
        r->site = site;
        TAILQ_FOREACH(rec, &r->all, order) {
                rec->kind = record_kind_find(kinds, ww_str(record_text(rec, "kind")));
                for (size_t i = 0; !e && rec->kind && i < rec->kind->n_clocks; i++) {
                        const struct record_clock *c = &rec->kind->clocks[i];
                        const json_t *is = json_object_get(json_object_get(rec->body, "clocks"), c->name.p);

                        if (json_is_true(json_object_get(is, "overdue"))) /* rules that are new do not know it yet */
                                e = tell_clock(r, rec, c, true, true);
                }
                if (!e && rec->kind)
                        e = clocks_set(r, rec, now);
                if (!e && rec->kind)
                        e = plans_set(r, rec, now);
                record_timer(r, rec);
        }
        return e;
}

/* --- what is open --- */

static int visit_one(const struct record *rec, records_visit visit, void *userdata) {
        _cleanup_free_ char *text = NULL;
        struct ww_change change;
        int e = record_as_change(rec, &change, &text);

        return e ? e : visit(userdata, &change);
}

int records_each(const struct records *r, uint64_t from, records_visit visit, void *userdata) {
        const struct record *rec;
        int e = 0;

        TAILQ_FOREACH(rec, &r->all, order)
        if (!e && ww_change_key(WW_SUBJECT_RECORD, rec->id) >= from)
                e = visit_one(rec, visit, userdata);
        return e;
}

int records_find(const struct records *r, uint64_t key, records_visit visit, void *userdata) {
        const struct record *rec = record_find_id(r, ww_change_key_id(key));

        return rec ? visit_one(rec, visit, userdata) : -ENOENT;
}

void records_veil(json_t *change) {
        static const char *const shown[] = { "clocks", "kind",       "number", "opened_at",
                                             "read",   "restricted", "since",  "state" };
        json_t *body = json_object_get(change, "body"), *veiled;

        if (!json_is_true(json_object_get(body, "restricted")))
                return;
        veiled = json_object();
        for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
                (void)json_object_set(veiled, shown[i], json_object_get(body, shown[i]));
        (void)json_object_set_new(change, "body", veiled);
        (void)json_object_set_new(change, "reason", json_string(""));
}

void records_figures(const struct records *r, struct records_figures *ret) {
        const struct record *rec;

        *ret = (struct records_figures){
                .open = HASH_COUNT(r->by_id), .changes = r->changes, .refused = r->refused, .full = r->full
        };
        TAILQ_FOREACH(rec, &r->all, order) {
                const json_t *clocks = json_object_get(rec->body, "clocks");
                const char *name;
                json_t *clock;
                bool overdue = false;

                json_object_foreach((json_t *)(uintptr_t)clocks, name, clock)
                        overdue = overdue || json_is_true(json_object_get(clock, "overdue"));
                ret->overdue += overdue;
        }
}

/* --- bytes --- */

static int compare_counts(const void *a, const void *b) {
        return strcmp((*(struct record_count *const *)a)->name, (*(struct record_count *const *)b)->name);
}

static int save_counts(const struct records *r, struct buf *out) {
        size_t n = HASH_COUNT(r->counts), i = 0;
        _cleanup_free_ struct record_count **all = calloc(n + 1, sizeof(*all));
        struct record_count *c, *next;

        if (!all)
                return -ENOMEM;
        HASH_ITER(hh, r->counts, c, next)
                all[i++] = c;
        qsort(all, n, sizeof(*all), compare_counts);
        buf_put_var(out, n);
        for (i = 0; i < n; i++) {
                buf_put_str(out, ww_str(all[i]->name));
                buf_put_var(out, all[i]->n);
        }
        return out->error;
}

static int save_record(const struct record *rec, struct buf *out) {
        struct ww_change c;
        char *text;
        int e = record_as_change(rec, &c, &text);

        if (e)
                return e;
        buf_put_var(out, c.id);
        buf_put_var(out, c.version);
        buf_put_var(out, c.incident);
        buf_put_u8(out, c.exercise);
        buf_put_time(out, c.time);
        buf_put_str(out, c.what);
        buf_put_str(out, c.actor);
        buf_put_str(out, c.reason);
        buf_put_str(out, c.body);
        free(text);
        return out->error;
}

int records_save(const struct records *r, struct buf *out) {
        const struct record *rec;
        int e;

        buf_put_u8(out, SAVE_VERSION);
        buf_put_var(out, r->next_id);
        buf_put_var(out, r->changes);
        buf_put_var(out, r->refused);
        buf_put_var(out, r->full);
        e = save_counts(r, out);
        buf_put_var(out, HASH_COUNT(r->by_id));
        TAILQ_FOREACH(rec, &r->all, order)
        e = e ? e : save_record(rec, out);
        return e ? e : out->error;
}

static int load_texts(struct record *rec, struct rd *in) {
        char **const texts[] = { &rec->what, &rec->actor, &rec->reason };

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                *texts[i] = ww_str_copy(rd_str(in));
                if (!*texts[i])
                        return -ENOMEM;
        }
        return 0;
}

static int load_record(struct records *r, struct rd *in) {
        struct record head = { .id = rd_var(in), .version = rd_var(in), .incident = rd_var(in) }, *rec;
        const struct record *last = TAILQ_LAST(&r->all, record_queue);
        struct ww_str text;
        json_t *body;
        const char *number, *kind;
        int e;

        head.exercise = rd_u8(in);
        head.changed_at = rd_time(in);
        e = load_texts(&head, in);
        text = rd_str(in);
        body = text.n ? json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL) : NULL;
        number = json_string_value(json_object_get(body, "number"));
        kind = json_string_value(json_object_get(body, "kind"));
        if (!e && (in->failed || !number || !kind || head.id <= (last ? last->id : 0) || head.id > r->next_id))
                e = -EBADMSG;
        rec = e ? NULL : record_restore(r, head.id, number, record_kind_find(r->kinds, ww_str(kind)), ww_str(kind));
        if (!rec) {
                json_decref(body);
                free(head.what);
                free(head.actor);
                free(head.reason);
                return e ? e : -ENOMEM;
        }
        json_decref(rec->body);
        rec->body = body;
        rec->version = head.version;
        rec->incident = head.incident;
        rec->exercise = head.exercise;
        rec->changed_at = head.changed_at;
        rec->what = head.what;
        rec->actor = head.actor;
        rec->reason = head.reason;
        record_timer(r, rec);
        return 0;
}

int records_load(struct records *r, struct rd *in) {
        uint64_t n;
        int e = 0;

        if (rd_u8(in) != SAVE_VERSION)
                return -EBADMSG;
        r->next_id = rd_var(in);
        r->changes = rd_var(in);
        r->refused = rd_var(in);
        r->full = rd_var(in);
        n = rd_var(in);
        for (uint64_t i = 0; i < n && !in->failed; i++) {
                struct ww_str name = rd_str(in);
                struct record_count *c = record_count_of(r, name);

                if (!c)
                        return -ENOMEM;
                c->n = rd_var(in);
        }
        n = rd_var(in);
        for (uint64_t i = 0; !e && i < n && !in->failed; i++)
                e = load_record(r, in);
        return e ? e : in->failed ? -EBADMSG : 0;
}

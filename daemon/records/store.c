/* Where records are kept: by id, by number, and by what falls due next. */
#include "records/records_internal.h"

/* --- whose turn is next: a heap by (due, id) --- */

static bool heap_before(const struct record *a, const struct record *b) {
        return a->due != b->due ? a->due < b->due : a->id < b->id;
}

static void heap_put(struct records *r, size_t place, struct record *rec) {
        r->heap[place] = rec;
        rec->place = place;
}

static void heap_settle(struct records *r, size_t place) {
        struct record *rec = r->heap[place];
        size_t child;

        for (; place > 0 && heap_before(rec, r->heap[(place - 1) / 2]); place = (place - 1) / 2)
                heap_put(r, place, r->heap[(place - 1) / 2]);
        for (; (child = 2 * place + 1) < r->n_heap; place = child) {
                if (child + 1 < r->n_heap && heap_before(r->heap[child + 1], r->heap[child]))
                        child++;
                if (!heap_before(r->heap[child], rec))
                        break;
                heap_put(r, place, r->heap[child]);
        }
        heap_put(r, place, rec);
}

static void heap_remove(struct records *r, struct record *rec) {
        size_t place = rec->place;

        if (place == RECORD_HEAP_NONE)
                return;
        rec->place = RECORD_HEAP_NONE;
        if (place == --r->n_heap)
                return;
        heap_put(r, place, r->heap[r->n_heap]);
        heap_settle(r, place);
}

/* Each record has its place in reserve, so that a timer cannot fail. */
static int heap_reserve(struct records *r) {
        size_t capacity = r->heap_capacity ? r->heap_capacity * 2 : 64;
        struct record **heap;

        if (HASH_COUNT(r->by_id) < r->heap_capacity)
                return 0;
        heap = reallocarray(r->heap, capacity, sizeof(*heap));
        if (!heap)
                return -ENOMEM;
        r->heap = heap;
        r->heap_capacity = capacity;
        return 0;
}

void record_timer(struct records *r, struct record *rec) {
        int64_t clocks = clocks_due(rec), plans = plans_due(rec);

        rec->due = rec->over || !rec->kind ? WW_TIME_NEVER : clocks < plans ? clocks : plans;
        if (rec->due == WW_TIME_NEVER) {
                heap_remove(r, rec);
                return;
        }
        if (rec->place == RECORD_HEAP_NONE)
                heap_put(r, r->n_heap++, rec);
        heap_settle(r, rec->place);
}

int64_t records_deadline(const struct records *r) {
        if (!STAILQ_EMPTY(&r->tells))
                return INT64_MIN + 1; /* at once */
        return r->n_heap ? r->heap[0]->due : WW_TIME_NEVER;
}

/* --- life --- */

static void record_free(struct record *rec) {
        json_decref(rec->body);
        free(rec->number);
        free(rec->what);
        free(rec->actor);
        free(rec->reason);
        free(rec);
}

struct record *record_find_id(const struct records *r, uint64_t id) {
        struct record *rec;

        HASH_FIND(hh, r->by_id, &id, sizeof id, rec);
        return rec;
}

struct record *record_find_number(const struct records *r, struct ww_str number) {
        struct record *rec;

        HASH_FIND(hh_number, r->by_number, number.n ? number.p : "", number.n, rec);
        return rec;
}

struct record_count *record_count_of(struct records *r, struct ww_str kind) {
        struct record_count *c;

        HASH_FIND(hh, r->counts, kind.n ? kind.p : "", kind.n, c);
        if (c)
                return c;
        c = calloc(1, sizeof *c + kind.n + 1);
        if (!c)
                return NULL;
        memcpy(c->name, kind.n ? kind.p : "", kind.n);
        HASH_ADD(hh, r->counts, name, kind.n, c);
        if (!c->hh.tbl) {
                free(c);
                return NULL;
        }
        return c;
}

static bool record_index(struct records *r, struct record *rec) {
        HASH_ADD(hh, r->by_id, id, sizeof rec->id, rec);
        if (!rec->hh.tbl)
                return false;
        HASH_ADD_KEYPTR(hh_number, r->by_number, rec->number, strlen(rec->number), rec);
        if (rec->hh_number.tbl)
                return true;
        HASH_DELETE(hh, r->by_id, rec);
        return false;
}

struct record *record_restore(struct records *r, uint64_t id, const char *number, const struct record_kind *kind,
                              struct ww_str kind_name) {
        struct record_count *count = record_count_of(r, kind_name);
        struct record *rec = calloc(1, sizeof *rec);

        if (!rec || !count || heap_reserve(r)) {
                free(rec);
                return NULL;
        }
        rec->id = id;
        rec->kind = kind;
        rec->due = WW_TIME_NEVER;
        rec->place = RECORD_HEAP_NONE;
        rec->number = strdup(number);
        rec->body = json_object();
        if (!rec->number || !rec->body || !record_index(r, rec)) {
                record_free(rec);
                return NULL;
        }
        count->open++;
        TAILQ_INSERT_TAIL(&r->all, rec, order); /* ids only grow */
        return rec;
}

void record_forget(struct records *r, struct record *rec) {
        struct record_count *count = record_count_of(r, ww_str(record_text(rec, "kind")));

        if (count && count->open)
                count->open--;
        heap_remove(r, rec);
        TAILQ_REMOVE(&r->all, rec, order);
        HASH_DELETE(hh, r->by_id, rec);
        HASH_DELETE(hh_number, r->by_number, rec);
        TAILQ_INSERT_TAIL(&r->gone, rec, order);
}

void records_free_gone(struct records *r) {
        struct record *rec;

        while ((rec = TAILQ_FIRST(&r->gone))) {
                TAILQ_REMOVE(&r->gone, rec, order);
                record_free(rec);
        }
}

int records_new(struct records **ret, const struct record_kinds *kinds, const struct site *site,
                const struct records_sink *sink) {
        struct records *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        r->kinds = kinds;
        r->site = site;
        r->sink = *sink;
        TAILQ_INIT(&r->all);
        TAILQ_INIT(&r->gone);
        STAILQ_INIT(&r->tells);
        *ret = r;
        return 0;
}

struct records *records_free(struct records *r) {
        struct record_count *c, *next;
        struct record *rec;

        if (!r)
                return NULL;
        records_free_gone(r);
        while ((rec = TAILQ_FIRST(&r->all)))
                record_forget(r, rec);
        records_free_gone(r);
        HASH_ITER(hh, r->counts, c, next) {
                HASH_DELETE(hh, r->counts, c);
                free(c);
        }
        tells_free(r);
        free(r->heap);
        free(r);
        return NULL;
}

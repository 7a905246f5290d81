#include "decode/restore.h"
#include <wardwatch/kind.h>
#include <wardwatch/time.h>

void restores_init(struct restores *r, struct states *states) {
        *r = (struct restores){ .states = states };
}

void restores_deinit(struct restores *r) {
        for (size_t i = 0; i < r->n; i++)
                free(r->heap[i].names);
        free(r->heap);
        *r = (struct restores){ .states = r->states };
}

static bool is_before(const struct restore *a, const struct restore *b) {
        return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put_at(struct restores *r, size_t at, struct restore what) {
        struct states_entry *entry = states_find(r->states, what.key);

        r->heap[at] = what;
        if (entry)
                entry->mark = STATES_MARK(at + 1);
}

static void sift_up(struct restores *r, size_t at, struct restore what) {
        while (at && is_before(&what, &r->heap[(at - 1) / 2])) {
                put_at(r, at, r->heap[(at - 1) / 2]);
                at = (at - 1) / 2;
        }
        put_at(r, at, what);
}

static void sift_down(struct restores *r, size_t at, struct restore what) {
        for (size_t child = 2 * at + 1; child < r->n; child = 2 * at + 1) {
                if (child + 1 < r->n && is_before(&r->heap[child + 1], &r->heap[child]))
                        child++;
                if (!is_before(&r->heap[child], &what))
                        break;
                put_at(r, at, r->heap[child]);
                at = child;
        }
        put_at(r, at, what);
}

static void settle(struct restores *r, size_t at, struct restore what) {
        if (at && is_before(&what, &r->heap[(at - 1) / 2]))
                sift_up(r, at, what);
        else
                sift_down(r, at, what);
}

static int grow(struct restores *r) {
        size_t capacity = r->capacity ? r->capacity * 2 : 64;
        struct restore *heap;

        if (r->n < r->capacity)
                return 0;
        heap = realloc(r->heap, capacity * sizeof(*heap));
        if (!heap)
                return -ENOMEM;
        r->heap = heap;
        r->capacity = capacity;
        return 0;
}

/* The three names, in one piece of memory of their own. */
static int keep_names(struct restore *x) {
        struct ww_str *names[] = { &x->family, &x->device, &x->host };
        char *to = malloc(x->family.n + x->device.n + x->host.n + 1);

        if (!to)
                return -ENOMEM;
        x->names = to;
        for (size_t i = 0; i < 3; i++) {
                if (names[i]->n)
                        memcpy(to, names[i]->p, names[i]->n);
                names[i]->p = to;
                to += names[i]->n;
        }
        return 0;
}

int restores_set(struct restores *r, struct states_entry *entry, const struct restore *what) {
        struct restore x;
        int result;

        if (entry->mark) {
                x = r->heap[entry->mark - 1];
                x.due = what->due;
                x.order = ++r->order;
                settle(r, entry->mark - 1, x);
                return 0;
        }
        x = *what;
        x.key = entry->key;
        x.order = ++r->order;
        result = grow(r);
        result = result ? result : keep_names(&x);
        if (result)
                return result;
        sift_up(r, r->n++, x);
        return 0;
}

static struct restore take_out(struct restores *r, size_t at) {
        struct restore x = r->heap[at], last = r->heap[--r->n];
        struct states_entry *entry = states_find(r->states, x.key);

        if (entry)
                entry->mark = 0;
        if (at < r->n)
                settle(r, at, last);
        return x;
}

void restores_drop(struct restores *r, struct states_entry *entry) {
        if (states_is_timed(entry))
                free(take_out(r, entry->mark - 1).names);
}

int64_t restores_due(const struct restores *r) {
        return r->n ? r->heap[0].due : WW_TIME_NEVER;
}

void restores_pop(struct restores *r, struct restore *ret) {
        *ret = take_out(r, 0);
}

void restores_filter(struct restores *r) {
        size_t n = r->n;

        r->n = 0;
        for (size_t i = 0; i < n; i++) {
                struct restore x = r->heap[i];

                if (states_find(r->states, x.key))
                        sift_up(r, r->n++, x);
                else
                        free(x.names);
        }
}

void restores_save(const struct restores *r, struct buf *out) {
        buf_put_var(out, r->order);
        buf_put_var(out, r->n);
        for (size_t i = 0; i < r->n; i++) {
                const struct restore *x = &r->heap[i];

                buf_put_u64(out, x->key.low);
                buf_put_u64(out, x->key.high);
                buf_put_time(out, x->due);
                buf_put_var(out, x->order);
                buf_put_u32(out, x->owner);
                buf_put_u8(out, x->exercise);
                buf_put_str(out, x->family);
                buf_put_str(out, x->device);
                buf_put_str(out, x->host);
        }
}

static int read_one(struct restores *r, struct rd *in) {
        struct restore x = { .key.low = rd_u64(in) };
        const struct states_entry *entry;
        int result;

        x.key.high = rd_u64(in);
        x.due = rd_time(in);
        x.order = rd_var(in);
        x.owner = rd_u32(in);
        x.exercise = rd_u8(in) != 0;
        x.family = rd_str(in);
        x.device = rd_str(in);
        x.host = rd_str(in);
        if (in->failed || x.order > r->order || (r->n && is_before(&x, &r->heap[(r->n - 1) / 2])))
                return -EBADMSG;
        entry = states_find(r->states, x.key);
        if (!entry || !states_is_timed(entry) || entry->mark != r->n + 1)
                return -EBADMSG;
        result = grow(r);
        result = result ? result : keep_names(&x);
        if (!result)
                r->heap[r->n++] = x;
        return result;
}

/* An entry that says it has a deadline has one. */
static size_t count_timed(const struct states *s) {
        size_t n = 0;

        for (size_t i = 0; i < s->capacity; i++)
                n += states_is_timed(&s->entries[i]);
        return n;
}

int restores_load(struct restores *r, struct rd *in) {
        size_t n;
        int result = 0;

        restores_deinit(r);
        r->order = rd_var(in);
        n = rd_var(in);
        if (in->failed || n > RESTORE_MAX || n != count_timed(r->states))
                return -EBADMSG;
        for (size_t i = 0; i < n && !result; i++)
                result = read_one(r, in);
        return result;
}

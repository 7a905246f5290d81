/* Segments and parts out of rows in COPY format, and the layouts that they refer to. */
#include "store/verify.h"

#include <endian.h>
#include <stdlib.h>
#include <wardwatch/time.h>

#define EPOCH_2000 INT64_C(946684800000000) /* PostgreSQL counts from there */

/* --- fields --- */

struct fields {
        const char *p, *end;
        bool failed;
};

static struct fields fields_begin(struct ww_str row, unsigned n) {
        struct fields f = { row.p, row.p + row.n, row.n < 2 };

        if (!f.failed) {
                f.failed = ((unsigned)(uint8_t)f.p[0] << 8 | (uint8_t)f.p[1]) != n;
                f.p += 2;
        }
        return f;
}

/* .p NULL = null */
static struct ww_str field(struct fields *f) {
        struct ww_str v = WW_STR_NONE;
        uint32_t n;

        if (f->failed || f->end - f->p < 4) {
                f->failed = true;
                return v;
        }
        memcpy(&n, f->p, sizeof n);
        n = be32toh(n);
        f->p += 4;
        if (n == UINT32_MAX)
                return v;
        if ((size_t)(f->end - f->p) < n) {
                f->failed = true;
                return v;
        }
        v = (struct ww_str){ f->p, n };
        f->p += n;
        return v;
}

static int64_t field_bigint(struct fields *f) {
        struct ww_str v = field(f);
        uint64_t n = 0;

        if (v.n == sizeof n)
                memcpy(&n, v.p, sizeof n);
        else
                f->failed = true;
        return (int64_t)be64toh(n);
}

static int32_t field_integer(struct fields *f) {
        struct ww_str v = field(f);
        uint32_t n = 0;

        if (v.n == sizeof n)
                memcpy(&n, v.p, sizeof n);
        else
                f->failed = true;
        return (int32_t)be32toh(n);
}

/* A digest of another length is one that fits nothing. */
static void field_hash(struct fields *f, uint8_t ret[PROOF_HASH]) {
        struct ww_str v = field(f);

        memset(ret, 0xff, PROOF_HASH);
        if (v.n == PROOF_HASH)
                memcpy(ret, v.p, PROOF_HASH);
}

/* --- the window --- */

void verify_window_reset(struct verify_window *w) {
        w->n = w->n_parts = 0;
        arena_reset(&w->arena);
}

static int grow(void **items, size_t n, size_t *capacity, size_t size) {
        size_t wanted = *capacity ? *capacity * 2 : 64;
        void *more;

        if (n < *capacity)
                return 0;
        more = reallocarray(*items, wanted, size);
        if (!more)
                return -ENOMEM;
        *items = more;
        *capacity = wanted;
        return 0;
}

int verify_window_segment(struct verify_window *w, struct ww_str row) {
        struct fields f = fields_begin(row, 7);
        struct verify_segment *s;
        int e = grow((void **)&w->segments, w->n, &w->capacity, sizeof *w->segments);

        if (e)
                return e;
        s = &w->segments[w->n];
        *s = (struct verify_segment){ 0 };
        s->segment = (uint64_t)field_bigint(&f);
        s->first_seq = (uint64_t)field_bigint(&f);
        s->last_seq = (uint64_t)field_bigint(&f);
        s->sealed_at = (int64_t)((uint64_t)field_bigint(&f) + EPOCH_2000);
        field_hash(&f, s->previous);
        field_hash(&f, s->hash);
        s->rows = field_bigint(&f);
        if (f.failed)
                return -EBADMSG;
        w->n++;
        return 0;
}

const struct verify_segment *verify_window_at(const struct verify_window *w, uint64_t seq) {
        size_t low = 0, high = w->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (w->segments[middle].last_seq < seq)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < w->n && w->segments[low].first_seq <= seq ? &w->segments[low] : NULL;
}

/* The segment of that number; parts come in the order of the segments. */
static struct verify_segment *window_segment(struct verify_window *w, uint64_t number) {
        size_t low = 0, high = w->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (w->segments[middle].segment < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < w->n && w->segments[low].segment == number ? &w->segments[low] : NULL;
}

int verify_window_part(struct verify_window *w, const struct verify_layouts *layouts, struct ww_str row) {
        struct fields f = fields_begin(row, 6);
        struct verify_segment *s = window_segment(w, (uint64_t)field_bigint(&f));
        struct verify_part *part;
        int e = grow((void **)&w->parts, w->n_parts, &w->parts_capacity, sizeof *w->parts);

        if (e)
                return e;
        part = &w->parts[w->n_parts];
        *part = (struct verify_part){ .segment = s };
        part->relation = arena_copy(&w->arena, field(&f)).p;
        if (!part->relation)
                return -ENOMEM;
        part->layout = verify_layout_find(layouts, part->relation, field_integer(&f));
        part->rows = field_bigint(&f);
        field_hash(&f, part->root);
        part->leaves = field(&f);
        if (f.failed)
                return -EBADMSG;
        if (!s)
                return 0; /* its segment was deleted, which is found by the numbers */
        if (part->leaves.p) {
                part->leaves = arena_copy(&w->arena, part->leaves);
                if (!part->leaves.p)
                        return -ENOMEM;
        }
        if (s->n_parts++ == 0)
                s->part = w->n_parts;
        w->n_parts++;
        return 0;
}

/* --- layouts --- */

int verify_layouts_add(struct verify_layouts *l, const char *relation, int number, const char *columns,
                       const char *types, const char *time) {
        size_t capacity = l->capacity;
        int e = grow((void **)&l->items, l->n, &l->capacity, sizeof *l->items);

        if (!e)
                e = grow((void **)&l->numbers, l->n, &capacity, sizeof *l->numbers);
        if (!e)
                e = proof_layout_init(&l->items[l->n], relation, columns, types, time);
        if (!e)
                l->numbers[l->n++] = number;
        return e;
}

void verify_layouts_deinit(struct verify_layouts *l) {
        free(l->items);
        free(l->numbers);
        *l = (struct verify_layouts){ 0 };
}

const struct proof_layout *verify_layout_find(const struct verify_layouts *l, const char *relation, int number) {
        for (size_t i = 0; i < l->n; i++) {
                if (l->numbers[i] == number && strcmp(l->items[i].relation, relation) == 0)
                        return &l->items[i];
        }
        return NULL;
}

int verify_layout_number(const struct verify_layouts *l, const struct proof_layout *layout) {
        return layout ? l->numbers[layout - l->items] : 0;
}

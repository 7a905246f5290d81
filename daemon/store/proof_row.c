/*
 * What a row's digest is made from:
 *
 *   BLAKE2b-256( 0x02  layout  row )
 *
 * `layout` is BLAKE2b-256( 0x03  relation 0x00  columns 0x00  types 0x00 ): which table, and which columns in which
 * order.
 *
 * `row` is the row as binary COPY writes it: the number of fields (16 bits, big-endian), then of each field its length
 * (32 bits, big-endian; all ones = null) and its bytes. So every field carries its length, and the letters in `types`
 * say how to read it. PostgreSQL gives back the very bytes that it was given, but for jsonb: there the field is
 * replaced by its canonical form (proof_json.c).
 *
 * The bytes in front keep both apart from leaves and nodes of the tree (proof_tree.c).
 */
#include "store/proof_row.h"

#include <endian.h>
#include <stdio.h>
#include <wardwatch/time.h>

#define DAYS_TO_2000 10957 /* PostgreSQL counts from there */

/* --- layout --- */

/* Number of the column of this name, -1 = none. */
static int column_find(const char *columns, const char *name) {
        size_t n = strlen(name);
        int i = 0;

        for (const char *p = columns; p; i++) {
                if (strncmp(p, name, n) == 0 && (p[n] == ',' || p[n] == '\0'))
                        return i;
                p = strchr(p, ',');
                p = p ? p + 2 : NULL;
        }
        return -1;
}

static size_t column_count(const char *columns) {
        size_t n = 1;

        for (; *columns; columns++)
                n += *columns == ',';
        return n;
}

static void layout_begin(struct proof_layout *l) {
        crypto_generichash_blake2b_state state;
        const char *const texts[] = { l->relation, l->columns, l->types };
        uint8_t begins[1 + PROOF_HASH] = { 2 };
        const uint8_t layout = 3;

        (void)crypto_generichash_blake2b_init(&state, NULL, 0, PROOF_HASH);
        (void)crypto_generichash_blake2b_update(&state, &layout, 1);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                (void)crypto_generichash_blake2b_update(&state, (const uint8_t *)texts[i], strlen(texts[i]) + 1);
        (void)crypto_generichash_blake2b_final(&state, begins + 1, PROOF_HASH);
        (void)crypto_generichash_blake2b_init(&l->begun, NULL, 0, PROOF_HASH);
        (void)crypto_generichash_blake2b_update(&l->begun, begins, sizeof begins);
}

int proof_layout_init(struct proof_layout *l, const char *relation, const char *columns, const char *types,
                      const char *time) {
        *l = (struct proof_layout){ 0 };
        if (strlen(relation) >= sizeof l->relation || strlen(columns) >= sizeof l->columns ||
            strlen(types) >= sizeof l->types || strlen(time) >= sizeof l->time ||
            column_count(columns) != strlen(types))
                return -EINVAL;
        (void)snprintf(l->relation, sizeof l->relation, "%s", relation);
        (void)snprintf(l->columns, sizeof l->columns, "%s", columns);
        (void)snprintf(l->types, sizeof l->types, "%s", types);
        (void)snprintf(l->time, sizeof l->time, "%s", time);
        l->seq = column_find(columns, "seq");
        if (l->seq < 0)
                l->seq = column_find(columns, "first_seq"); /* store_gap */
        l->n = column_find(columns, "n");
        l->position = column_find(columns, "position");
        l->day = *time ? column_find(columns, time) : -1;
        layout_begin(l);
        if (*time && (l->day < 0 || types[l->day] != 't'))
                return -EINVAL;
        return l->seq < 0 || types[l->seq] != 'q' ? -EINVAL : 0;
}

/* --- rows --- */

void proof_rows_deinit(struct proof_rows *r) {
        proof_json_deinit(&r->json);
        buf_deinit(&r->canonical);
}

static uint32_t be32(const char *p) {
        uint32_t v;

        memcpy(&v, p, sizeof v);
        return be32toh(v);
}

static int64_t be64(const char *p) {
        uint64_t v;

        memcpy(&v, p, sizeof v);
        return (int64_t)be64toh(v);
}

static int64_t field_day(const char *p) {
        int64_t usec = be64(p);

        if (usec == INT64_MIN || usec == INT64_MAX)
                return 0;
        return usec / WW_DAY - (usec % WW_DAY < 0) + DAYS_TO_2000;
}

static int place_take(const struct proof_layout *l, int i, const char *p, size_t n, struct proof_place *place) {
        if (i == l->seq) {
                if (n != 8)
                        return -EBADMSG;
                place->seq = (uint64_t)be64(p);
        } else if (i == l->n || i == l->position) {
                if (n != 4)
                        return -EBADMSG;
                *(i == l->n ? &place->n : &place->position) = (int32_t)be32(p);
        } else if (i == l->day) {
                if (n != 8)
                        return -EBADMSG;
                place->day = field_day(p);
        }
        return 0;
}

/* The canonical form takes the field's place: what stands before it is hashed, then its length and itself. */
static void hash_json(struct proof_rows *r, crypto_generichash_blake2b_state *state, const char *from, const char *p,
                      size_t n) {
        struct ww_str text = { p, n };
        uint32_t length;

        if (n > 0 && *p == 1) /* version of jsonb's binary form */
                text = (struct ww_str){ p + 1, n - 1 };
        buf_reset(&r->canonical);
        proof_json_put(&r->json, text, &r->canonical);
        length = htobe32((uint32_t)r->canonical.n);
        (void)crypto_generichash_blake2b_update(state, (const uint8_t *)from, (size_t)(p - 4 - from));
        (void)crypto_generichash_blake2b_update(state, (const uint8_t *)&length, sizeof length);
        (void)crypto_generichash_blake2b_update(state, r->canonical.p, r->canonical.n);
}

int proof_row(struct proof_rows *r, struct ww_str bytes, struct proof_place *ret_place, uint8_t ret_digest[PROOF_HASH],
              size_t *ret_n) {
        const struct proof_layout *l = r->layout;
        const char *p = bytes.p, *end = bytes.p + bytes.n, *from = p;
        crypto_generichash_blake2b_state state = l->begun;
        struct proof_place place = { 0 };
        int fields = (int)strlen(l->types);

        if (bytes.n < 2 || ((uint8_t)p[0] << 8 | (uint8_t)p[1]) != fields)
                return -EBADMSG;
        p += 2;
        for (int i = 0; i < fields; i++) {
                uint32_t n;

                if (end - p < 4)
                        return -EBADMSG;
                n = be32(p);
                p += 4;
                if (n == UINT32_MAX)
                        continue;
                if ((size_t)(end - p) < n || place_take(l, i, p, n, &place))
                        return -EBADMSG;
                if (l->types[i] == 'j') {
                        hash_json(r, &state, from, p, n);
                        from = p + n;
                }
                p += n;
        }
        if (r->canonical.error)
                return r->canonical.error;
        (void)crypto_generichash_blake2b_update(&state, (const uint8_t *)from, (size_t)(p - from));
        (void)crypto_generichash_blake2b_final(&state, ret_digest, PROOF_HASH);
        *ret_place = place;
        *ret_n = (size_t)(p - bytes.p);
        return 0;
}

int proof_place_compare(const struct proof_place *a, const struct proof_place *b) {
        if (a->seq != b->seq)
                return a->seq < b->seq ? -1 : 1;
        if (a->n != b->n)
                return a->n < b->n ? -1 : 1;
        return a->position < b->position ? -1 : a->position > b->position;
}

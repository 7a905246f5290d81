/*
 * An export is "wardwatch-export-1" and a newline, then frames:
 *
 *   kind (1 byte)  length of the body (32 bits, big-endian)  body
 *
 *   J  JSON: the journal, and what of it this is
 *   C  a checkpoint, its line (proof_checkpoint.c)
 *   L  JSON: a layout                    D  JSON: what retention dropped
 *   S  a segment: a row in COPY format of segment, first_seq, last_seq, sealed_at, previous, hash, rows
 *   P  a part of it: segment, relation, layout, rows, root, leaves (null where no row of it is here)
 *   T  JSON: the table whose rows follow, and their layout
 *   R  a row in COPY format
 *   E  number of frames before it (64 bits), and BLAKE2b-256 of all bytes before it
 *
 * First J, then C, L and D; then, again and again, some segments, their parts, and their rows table by table in the
 * order of (seq, n, position); E at the end. This is the order in which a verification reads, so an export is written
 * by looking on while the database is verified: what is in the file is what was found whole, or was told.
 *
 * Nothing in the file is believed. E tells a file that was cut off or damaged on its way; what somebody changed on
 * purpose is told by the chain.
 */
#include "store/export.h"

#include <endian.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

/* --- writing --- */

static void put_bytes(struct export_writer *w, const void *bytes, size_t n) {
        (void)crypto_generichash_blake2b_update(&w->hash, bytes, n);
        buf_put(w->out, bytes, n);
}

void export_writer_init(struct export_writer *w, struct buf *out) {
        *w = (struct export_writer){ .out = out };
        (void)crypto_generichash_blake2b_init(&w->hash, NULL, 0, PROOF_HASH);
        put_bytes(w, EXPORT_BEGINS, strlen(EXPORT_BEGINS));
}

void export_writer_deinit(struct export_writer *w) {
        copy_deinit(&w->row);
}

void export_put(struct export_writer *w, enum export_frame kind, struct ww_str body) {
        uint32_t n = htobe32((uint32_t)body.n);
        char head[EXPORT_HEAD] = { (char)kind };

        memcpy(head + 1, &n, sizeof n);
        put_bytes(w, head, sizeof head);
        put_bytes(w, body.p, body.n);
        w->frames++;
}

static void put_json(struct export_writer *w, enum export_frame kind, json_t *o) {
        char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

        if (text)
                export_put(w, kind, ww_str(text));
        else
                w->out->error = -ENOMEM;
        free(text);
        json_decref(o);
}

void export_put_layouts(struct export_writer *w, const struct verify_layouts *layouts) {
        for (size_t i = 0; i < layouts->n; i++) {
                const struct proof_layout *l = &layouts->items[i];

                put_json(w, EXPORT_LAYOUT,
                         json_pack("{s:s, s:i, s:s, s:s, s:s}", "relation", l->relation, "layout", layouts->numbers[i],
                                   "columns", l->columns, "types", l->types, "time", l->time));
        }
}

static void put_row(struct export_writer *w, enum export_frame kind) {
        if (w->row.bytes.error)
                w->out->error = w->row.bytes.error;
        else
                export_put(w, kind, buf_str(&w->row.bytes));
        buf_reset(&w->row.bytes);
}

static struct ww_str digest_str(const uint8_t digest[PROOF_HASH]) {
        return (struct ww_str){ (const char *)digest, PROOF_HASH };
}

static void put_segment(struct export_writer *w, const struct verify_segment *s) {
        struct copy *c = &w->row;

        copy_row(c, 7);
        copy_bigint(c, (int64_t)s->segment);
        copy_bigint(c, (int64_t)s->first_seq);
        copy_bigint(c, (int64_t)s->last_seq);
        copy_timestamp(c, s->sealed_at);
        copy_bytea(c, digest_str(s->previous));
        copy_bytea(c, digest_str(s->hash));
        copy_bigint(c, s->rows);
        put_row(w, EXPORT_SEGMENT);
}

static void put_part(struct export_writer *w, const struct verify_part *p) {
        struct copy *c = &w->row;

        copy_row(c, 6);
        copy_bigint(c, (int64_t)p->segment->segment);
        copy_fixed(c, p->relation);
        copy_integer(c, verify_layout_number(w->layouts, p->layout));
        copy_bigint(c, p->rows);
        copy_bytea(c, digest_str(p->root));
        if (p->leaves.p)
                copy_bytea(c, p->leaves);
        else
                copy_null(c);
        put_row(w, EXPORT_PART);
}

static int tee_window(void *userdata, struct verify_window *ret) {
        struct export_writer *w = userdata;
        int e = w->inner.window(w->inner.userdata, ret);

        if (e)
                return e;
        for (size_t i = 0; i < ret->n; i++)
                put_segment(w, &ret->segments[i]);
        for (size_t i = 0; i < ret->n_parts; i++)
                put_part(w, &ret->parts[i]);
        return w->out->error;
}

static int tee_rows(void *userdata, const struct proof_layout *layout, uint64_t first, uint64_t last) {
        struct export_writer *w = userdata;
        int e = w->inner.rows(w->inner.userdata, layout, first, last);

        if (!e)
                put_json(w, EXPORT_TABLE,
                         json_pack("{s:s, s:i}", "relation", layout->relation, "layout",
                                   verify_layout_number(w->layouts, layout)));
        return e ? e : w->out->error;
}

static int tee_row(void *userdata, struct ww_str *ret) {
        struct export_writer *w = userdata;
        int e = w->inner.row(w->inner.userdata, ret);

        if (!e && ret->n > 0)
                export_put(w, EXPORT_ROW, *ret);
        return e ? e : w->out->error;
}

static const char *tee_error(void *userdata) {
        struct export_writer *w = userdata;

        return w->inner.error(w->inner.userdata);
}

struct verify_source export_tee(struct export_writer *w, const struct verify_source *inner,
                                const struct verify_layouts *layouts) {
        w->inner = *inner;
        w->layouts = layouts;
        return (struct verify_source){
                .userdata = w, .window = tee_window, .rows = tee_rows, .row = tee_row, .error = tee_error
        };
}

int export_end(struct export_writer *w) {
        char body[sizeof(uint64_t) + PROOF_HASH];
        uint64_t frames = htobe64(w->frames);

        memcpy(body, &frames, sizeof frames);
        (void)crypto_generichash_blake2b_final(&w->hash, (uint8_t *)body + sizeof frames, PROOF_HASH);
        export_put(w, EXPORT_END, (struct ww_str){ body, sizeof body });
        return w->out->error;
}

/*
 * What is checked, in one pass over the segments:
 *
 *   chain     numbers and inputs follow each other without a hole, each segment names the hash of the one before, and
 *             its own hash is that of what it says
 *   leaves    the list of leaves of a part has the part's root: from here on the list can be trusted (verify_rows.c)
 *   rows      each leaf has its row, each row its leaf
 *
 * A window of segments is held at a time, and of the rows one: memory does not grow with the record.
 *
 * A root covers what its segment says it covers, and the chain covers the root. So whoever alters a row must alter the
 * leaf, the root, the segment and every segment after it; the last one's hash has been published (proof_checkpoint.c).
 */
#include "store/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[VERIFY_KINDS_] = {
        [VERIFY_ROW_ALTERED] = "row altered",
        [VERIFY_ROW_DELETED] = "row deleted",
        [VERIFY_ROW_INSERTED] = "row inserted",
        [VERIFY_TABLE_ALTERED] = "table altered",
        [VERIFY_LEAVES_ALTERED] = "leaves altered",
        [VERIFY_PART_ALTERED] = "rows altered",
        [VERIFY_SEGMENT_ALTERED] = "segment altered",
        [VERIFY_SEGMENT_DELETED] = "segment deleted",
        [VERIFY_CURSOR_MOVED] = "cursor moved",
        [VERIFY_CHAIN_DELETED] = "chain deleted",
        [VERIFY_CHECKPOINT_ALTERED] = "checkpoint altered",
        [VERIFY_CHECKPOINT_DELETED] = "checkpoint deleted",
        [VERIFY_CHECKPOINT_CONTRADICTS] = "checkpoint contradicts",
        [VERIFY_CHECKPOINT_UNSIGNED] = "checkpoint unsigned",
        [VERIFY_EXPORT_ALTERED] = "export altered",
};

const char *verify_kind_name(enum verify_kind kind) {
        return kinds[kind];
}

void verify_tell(struct verify *v, enum verify_kind kind, const char *relation, uint64_t segment,
                 const struct proof_place *place, const char *format, ...) {
        struct verify_finding finding = {
                .kind = kind, .journal = v->journal, .relation = relation, .segment = segment
        };
        char text[320];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        if (place)
                finding.place = *place;
        finding.text = text;
        v->figures.found[kind]++;
        v->found(v->userdata, &finding);
}

/* --- the chain --- */

static void chain_follows(struct verify *v, const struct verify_segment *s) {
        const struct verify_segment *last = &v->last;

        if (last->segment == 0 && !v->whole)
                return;
        if (v->selected && s->segment > last->segment + 1)
                return; /* those between prove no row of it */
        if (s->segment > last->segment + 1 && v->removed && v->removed(v->userdata, last, s)) {
                v->figures.removed += s->segment - last->segment - 1;
                return;
        }
        if (s->segment != last->segment + 1)
                verify_tell(v, VERIFY_SEGMENT_DELETED, "", s->segment, NULL,
                            "segments %" PRIu64 " to %" PRIu64 " are missing", last->segment + 1, s->segment - 1);
        else if (memcmp(s->previous, last->hash, PROOF_HASH) != 0)
                verify_tell(v, VERIFY_SEGMENT_ALTERED, "", s->segment, NULL,
                            "it does not name the hash of the segment before it");
        if (last->segment > 0 && s->first_seq != last->last_seq + 1)
                verify_tell(v, VERIFY_SEGMENT_ALTERED, "", s->segment, NULL,
                            "it begins with input %" PRIu64 ", the segment before it ends with %" PRIu64, s->first_seq,
                            last->last_seq);
}

static void segment_check(struct verify *v, const struct verify_segment *s, struct proof_segment *proof) {
        *proof = (struct proof_segment){
                .segment = s->segment, .first_seq = s->first_seq, .last_seq = s->last_seq, .sealed_at = s->sealed_at
        };
        memcpy(proof->journal_id, v->journal_id, sizeof proof->journal_id);
        memcpy(proof->previous, s->previous, PROOF_HASH);
        for (size_t i = 0; i < s->n_parts && i < PROOF_PARTS_MAX; i++) {
                const struct verify_part *part = &v->window.parts[s->part + i];
                struct proof_part *made = &proof->parts[proof->n_parts++];

                *made = (struct proof_part){ .relation = part->relation, .rows = part->rows };
                made->columns = part->layout ? part->layout->columns : "";
                made->types = part->layout ? part->layout->types : "";
                memcpy(made->root, part->root, PROOF_HASH);
        }
        proof_segment_hash(proof);
        if (memcmp(proof->hash, s->hash, PROOF_HASH) != 0)
                verify_tell(v, VERIFY_SEGMENT_ALTERED, "", s->segment, NULL,
                            "its hash is not that of what it says (inputs %" PRIu64 " to %" PRIu64 ")", s->first_seq,
                            s->last_seq);
}

static int chain_check(struct verify *v) {
        struct proof_segment *proof = malloc(sizeof *proof);

        if (!proof)
                return -ENOMEM;
        for (size_t i = 0; i < v->window.n; i++) {
                const struct verify_segment *s = &v->window.segments[i];

                chain_follows(v, s);
                segment_check(v, s, proof);
                v->last = *s;
                v->figures.segments++;
        }
        free(proof);
        return 0;
}

/* --- leaves --- */

static void leaves_check(struct verify *v, struct verify_part *part) {
        struct proof_leaves leaves = proof_leaves_init(part->leaves);
        uint8_t root[PROOF_HASH] = { 0 };
        uint64_t n;

        part->unlisted = true;
        if (!part->leaves.p)
                return;
        proof_tree_reset(&v->tree);
        while (proof_leaves_next(&leaves))
                proof_tree_add(&v->tree, &leaves.place, leaves.digest);
        n = v->tree.n;
        if (n > 0)
                proof_tree_root(&v->tree, root);
        if (leaves.rd.failed || n != (uint64_t)part->rows || memcmp(root, part->root, PROOF_HASH) != 0)
                verify_tell(v, VERIFY_LEAVES_ALTERED, part->relation, part->segment->segment, NULL,
                            "the list of its rows is not the one that was written: which row is concerned cannot be "
                            "told (inputs %" PRIu64 " to %" PRIu64 ")",
                            part->segment->first_seq, part->segment->last_seq);
        else
                part->unlisted = false;
}

/* --- the walk --- */

/* Each table once, whichever layouts it has. */
static bool layout_first(const struct verify_layouts *l, size_t i) {
        for (size_t j = 0; j < i; j++) {
                if (strcmp(l->items[j].relation, l->items[i].relation) == 0)
                        return false;
        }
        return true;
}

static int window_check(struct verify *v) {
        struct verify_window *w = &v->window;
        uint64_t first = v->last.segment ? v->last.last_seq + 1 : w->segments[0].first_seq;
        uint64_t last = w->segments[w->n - 1].last_seq;
        int e = chain_check(v);

        for (size_t i = 0; i < w->n_parts; i++)
                leaves_check(v, &w->parts[i]);
        for (size_t i = 0; i < v->layouts->n && !e; i++) {
                if (layout_first(v->layouts, i))
                        e = verify_table(v, v->layouts->items[i].relation, first, last);
        }
        if (v->figures.first_seq == 0)
                v->figures.first_seq = first;
        v->figures.last_seq = last;
        return e;
}

int verify_run(struct verify *v) {
        int e;

        for (;;) {
                verify_window_reset(&v->window);
                e = v->source.window(v->source.userdata, &v->window);
                if (e || v->window.n == 0)
                        return e;
                e = window_check(v);
                if (!e && v->progress)
                        e = v->progress(v->userdata, v, &v->window);
                if (e)
                        return e;
        }
}

void verify_deinit(struct verify *v) {
        free(v->window.segments);
        free(v->window.parts);
        arena_deinit(&v->window.arena);
        proof_rows_deinit(&v->rows);
        proof_tree_deinit(&v->tree);
}

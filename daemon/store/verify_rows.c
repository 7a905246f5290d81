/*
 * Rows against leaves: both come in the order of (seq, n, position), so one pass tells which row was altered (same
 * place, other digest), which is missing (a leaf without row) and which was put in (a row without leaf).
 *
 * A part whose list of leaves was tampered with, or given up, names no row. There the tree is made anew from the rows
 * that are there: if it has the part's root, they are as they were.
 */
#include "store/verify.h"

#include <inttypes.h>
#include <stdio.h>

struct check {
        struct verify *v;
        const char *relation;
        const struct verify_part **parts; /* of one layout, in the order of their segments */
        size_t n;

        /* the leaf that is due */
        size_t listed; /* its part */
        struct proof_leaves leaves;
        bool due;

        size_t unlisted; /* the first part without a list that is not behind us */

        struct verify_table *figures;
        uint64_t unreadable;
};

static int told_place(char *text, size_t size, const struct proof_place *p, const struct proof_layout *l) {
        int n = snprintf(text, size, "seq %" PRIu64, p->seq);

        if (l->n >= 0)
                n += snprintf(text + n, size - (size_t)n, ", n %" PRId64, p->n);
        if (l->position >= 0)
                n += snprintf(text + n, size - (size_t)n, ", position %" PRId64, p->position);
        return n;
}

static void tell_row(struct check *c, enum verify_kind kind, const struct proof_place *place, uint64_t segment,
                     const char *what) {
        char text[96];

        (void)told_place(text, sizeof text, place, c->v->rows.layout);
        verify_tell(c->v, kind, c->relation, segment, place, "%s %s: %s", c->relation, text, what);
}

/* --- leaves --- */

static void leaf_next(struct check *c) {
        while (c->listed < c->n) {
                if (!c->parts[c->listed]->unlisted && proof_leaves_next(&c->leaves)) {
                        c->due = true;
                        return;
                }
                c->listed++;
                if (c->listed < c->n)
                        c->leaves = proof_leaves_init(c->parts[c->listed]->leaves);
        }
        c->due = false;
}

static void leaf_missing(struct check *c) {
        struct verify *v = c->v;

        if (v->selected) {
                v->figures.absent++;
                leaf_next(c);
                return;
        }
        if (v->dropped && v->dropped(v->userdata, c->relation, &c->leaves.place, v->rows.layout->day >= 0)) {
                c->figures->dropped++;
                v->figures.dropped++;
                leaf_next(c);
                return;
        }
        tell_row(c, VERIFY_ROW_DELETED, &c->leaves.place, c->parts[c->listed]->segment->segment,
                 "was stored and is not there");
        leaf_next(c);
}

/* --- parts without a list --- */

static void unlisted_skip(struct check *c) {
        while (c->unlisted < c->n && !c->parts[c->unlisted]->unlisted)
                c->unlisted++;
        proof_tree_reset(&c->v->tree);
}

static void unlisted_close(struct check *c) {
        const struct verify_part *part = c->parts[c->unlisted];
        struct proof_tree *tree = &c->v->tree;
        uint8_t root[PROOF_HASH] = { 0 };
        bool needed = tree->n > 0 || !c->v->selected;

        if (needed && tree->n == 0 && !part->leaves.p && c->v->given_up &&
            c->v->given_up(c->v->userdata, c->relation, part->segment)) {
                c->figures->dropped += (uint64_t)part->rows;
                c->v->figures.dropped += (uint64_t)part->rows;
                needed = false;
        }
        if (tree->n > 0)
                proof_tree_root(tree, root);
        if (needed && (tree->n != (uint64_t)part->rows || memcmp(root, part->root, PROOF_HASH) != 0))
                verify_tell(c->v, VERIFY_PART_ALTERED, c->relation, part->segment->segment, NULL,
                            "%s: of %" PRId64 " rows of inputs %" PRIu64 " to %" PRIu64 " there are %" PRIu64
                            ", and they are not what was stored",
                            c->relation, part->rows, part->segment->first_seq, part->segment->last_seq, tree->n);
        c->unlisted++;
        unlisted_skip(c);
}

/* True: the row belongs to a part without a list. */
static bool unlisted_take(struct check *c, const struct proof_place *place, const uint8_t *digest) {
        while (c->unlisted < c->n && c->parts[c->unlisted]->segment->last_seq < place->seq)
                unlisted_close(c);
        if (c->unlisted == c->n || c->parts[c->unlisted]->segment->first_seq > place->seq)
                return false;
        proof_tree_add(&c->v->tree, place, digest);
        return true;
}

/* --- rows --- */

static void row_check(struct check *c, const struct proof_place *place, const uint8_t *digest) {
        int order;

        c->figures->rows++;
        if (unlisted_take(c, place, digest))
                return;
        while (c->due && proof_place_compare(&c->leaves.place, place) < 0)
                leaf_missing(c);
        order = c->due ? proof_place_compare(&c->leaves.place, place) : 1;
        if (order > 0) {
                tell_row(c, VERIFY_ROW_INSERTED, place, 0,
                         verify_window_at(&c->v->window, place->seq) ? "was not stored by Wardwatch"
                                                                     : "belongs to no segment");
                return;
        }
        if (memcmp(c->leaves.digest, digest, PROOF_HASH) != 0)
                tell_row(c, VERIFY_ROW_ALTERED, place, c->parts[c->listed]->segment->segment, "is not what was stored");
        leaf_next(c);
}

static int rows_check(struct check *c) {
        struct verify_source *source = &c->v->source;
        struct ww_str bytes;
        int e;

        while ((e = source->row(source->userdata, &bytes)) == 0 && bytes.n > 0) {
                uint8_t digest[PROOF_HASH];
                struct proof_place place;
                size_t n;

                e = proof_row(&c->v->rows, bytes, &place, digest, &n);
                if (e == -ENOMEM)
                        return e;
                if (e || n != bytes.n)
                        c->unreadable++;
                else
                        row_check(c, &place, digest);
        }
        return e;
}

static struct verify_table *table_figures(struct verify_figures *f, const char *relation) {
        for (size_t i = 0; i < f->n_tables; i++) {
                if (strcmp(f->tables[i].relation, relation) == 0)
                        return &f->tables[i];
        }
        if (f->n_tables < VERIFY_TABLES_MAX)
                f->tables[f->n_tables++] = (struct verify_table){ .relation = relation };
        return &f->tables[f->n_tables - 1];
}

/* Parts of one layout, and all rows of the table from `first` to `last`. */
static int run_check(struct verify *v, const struct proof_layout *layout, const struct verify_part **parts, size_t n,
                     uint64_t first, uint64_t last) {
        struct check c = { .v = v, .relation = layout->relation, .parts = parts, .n = n };
        int e = v->source.rows(v->source.userdata, layout, first, last);

        c.figures = table_figures(&v->figures, layout->relation);
        v->rows.layout = layout;
        if (n > 0)
                c.leaves = proof_leaves_init(parts[0]->leaves);
        leaf_next(&c);
        unlisted_skip(&c);
        if (!e)
                e = rows_check(&c);
        if (e == WIRE_E_DATA) {
                verify_tell(v, VERIFY_TABLE_ALTERED, layout->relation, 0, NULL,
                            "%s cannot be read as it was written: %s", layout->relation,
                            v->source.error(v->source.userdata));
                return 0;
        }
        if (c.unreadable > 0)
                verify_tell(v, VERIFY_TABLE_ALTERED, layout->relation, 0, NULL,
                            "%s: %" PRIu64 " rows cannot be read as they were written: its columns are others",
                            layout->relation, c.unreadable);
        while (!e && c.due)
                leaf_missing(&c);
        while (!e && c.unlisted < c.n)
                unlisted_close(&c);
        return e;
}

/* --- a table --- */

static const struct proof_layout *layout_newest(const struct verify_layouts *l, const char *relation) {
        const struct proof_layout *newest = NULL;
        int number = 0;

        for (size_t i = 0; i < l->n; i++) {
                if (strcmp(l->items[i].relation, relation) == 0 && l->numbers[i] > number) {
                        newest = &l->items[i];
                        number = l->numbers[i];
                }
        }
        return newest;
}

static size_t parts_of(const struct verify_window *w, const char *relation, const struct verify_part **ret) {
        size_t n = 0;

        for (size_t i = 0; i < w->n_parts; i++) {
                if (w->parts[i].layout && strcmp(w->parts[i].relation, relation) == 0)
                        ret[n++] = &w->parts[i];
        }
        return n;
}

int verify_table(struct verify *v, const char *relation, uint64_t first, uint64_t last) {
        const struct verify_part **parts = arena_alloc(&v->window.arena, (v->window.n_parts + 1) * sizeof *parts);
        const struct proof_layout *layout = layout_newest(v->layouts, relation);
        size_t n, from = 0, to;
        int e = 0;

        if (!parts)
                return -ENOMEM;
        n = parts_of(&v->window, relation, parts);
        do {
                uint64_t end = last;

                if (from < n)
                        layout = parts[from]->layout;
                for (to = from; to < n && parts[to]->layout == layout; to++)
                        ;
                if (to < n)
                        end = parts[to]->segment->first_seq - 1;
                e = run_check(v, layout, parts + from, to - from, first, end);
                first = end + 1;
                from = to;
        } while (from < n && !e);
        return e;
}

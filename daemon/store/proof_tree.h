#pragma once
/*
 * The Merkle tree over the rows of one table in one segment, and the list of its leaves. See proof_tree.c.
 */
#include "store/proof_row.h"

/* Leaves as they are stored in proof_part.leaves, and the tree over them. */
struct proof_tree {
        struct buf leaves;
        struct proof_place last; /* the leaf before, in the list */
        uint64_t n;
        uint8_t peaks[64][PROOF_HASH]; /* roots of full subtrees, one for each bit of n that is set */
};

void proof_tree_reset(struct proof_tree *t);
void proof_tree_deinit(struct proof_tree *t);
void proof_tree_add(struct proof_tree *t, const struct proof_place *place, const uint8_t digest[PROOF_HASH]);
/** Adds it, and its entry to t->leaves. */
void proof_tree_list(struct proof_tree *t, const struct proof_place *place, const uint8_t digest[PROOF_HASH]);
/** Of n ≥ 1 leaves. */
void proof_tree_root(const struct proof_tree *t, uint8_t ret[PROOF_HASH]);

/* A stored list, from its beginning. */
struct proof_leaves {
        struct rd rd;
        struct proof_place place;
        const uint8_t *digest;
};

struct proof_leaves proof_leaves_init(struct ww_str stored);
/** The next leaf; false at the end or, with l->rd.failed, where the list is no list. */
bool proof_leaves_next(struct proof_leaves *l);

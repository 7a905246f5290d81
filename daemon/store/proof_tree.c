/*
 * The tree: a leaf is the digest of a row (proof_row.c), a node BLAKE2b-256(0x01 left right). The left child of n
 * leaves has the largest power of two that is smaller than n, as in RFC 6962; so leaves are added at the end without
 * touching what is there, and a single row is proved by the log2(n) digests beside its way to the root.
 *
 * Only the roots of the full subtrees are kept while it grows: adding a leaf joins two of equal size, like a carry in
 * binary counting.
 *
 * The list of leaves holds, for each row: seq less that of the row before, n, position, day less that of the row before
 * (each zigzag LEB128), and the row's digest. Its root is the tree's, so a list that was tampered with shows, and what
 * it says of a row that is gone holds.
 */
#include "store/proof_tree.h"

#include <endian.h>

void proof_tree_reset(struct proof_tree *t) {
        buf_reset(&t->leaves);
        t->last = (struct proof_place){ 0 };
        t->n = 0;
}

void proof_tree_deinit(struct proof_tree *t) {
        buf_deinit(&t->leaves);
        proof_tree_reset(t);
}

static void node_hash(const uint8_t left[PROOF_HASH], const uint8_t right[PROOF_HASH], uint8_t ret[PROOF_HASH]) {
        uint8_t both[1 + 2 * PROOF_HASH] = { 1 };

        memcpy(both + 1, left, PROOF_HASH);
        memcpy(both + 1 + PROOF_HASH, right, PROOF_HASH);
        (void)crypto_generichash_blake2b(ret, PROOF_HASH, both, sizeof both, NULL, 0);
}

static void put_number(uint8_t *at, uint64_t v) {
        v = htobe64(v);
        memcpy(at, &v, sizeof v);
}

static void leaf_hash(const struct proof_place *p, const uint8_t digest[PROOF_HASH], uint8_t ret[PROOF_HASH]) {
        uint8_t all[1 + 4 * 8 + PROOF_HASH] = { 0 };

        put_number(all + 1, p->seq);
        put_number(all + 9, (uint64_t)p->n);
        put_number(all + 17, (uint64_t)p->position);
        put_number(all + 25, (uint64_t)p->day);
        memcpy(all + 33, digest, PROOF_HASH);
        (void)crypto_generichash_blake2b(ret, PROOF_HASH, all, sizeof all, NULL, 0);
}

void proof_tree_list(struct proof_tree *t, const struct proof_place *place, const uint8_t digest[PROOF_HASH]) {
        buf_put_time(&t->leaves, (int64_t)(place->seq - t->last.seq));
        buf_put_time(&t->leaves, place->n);
        buf_put_time(&t->leaves, place->position);
        buf_put_time(&t->leaves, place->day - t->last.day);
        buf_put(&t->leaves, digest, PROOF_HASH);
        t->last = *place;
        proof_tree_add(t, place, digest);
}

void proof_tree_add(struct proof_tree *t, const struct proof_place *place, const uint8_t digest[PROOF_HASH]) {
        uint8_t node[PROOF_HASH];
        unsigned level = 0;

        leaf_hash(place, digest, node);
        for (; t->n >> level & 1; level++)
                node_hash(t->peaks[level], node, node);
        memcpy(t->peaks[level], node, PROOF_HASH);
        t->n++;
}

void proof_tree_root(const struct proof_tree *t, uint8_t ret[PROOF_HASH]) {
        bool begun = false;

        for (unsigned level = 0; level < 64; level++) {
                if (!(t->n >> level & 1))
                        continue;
                if (begun)
                        node_hash(t->peaks[level], ret, ret);
                else
                        memcpy(ret, t->peaks[level], PROOF_HASH);
                begun = true;
        }
}

struct proof_leaves proof_leaves_init(struct ww_str stored) {
        return (struct proof_leaves){ .rd = rd_init(stored) };
}

bool proof_leaves_next(struct proof_leaves *l) {
        if (l->rd.failed || rd_left(&l->rd) == 0)
                return false;
        l->place.seq += (uint64_t)rd_time(&l->rd);
        l->place.n = rd_time(&l->rd);
        l->place.position = rd_time(&l->rd);
        l->place.day += rd_time(&l->rd);
        l->digest = rd_take(&l->rd, PROOF_HASH);
        return l->digest != NULL;
}

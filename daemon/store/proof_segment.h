#pragma once
/*
 * A segment of the chain: what its hash is made from. See proof_segment.c.
 */
#include "store/proof_tree.h"

#define PROOF_PARTS_MAX 64

struct proof_part {
        const char *relation, *columns, *types; /* borrowed */
        int64_t rows;
        uint8_t root[PROOF_HASH];
};

struct proof_segment {
        uint8_t journal_id[16];
        uint64_t segment, first_seq, last_seq;
        int64_t sealed_at; /* µs since 1970 */
        uint8_t previous[PROOF_HASH], hash[PROOF_HASH];
        struct proof_part parts[PROOF_PARTS_MAX]; /* by name of the relation */
        size_t n_parts;
};

/** Puts the parts in order and computes s->hash. */
void proof_segment_hash(struct proof_segment *s);
/** "5f3a…" or a uuid with its dashes: 32 hex digits. False: it is none. */
bool proof_journal_id(const char *text, uint8_t ret[16]);

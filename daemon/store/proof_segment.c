/*
 * A segment's hash:
 *
 *   BLAKE2b-256( "wardwatch segment 1" 0x00
 *                journal id (16 bytes)  segment  first_seq  last_seq  sealed_at  previous (32 bytes)  number of parts
 *                of each part, by name:  relation 0x00  columns 0x00  types 0x00  rows  root (32 bytes) )
 *
 * Numbers are 64 bits, big-endian; sealed_at is in µs since 1970. Whoever knows one hash can therefore check every
 * segment up to it, and in each of them every row: nothing of the past can change without changing the hash of today.
 */
#include "store/proof_segment.h"

#include <endian.h>
#include <stdlib.h>

static const char begins[] = "wardwatch segment 1";

static int part_compare(const void *a, const void *b) {
        const struct proof_part *x = a, *y = b;

        return strcmp(x->relation, y->relation);
}

static void put_number(crypto_generichash_blake2b_state *state, uint64_t v) {
        v = htobe64(v);
        (void)crypto_generichash_blake2b_update(state, (const uint8_t *)&v, sizeof v);
}

static void put_text(crypto_generichash_blake2b_state *state, const char *text) {
        (void)crypto_generichash_blake2b_update(state, (const uint8_t *)text, strlen(text) + 1);
}

void proof_segment_hash(struct proof_segment *s) {
        crypto_generichash_blake2b_state state;

        qsort(s->parts, s->n_parts, sizeof *s->parts, part_compare);
        (void)crypto_generichash_blake2b_init(&state, NULL, 0, PROOF_HASH);
        put_text(&state, begins);
        (void)crypto_generichash_blake2b_update(&state, s->journal_id, sizeof s->journal_id);
        put_number(&state, s->segment);
        put_number(&state, s->first_seq);
        put_number(&state, s->last_seq);
        put_number(&state, (uint64_t)s->sealed_at);
        (void)crypto_generichash_blake2b_update(&state, s->previous, PROOF_HASH);
        put_number(&state, s->n_parts);
        for (size_t i = 0; i < s->n_parts; i++) {
                const struct proof_part *part = &s->parts[i];

                put_text(&state, part->relation);
                put_text(&state, part->columns);
                put_text(&state, part->types);
                put_number(&state, (uint64_t)part->rows);
                (void)crypto_generichash_blake2b_update(&state, part->root, PROOF_HASH);
        }
        (void)crypto_generichash_blake2b_final(&state, s->hash, PROOF_HASH);
}

bool proof_journal_id(const char *text, uint8_t ret[16]) {
        size_t n;

        return sodium_hex2bin(ret, 16, text, strlen(text), "-", &n, NULL) == 0 && n == 16;
}

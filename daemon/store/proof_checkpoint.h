#pragma once
/*
 * A checkpoint: what the chain's hash was at a moment, signed, to be kept where the database's owner cannot reach it.
 * See proof_checkpoint.c.
 */
#include "store/proof_key.h"
#include "store/proof_segment.h"

struct proof_checkpoint {
        uint64_t number; /* from 1, of one journal */
        uint8_t journal_id[16];
        uint64_t segment, seq;        /* the last segment, and its last input */
        uint8_t hash[PROOF_HASH];     /* the segment's */
        int64_t time;                 /* µs since 1970 */
        uint64_t set_back;            /* the database was set back to this input + 1 and filled again; 0 = it was not */
        uint8_t previous[PROOF_HASH]; /* digest of the checkpoint before */
        uint64_t since; /* the number from which on this key signs; the ones before it are retired. 0 = from the
                           beginning */
        uint8_t key[crypto_sign_PUBLICKEYBYTES];
        uint8_t signature[crypto_sign_BYTES];
        uint8_t digest[PROOF_HASH]; /* its own; not part of the line */
        bool captured;              /* seen where it was published; not part of the line */
};

/** Signs it and appends the line, with its newline; sets c->key, c->signature and c->digest. */
void proof_checkpoint_write(struct proof_checkpoint *c, const struct proof_key *key, struct buf *out);
/** Appends the line of one that was signed, with its newline. */
void proof_checkpoint_line(const struct proof_checkpoint *c, struct buf *out);
/** A line without its newline. 0, PROOF_E_*, -ENOMEM. Whether the key is one to be trusted is the caller's to ask. */
int proof_checkpoint_read(struct ww_str line, struct proof_checkpoint *ret);

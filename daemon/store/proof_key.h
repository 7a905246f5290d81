#pragma once
/*
 * The keys that sign checkpoints, and how one hands over to the next. See proof_key.c.
 */
#include "base/buf.h"

#include <sodium.h>

#define PROOF_HANDOVER_WORD "wardwatch-key-1 "

struct proof_key {
        uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
};

/* One key hands over to the next: both say so. */
struct proof_handover {
        uint8_t key[crypto_sign_PUBLICKEYBYTES], next[crypto_sign_PUBLICKEYBYTES];
        uint8_t signatures[2][crypto_sign_BYTES]; /* of the old one, of the new one */
};

enum {
        PROOF_E_OTHER = 1, /* a line of another kind */
        PROOF_E_SIGNATURE, /* it is not what was signed */
};

/** From 64 hex digits, at the end or before a newline: what follows are handovers. False: they are none. */
bool proof_key_read(struct proof_key *key, const char *text);

/** Signs it by both and appends the line, with its newline. */
void proof_handover_write(const struct proof_key *key, const struct proof_key *next, struct buf *out);
/** Appends the line of one that was signed, with its newline. */
void proof_handover_line(const struct proof_handover *h, struct buf *out);
/** A line without its newline. 0, PROOF_E_*, -ENOMEM. */
int proof_handover_read(struct ww_str line, struct proof_handover *ret);

void proof_put_hex(struct buf *out, const uint8_t *p, size_t n);

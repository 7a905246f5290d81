#pragma once
/* Which keys may have signed which checkpoints. See verify_keys.c. */
#include "store/proof_checkpoint.h"

struct verify_keys {
        const char *wanted; /* public keys in hex, separated by commas; borrowed; NULL = whichever has signed */
        struct proof_handover *handovers;
        size_t n, capacity;
};

void verify_keys_deinit(struct verify_keys *k);
int verify_keys_add(struct verify_keys *k, const struct proof_handover *handover);
/** Did `key` hand over to `next`, at once or by others between them? */
bool verify_keys_lead(const struct verify_keys *k, const uint8_t *key, const uint8_t *next);
/** May `next` follow `key` in a row of checkpoints? */
bool verify_keys_follow(const struct verify_keys *k, const uint8_t *key, const uint8_t *next);

/** Takes those out of `items` that no key signed that may: *ret_unsigned, and those that were signed by a key that had
 * been retired: *ret_retired. Returns how many are left, in their order. */
size_t verify_keys_sift(const struct verify_keys *k, struct proof_checkpoint *items, size_t n, uint64_t *ret_unsigned,
                        uint64_t *ret_retired);

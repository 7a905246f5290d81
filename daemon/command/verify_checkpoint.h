#pragma once
/* Checkpoints that were kept outside of the database, against the chain that is in it. */
#include "command/verify_source.h"
#include "store/proof_checkpoint.h"

struct verify_checkpoints {
        struct proof_checkpoint *items; /* by number */
        size_t n, capacity;
        bool *superseded; /* of each: it is not held against the chain */
        uint64_t bad;     /* lines that are no checkpoints any more, or are signed by another key */
};

/** Reads a file; `keys`: public keys in hex, separated by commas, that may have signed; NULL = whichever key has. 0;
 *  REPLAY_E_TOLD; -errno. */
int verify_checkpoints_read(struct verify_checkpoints *c, const char *path, const char *keys);
void verify_checkpoints_deinit(struct verify_checkpoints *c);

/** Holds the checkpoints of v's journal against the window's segments. */
void verify_checkpoints_window(struct verify_checkpoints *c, struct verify *v, const struct verify_window *w);
/** At the end: what is behind the last segment, and the checkpoints among themselves. Returns how many were held
 * against the chain. */
size_t verify_checkpoints_end(struct verify_checkpoints *c, struct verify *v);

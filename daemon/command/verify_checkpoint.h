#pragma once
/* Checkpoints that were kept outside of the database, against the chain that is in it. */
#include "command/verify_source.h"
#include "store/proof_checkpoint.h"

struct verify_checkpoints {
        struct proof_checkpoint *items; /* by number */
        size_t n, capacity;
        bool *superseded; /* of each: it is not held against the chain */
        uint64_t reached; /* the last segment that one of them confirmed */
        uint64_t bad;     /* lines that are no checkpoints any more, or are signed by another key */
};

/** Reads a file; `keys`: public keys in hex, separated by commas, that may have signed; NULL = whichever key has. 0;
 *  REPLAY_E_TOLD; -errno. */
int verify_checkpoints_read(struct verify_checkpoints *c, const char *path, const char *keys);
/** The same line by line, and when all of them were read. */
int verify_checkpoints_line(struct verify_checkpoints *c, struct ww_str line, const char *keys);
int verify_checkpoints_ready(struct verify_checkpoints *c);
void verify_checkpoints_deinit(struct verify_checkpoints *c);

/** Holds the checkpoints of v's journal against the window's segments. */
void verify_checkpoints_window(struct verify_checkpoints *c, struct verify *v, const struct verify_window *w);
/** Is there one of just this segment, as it is? */
bool verify_checkpoints_confirm(const struct verify_checkpoints *c, const struct verify *v,
                                const struct verify_segment *s);
/** The first checkpoint of that segment or a later one; NULL = there is none yet. */
const struct proof_checkpoint *verify_checkpoints_after(const struct verify_checkpoints *c,
                                                        const uint8_t journal_id[16], uint64_t segment);
/** At the end: what is behind the last segment, and the checkpoints among themselves. Returns how many were held
 * against the chain. */
size_t verify_checkpoints_end(struct verify_checkpoints *c, struct verify *v);

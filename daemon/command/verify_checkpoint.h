#pragma once
/* Checkpoints that were kept outside of the database, against the chain that is in it. */
#include "command/verify_keys.h"
#include "command/verify_source.h"

struct verify_checkpoints {
        struct proof_checkpoint *items; /* by number */
        size_t n, capacity;
        bool *superseded; /* of each: it is not held against the chain */
        uint64_t reached; /* the last segment that one of them confirmed */
        struct verify_keys keys;
        uint64_t bad;     /* lines that are no checkpoints any more, or are signed by another key */
        uint64_t retired; /* signed by a key that another one had followed */
};

/** Adds those of a file. `captured`: it is not proof.file, but what came on proof.topic. 0; REPLAY_E_TOLD; -errno. */
int verify_checkpoints_read(struct verify_checkpoints *c, const char *path, bool captured);
/** Adds one. */
int verify_checkpoints_line(struct verify_checkpoints *c, struct ww_str line);
/** When all were added. `keys`: public keys in hex, separated by commas, that may have signed (borrowed); NULL =
 *  whichever key has. */
int verify_checkpoints_ready(struct verify_checkpoints *c, const char *keys);
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

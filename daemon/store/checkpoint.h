#pragma once
/* The store's checkpoints: signed, and appended to the file proof.file. See checkpoint.c. */
#include "config/config.h"
#include "store/proof_checkpoint.h"
#include "store/seal.h"

struct checkpoint {
        const char *path; /* borrowed; NULL = none are made */
        struct proof_key key;
        struct buf handovers;         /* lines of the key's file: from which keys it took over */
        struct proof_checkpoint last; /* number 0 = none yet */
        uint64_t set_back;            /* to be said in the next one */
        bool torn;                    /* the file ends in the middle of a line */
        bool handed;                  /* the handovers stand in the file */
        int64_t every, due;           /* µs; boot time */
        uint64_t made, failed;
};

/** Reads the key, and where the file stands. 0; DIAG_E_USER: told in `d`; -errno. */
int checkpoint_init(struct checkpoint *c, const struct config *config, const struct seal *seal, struct diag *d);
void checkpoint_deinit(struct checkpoint *c);
/** The newest, with what it takes to trust its key, as it is published: lines, without the last newline. Nothing if
 * there is none. 0, -ENOMEM. */
int checkpoint_text(const struct checkpoint *c, struct buf *ret);

/** Appends a checkpoint if the chain has moved and it is time, or `now` is wanted; a failure is logged, and tried again
 *  at the next time. */
void checkpoint_turn(struct checkpoint *c, const struct seal *seal, bool at_once);

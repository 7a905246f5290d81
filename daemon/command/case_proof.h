#pragma once
/* The folder proof/ of a case bundle: an export of its rows, and what checks it. */
#include "command/export_write.h"
#include "report/casefile.h"

struct case_proof {
        struct inquiry *inquiry;
        const char *incident, *journal; /* journal NULL = the newest */
        const struct replay_database *database;
        const char *checkpoints; /* "" = none is known */
        struct export_result result;
};

/** For casefile_options.proof, `userdata` a struct case_proof. An
 *  incident with too many rows gets none, which the page says. */
int case_proof_add(void *userdata, struct casefile_zip *zip, struct buf *told);

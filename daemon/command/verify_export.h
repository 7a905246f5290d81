#pragma once
/* `wardwatch verify --export`. */
#include "command/verify_print.h"

/** Holds an export against its proof, and against the checkpoints that are in it; `checkpoints` NULL = no others;
 *  `keys` NULL = whichever key has signed. Adds to *findings; *selected: it holds only some rows.
 *  0; REPLAY_E_TOLD; -errno. */
int verify_export(const char *path, const char *checkpoints, const char *keys, struct verify_print *print,
                  uint64_t *findings, bool *selected);

#pragma once
/*
 * The store process: journal → PostgreSQL, exactly once. See store.c for the protocol.
 */
#include "config/config.h"

/** The whole life of the `wardwatch store` worker; returns the exit code. `control_fd`: the supervisor's pipe. */
int store_main(const struct config *config, int control_fd);

/** `wardwatch migrate`: applies the numbered migrations of `dir` that are missing, each in a transaction, under an
 *  advisory lock. 0, or -errno after telling on stderr. */
int store_migrate(const struct config *config, const char *dir, bool dry_run);

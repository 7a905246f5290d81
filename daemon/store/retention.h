#pragma once
/*
 * How long history is kept: what the configuration says goes to the database, and what is past its time goes.
 *
 * The database decides (schema/0007_keeping.sql): it drops whole partitions only, none below the least that its owner
 * allows, none that something holds, and writes down each. So whoever runs the daemon can make history shorter by the
 * configuration only as far as the owner lets him, and not without a trace.
 */
#include "config/config.h"
#include "store/wire.h"

/** Sets every class; one that is refused is told in the log, and the others are set. *ret_refused: how many were. 0, or
 *  WIRE_E_DOWN: the connection is to be dropped. */
int retention_set(struct wire *w, const struct config *config, size_t *ret_refused);
/** Drops up to `at_most` partitions of one table, the oldest first, and logs each. *ret: how many. 0, WIRE_E_*; after
 * WIRE_E_DATA and WIRE_E_RETRY nothing was dropped, and the connection is as it was. */
int retention_apply(struct wire *w, unsigned at_most, size_t *ret);

#define RETENTION_COMPACT 20000
/** Has the proof give up what proves nothing any more, `at_most` lists of leaves. *ret: how many lists and segments. 0,
 *  WIRE_E_* as above. */
int retention_compact(struct wire *w, unsigned at_most, uint64_t *ret);

/** `wardwatch retention`: sets and applies, or only says what would go. 0, or -errno after telling on stderr. */
int store_retention(const struct config *config, bool dry_run);

#pragma once
/* PostgreSQL's history, to be read: for a replay, for the story of an alarm. */
#include "command/replay_source.h"
#include "store/wire.h"

/** Connects, checks the schema, begins a transaction that sees one moment, and finds the journal (ret_journal NULL:
 * nobody needs it, and no transaction is begun). *ret_raw, unless it is NULL: what stands behind the names of the
 * tables that hold raw messages and commands: "", or "_raw" for a login that reads them through the views that record
 * it. 0; REPLAY_E_TOLD; -errno. */
int replay_database_open(struct wire **ret, const struct replay_database *database, int32_t *ret_journal,
                         const char **ret_raw);
/** A statement. 0; REPLAY_E_TOLD; -errno. */
int replay_database_ask(struct wire *w, const char *format, ...) _printf_(2, 3);
/** Tells what is wrong on stderr; REPLAY_E_TOLD. */
int replay_database_tell(const char *what, const char *cure);

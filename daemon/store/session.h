#pragma once
/* A command's connection to the database, with its troubles told on stderr. */
#include "config/config.h"
#include "store/wire.h"

/** As the login of database.url; `verb` begins what is told ("migrate"). 0, -errno after telling. */
int session_open(const struct config *config, const char *verb, struct wire **ret);
/** Tells `e` (of a call of wire.h, or -errno) and returns a -errno. */
int session_tell(int e, const struct wire_error *error, const char *verb, const char *what);

#pragma once
/*
 * On whose behalf a subcommand works. By itself: that of the user of this machine. The console has subcommands done for
 * its people (`console --make`): then the history is read with the console's login, and what is recorded when it is
 * read names the person who asked.
 */
#include "config/config.h"

/** From here on for that person of the console; kept by reference. Once, before anything else. */
void behalf_set(const char *person);
/** It is the console that asks: it means the newest journal where there are several. */
bool behalf_console(void);
/** Who asks; static. NULL: not known. */
const char *behalf_person(void);
/** A configuration that was just loaded: its database is the console's, if it is the console that asks. */
void behalf_config(struct config *config);

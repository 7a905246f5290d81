#pragma once
/*
 * On whose behalf a subcommand works, and as whom it asks PostgreSQL.
 *
 * On whose behalf: by itself, that of the user of this machine. The console has subcommands done for its people
 * (`console --make`): then the history is read with the console's login, and what is recorded when it is read names the
 * person who asked.
 *
 * As whom: on one machine a login is of the user whose name it bears (`peer`), and root is none. So root becomes the
 * user to whom the login belongs before it connects, the reading one wherever reading is enough; for good, so that
 * nothing of what the database answers is looked at with root's rights, but where the command then writes a file for
 * whoever called it.
 */
#include "config/config.h"

/** From here on for that person of the console; kept by reference. Once, before anything else. */
void behalf_set(const char *person);
/** It is the console that asks: it means the newest journal where there are several. */
bool behalf_console(void);
/** Who asks; static. NULL: not known. The one who called, whoever we became meanwhile. */
const char *behalf_person(void);
/** A configuration that was just loaded: its database is the console's, if it is the console that asks. */
void behalf_config(struct config *config);

enum behalf_need {
        BEHALF_READ,  /* questions, reports, histories: the console's login can */
        BEHALF_STORE, /* all that is proven, and what the store itself does */
};

struct behalf_login {    /* its texts are the configuration's */
        const char *url; /* "" = there is none */
        const char *password_file;
        const char *user; /* whom root becomes; NULL = nobody */
};

struct behalf_login behalf_login(const struct config *config, enum behalf_need need);

/** The command writes files for who called it: root is root again once it is connected. */
void behalf_keep(void);
/** Before connecting: root becomes `user` (NULL = nobody), others stay who they are. 0; -errno after telling. */
int behalf_begin(const char *user);
/** Connected, or not: the way back of behalf_keep. */
void behalf_end(void);

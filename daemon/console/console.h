#pragma once
/*
 * The console process: browsers and programs on one side, engine, passwords and history on the other.
 *
 * It decides nothing: who somebody is says the auth process, what he may do says the engine. It holds no hash of a
 * password, cannot open the journal, and reads PostgreSQL with a role that cannot write.
 */
#include "base/buf.h"
#include "config/config.h"

#include <jansson.h>

#define CONSOLE_DIR "console" /* below state.dir */

/** Opens the folder of the sessions before the user changes: state.dir is closed to users.console. fd, or -errno after
 *  telling. */
int console_dir_open(const struct config *config);
/** The worker; takes `dir_fd` over. Exit code. */
int console_main(const struct config *config, int control_fd, int dir_fd);
/** The table of routes as JSON, for the tests and the documentation: [{method, path, roles, scope, summary}]. */
json_t *console_routes(void);

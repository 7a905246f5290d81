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

/* What is opened before the user changes: state.dir is closed to users.console, and so are ports below 1024. */
struct console_files {
        int dir;    /* of the sessions */
        int listen; /* at console.listen */
};

/** 0, or -errno after telling. */
int console_files_open(const struct config *config, struct console_files *ret);
/** The worker; takes `files` over, and `helper`, which starts what takes long (work_helper.h). Exit code. */
int console_main(const struct config *config, int helper, int control_fd, const struct console_files *files);
/** The table of routes as JSON, for the tests and the documentation: [{method, path, roles, scope, summary}]. */
json_t *console_routes(void);

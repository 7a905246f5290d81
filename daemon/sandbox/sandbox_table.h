#pragma once
/* The rows behind sandbox.h. */
#include "sandbox/landlock.h"
#include "sandbox/syscalls.h"

#include <stddef.h>

enum sandbox_worker {
        SANDBOX_ENGINE,
        SANDBOX_STORE,
        SANDBOX_NOTIFY,
        SANDBOX_CONSOLE,
        SANDBOX_AUTH,
        SANDBOX_SNAPSHOT, /* a child of the engine's */
        SANDBOX_WORKERS
};

struct sandbox_worker_row {
        const char *name;
        unsigned syscalls; /* 1 << enum syscalls_group */
        bool signals;      /* to processes that it did not start */
        bool connect;      /* TCP to any port */
};

/* `what` is a path ("/usr"), one in the user's home ("~/.postgresql"), or a key of the configuration. Then `beneath`
 * may follow, as in state.dir + "/journal". */
struct sandbox_path_row {
        unsigned workers; /* 1 << enum sandbox_worker */
        enum landlock_right right;
        const char *what, *beneath;
        const char *help;
        enum {
                SANDBOX_ITSELF,
                SANDBOX_FOLDER, /* the one that the file lies in, and the one that it leads to: files that are replaced
                                 */
                SANDBOX_CONNINFO, /* the files that a libpq connection string names */
                SANDBOX_ALONE     /* only where the worker has a user of its own: there owners and modes hold it back */
        } of;
};

struct sandbox_port_row {
        unsigned workers;
        bool listen;
        const char *what; /* a number, or a key: a port, ADDRESS:PORT, or a libpq connection string */
};

extern const struct sandbox_worker_row sandbox_workers[SANDBOX_WORKERS];
extern const struct sandbox_path_row sandbox_paths[];
extern const size_t sandbox_paths_n;
extern const struct sandbox_port_row sandbox_ports[];
extern const size_t sandbox_ports_n;

#include "base/log.h"
#include "command/command.h"
#include "supervisor.h"

enum { OPTION_REPLAY_OTHER_VERSION, OPTION_PREPARE };

static const struct command_option run_options[] = {
        { "--replay-other-version", 0, NULL,
          "go on even where this version concludes something else than the last one" },
        { "--prepare", 0, "USER", "make folders and lock for a daemon that USER will start, and end" },
        { 0 },
};

/* `wardwatch run`: the daemon itself. */
static int run_run(const struct command_args *args) {
        struct supervisor_options options = {
                .config = args->config,
                .replay_other_version = args->values[OPTION_REPLAY_OTHER_VERSION] != NULL,
        };

        log_init("supervisor", LOG_LEVEL_INFO);
        if (args->values[OPTION_PREPARE])
                return supervisor_prepare(args->config, args->values[OPTION_PREPARE]);
        return supervisor_main(&options);
}

const struct command command_run_daemon = {
        .name = "run",
        .synopsis = "run [-c FILE] [--replay-other-version] [--prepare USER]",
        .help = "run the daemon: start, watch, restart, reload and stop its workers",
        .text = "Starts the engine, where database.url is set the store, and where notify.channels is set the "
                "notifier, and stays in the foreground; "
                "the log goes to stderr. A worker that ends or hangs is restarted, after two deaths of the "
                "engine within 60 seconds carefully. SIGHUP checks the configuration, sensor types, rules and "
                "site, and puts them in force if all of it is right; otherwise nothing is changed. New and changed "
                "rules begin as if they had been there for the last hour (`keep`): they are primed from the journal, "
                "and `wardwatch status` says when windows that look back further are whole. SIGTERM "
                "and SIGINT stop the engine, then the store once it has carried to PostgreSQL what there is, then the "
                "notifier, "
                "each within 10 seconds; a second one kills them. Under systemd (Type=notify) readiness, "
                "reloading, status and the watchdog are told. A second daemon on the same state directory "
                "ends at once with exit code 1 and says who holds it. "
                "Another version goes on where the one before was stopped in order. Where that one died, the inputs "
                "that it took since its last snapshot are replayed: if this version concludes the same from them, it "
                "goes on; if not, it does not start, and the log says which version to start once. With "
                "--replay-other-version it goes on all the same, and the alarm replay-differs is raised: for the "
                "emergency in which the other version is not at hand. "
                "Started as root, or as a user who was lent CAP_SETUID, CAP_SETGID and CAP_KILL, it gives each worker "
                "the user of users.*. Who is not root cannot give folders away: root does it before, with --prepare.",
        .options = run_options,
        .run = run_run,
};

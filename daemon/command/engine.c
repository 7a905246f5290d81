/* `wardwatch engine`: the worker that the supervisor starts; by hand for debugging. */
#include <stdlib.h>

#include "base/log.h"
#include "command/command.h"
#include "command/enter.h"
#include "command/socket.h"
#include "engine.h"

enum { OPTION_CONTROL_FD, OPTION_CAREFUL, OPTION_REPLAY_OTHER_VERSION, OPTION_READERS_GONE };

static const struct command_option engine_options[] = {
        { "--control-fd", 0, "N", "the supervisor's pipe" },
        { "--careful", 0, NULL, "one message a turn, journaled before it is decoded" },
        { "--replay-other-version", 0, NULL, "see `wardwatch help run`" },
        { "--readers-gone", 0, NULL, "nobody else has the journal open: LMDB's table of readers is made anew" },
        { 0 },
};

static int enter_snapshot(const void *config) {
        return sandbox_enter_snapshot(config);
}

static int engine_run_command(const struct command_args *args) {
        struct engine_options options = {
                .control_fd = args->values[OPTION_CONTROL_FD] ? atoi(args->values[OPTION_CONTROL_FD]) : -1,
                .careful = args->values[OPTION_CAREFUL] != NULL,
                .replay_other_version = args->values[OPTION_REPLAY_OTHER_VERSION] != NULL,
                .readers_gone = args->values[OPTION_READERS_GONE] != NULL,
        };
        struct sandbox_result sandbox;
        struct config config = { 0 };
        int r;

        log_init("engine", LOG_LEVEL_INFO);
        if (socket_config(&config, args->config))
                return 1;
        r = enter_worker(&config, "engine", config.users.engine, options.control_fd, -1, &sandbox);
        options.sandbox_lacks = sandbox.lacks;
        options.snapshot_enter = enter_snapshot;
        r = r ? 1 : engine_main(&config, &options);
        config_deinit(&config);
        return r;
}

const struct command command_engine = {
        .name = "engine",
        .synopsis = "engine [--control-fd N] [--careful] [--replay-other-version] [--readers-gone]",
        .help = "the engine worker: MQTT and commands in, journal and feed out",
        .options = engine_options,
        .hidden = true,
        .run = engine_run_command,
};

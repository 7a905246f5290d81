/* `wardwatch auth`: the worker that the supervisor starts; by hand for debugging. */
#include "auth/auth.h"

#include "base/log.h"
#include "command/command.h"
#include "command/enter.h"
#include "command/socket.h"

#include <stdlib.h>

enum { OPTION_CONTROL_FD };

static const struct command_option auth_options[] = {
        { "--control-fd", 0, "N", "the supervisor's pipe" },
        { 0 },
};

static int auth_run_command(const struct command_args *args) {
        int control_fd = args->values[OPTION_CONTROL_FD] ? atoi(args->values[OPTION_CONTROL_FD]) : -1, dir_fd;
        struct config config = { 0 };
        int r = 1;

        log_init("auth", LOG_LEVEL_INFO);
        if (socket_config(&config, args->config))
                return 1;
        dir_fd = auth_dir_open(&config); /* while it can still be reached: state.dir is closed to users.auth */
        if (dir_fd >= 0 && !enter_worker(&config, "auth", config.users.auth, control_fd, dir_fd, NULL))
                r = auth_main(&config, control_fd, dir_fd);
        config_deinit(&config);
        return r;
}

const struct command command_auth = {
        .name = "auth",
        .synopsis = "auth [--control-fd N]",
        .help = "the auth worker: checks passwords for the console",
        .options = auth_options,
        .hidden = true,
        .run = auth_run_command,
};

/* `wardwatch notify`: the worker that the supervisor starts; by hand for debugging. */
#include "notify/notify.h"

#include "base/log.h"
#include "command/command.h"
#include "command/enter.h"
#include "command/socket.h"

#include <stdlib.h>

enum { OPTION_CONTROL_FD };

static const struct command_option notify_options[] = {
        { "--control-fd", 0, "N", "the supervisor's pipe" },
        { 0 },
};

static int notify_run_command(const struct command_args *args) {
        int control_fd = args->values[OPTION_CONTROL_FD] ? atoi(args->values[OPTION_CONTROL_FD]) : -1;
        struct config config = { 0 };
        int r;

        log_init("notify", LOG_LEVEL_INFO);
        if (socket_config(&config, args->config))
                return 1;
        r = enter_worker(&config, "notify", config.users.notify, control_fd, -1, NULL)
                    ? 1
                    : notify_main(&config, control_fd);
        config_deinit(&config);
        return r;
}

const struct command command_notify = {
        .name = "notify",
        .synopsis = "notify [--control-fd N]",
        .help = "the notify worker: journal to the world outside",
        .options = notify_options,
        .hidden = true,
        .run = notify_run_command,
};

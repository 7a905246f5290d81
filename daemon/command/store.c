/* `wardwatch store`: the worker that the supervisor starts; by hand for debugging. */
#include "store/store.h"

#include "base/log.h"
#include "command/command.h"
#include "command/enter.h"
#include "command/socket.h"

#include <stdlib.h>

enum { OPTION_CONTROL_FD };

static const struct command_option store_options[] = {
        { "--control-fd", 0, "N", "the supervisor's pipe" },
        { 0 },
};

static int store_run_command(const struct command_args *args) {
        int control_fd = args->values[OPTION_CONTROL_FD] ? atoi(args->values[OPTION_CONTROL_FD]) : -1;
        struct config config = { 0 };
        int r;

        log_init("store", LOG_LEVEL_INFO);
        if (socket_config(&config, args->config))
                return 1;
        r = enter_worker(&config, "store", config.users.store, control_fd, -1, NULL) ? 1
                                                                                     : store_main(&config, control_fd);
        config_deinit(&config);
        return r;
}

const struct command command_store = {
        .name = "store",
        .synopsis = "store [--control-fd N]",
        .help = "the store worker: journal to PostgreSQL",
        .options = store_options,
        .hidden = true,
        .run = store_run_command,
};

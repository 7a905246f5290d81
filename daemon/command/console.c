/* `wardwatch console`: the worker that the supervisor starts; by hand for debugging. */
#include "console/console.h"

#include "base/log.h"
#include "command/command_internal.h"
#include "command/enter.h"
#include "command/socket.h"

#include <stdlib.h>

enum { OPTION_CONTROL_FD, OPTION_ROUTES };

static const struct command_option console_options[] = {
        [OPTION_CONTROL_FD] = { "--control-fd", 0, "N", "the supervisor's pipe" },
        [OPTION_ROUTES] = { "--routes", 0, NULL, "print the table of routes as JSON, and end" },
        { 0 },
};

static int console_run_command(const struct command_args *args) {
        int control_fd = args->values[OPTION_CONTROL_FD] ? atoi(args->values[OPTION_CONTROL_FD]) : -1;
        struct console_files files;
        struct config config = { 0 };
        int r = 1;

        if (args->values[OPTION_ROUTES])
                return command_put_json(console_routes(), JSON_INDENT(1));
        log_init("console", LOG_LEVEL_INFO);
        if (socket_config(&config, args->config))
                return 1;
        if (!console_files_open(&config, &files) &&
            !enter_worker(&config, "console", config.users.console, control_fd, NULL))
                r = console_main(&config, control_fd, &files);
        config_deinit(&config);
        return r;
}

const struct command command_console = {
        .name = "console",
        .synopsis = "console [--control-fd N] [--routes]",
        .help = "the console worker: pages and the interface for browsers and programs",
        .options = console_options,
        .hidden = true,
        .run = console_run_command,
};

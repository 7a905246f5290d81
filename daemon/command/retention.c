/* `wardwatch retention`: drops what the database has kept long enough, and says what that would be. */
#include "store/retention.h"
#include "command/behalf.h"
#include "command/command.h"
#include "command/socket.h"

enum { OPTION_DRY_RUN };

static const struct command_option retention_options[] = {
        { "--dry-run", 'n', NULL, "only say what would be dropped, and what is held" },
        { 0 },
};

static int retention_run(const struct command_args *args) {
        struct config config = { 0 };
        int r;

        if (socket_config(&config, args->config))
                return 1;
        r = behalf_begin(behalf_login(&config, BEHALF_STORE).user) ||
            store_retention(&config, args->values[OPTION_DRY_RUN] != NULL);
        config_deinit(&config);
        return r;
}

const struct command command_retention = {
        .name = "retention",
        .synopsis = "retention [--dry-run]",
        .help = "drop history that was kept long enough",
        .text = "Tells the database how long each class of history is kept (configuration keys retention.*), and drops "
                "the "
                "partitions that are older, except those that something holds. Each is written down in "
                "retention_record. The "
                "store does the same once a day. A time below the least that the owner of the tables allows is "
                "refused. It takes the store's login: by root, or by users.store.",
        .options = retention_options,
        .run = retention_run,
};

/* `wardwatch migrate`: makes the tables in PostgreSQL, or brings them up to this version. */
#include "command/behalf.h"
#include "command/command.h"
#include "command/socket.h"
#include "store/store.h"

#include <stdio.h>

#define OWNER_HELP                                                                                                     \
        "the tables' owner makes and changes them: sudo -u postgres wardwatch migrate --database "                     \
        "'host=/run/postgresql dbname=wardwatch options=-crole=wardwatch_owner'"

enum { OPTION_DRY_RUN, OPTION_DATABASE, OPTION_SCHEMA };

static const struct command_option migrate_options[] = {
        { "--dry-run", 'n', NULL, "only say what would be applied" },
        { "--database", 'd', "CONNINFO", "as the owner of the tables, instead of the configuration's database.url" },
        { "--schema", 0, "DIR", "folder of the migrations" },
        { 0 },
};

static int migrate_run_command(const struct command_args *args) {
        const char *owner = args->values[OPTION_DATABASE];
        struct config config = { 0 };
        int r;

        if (socket_config(&config, args->config))
                return 1;
        if (owner) {
                config.database.url = owner;
                config.database.password_file = ""; /* the store's, not the owner's */
        }
        r = (!owner && behalf_begin(behalf_login(&config, BEHALF_STORE).user)) ||
            store_migrate(&config, args->values[OPTION_SCHEMA], args->values[OPTION_DRY_RUN] != NULL);
        if (r && !owner)
                (void)fprintf(stderr, "  help: " OWNER_HELP "\n");
        config_deinit(&config);
        return r;
}

const struct command command_migrate = {
        .name = "migrate",
        .synopsis = "migrate [--dry-run] [--database CONNINFO] [--schema DIR]",
        .help = "make the database's tables, or bring them up to this version",
        .text = "Applies the numbered migrations that the database does not have yet, each in a transaction of its "
                "own. One that is applied is never changed: a file that differs from what was applied is refused. "
                "One that another session's locks are in the way of is undone and tried again, ten times in all. The "
                "store waits until the database has exactly the schema that it needs. Whoever runs it has to be the "
                "owner of "
                "the tables, which the store is not; on the database's own machine: sudo -u postgres wardwatch migrate "
                "--database 'host=/run/postgresql dbname=wardwatch options=-crole=wardwatch_owner'.",
        .options = migrate_options,
        .run = migrate_run_command,
};

/* `wardwatch list`: members of the site's named lists, changed by a person without a reload, and journaled. */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/socket.h"

enum { OPTION_UNTIL, OPTION_REASON, OPTION_ID };

static const struct command_option list_options[] = {
        [OPTION_UNTIL] = { "--until", 'u', "TIME", "add: until then, 2026-01-31T18:00:00Z or a span such as 8h" },
        [OPTION_REASON] = { "--reason", 'r', "TEXT", "why; stands in the record" },
        [OPTION_ID] = { "--id", 0, "ID", "the request's own id: a repeat with the same id gets the first answer" },
        { 0 },
};

static int list_run(const struct command_args *args) {
        bool add = args->argc == 3 && strcmp(args->argv[1], "add") == 0;
        char done[300];
        json_t *request;

        if (args->argc != 3 || (!add && strcmp(args->argv[1], "remove") != 0)) {
                (void)fprintf(stderr, "wardwatch list: give a list, `add` or `remove`, and a member\n  help: the lists "
                                      "are under `lists:` in the site's files\n");
                return 2;
        }
        request = json_pack("{s:s, s:s, s:s, s:b}", "cmd", "list", "name", args->argv[0], "member", args->argv[2],
                            "add", add);
        socket_put_text(&request, "until", args->values[OPTION_UNTIL]);
        socket_put_text(&request, "reason", args->values[OPTION_REASON]);
        (void)snprintf(done, sizeof done, "%.100s is %s list %.100s", args->argv[2], add ? "in" : "not in",
                       args->argv[0]);
        return socket_change(args->config, args->json, request, args->values[OPTION_ID], done);
}

const struct command command_list = {
        .name = "list",
        .synopsis = "list NAME add|remove MEMBER [--until TIME] [--reason TEXT] [--id ID] [--json]",
        .help = "add a member to a list of the site, or remove one",
        .text = "Rules match against the site's lists with @NAME. A change by this command holds from then on, over "
                "restarts and reloads; one with --until ends by itself. Supervisors and integrators may change lists; "
                "who did, when and why is in the record.",
        .options = list_options,
        .run = list_run,
};

/* `wardwatch mode`: what the site is in (a drill, an open day), switched by a person and journaled. */
#include <stdio.h>
#include <string.h>

#include "command/command_internal.h"
#include "command/plain.h"
#include "command/socket.h"

enum { OPTION_REASON, OPTION_ID };

static const struct command_option mode_options[] = {
        [OPTION_REASON] = { "--reason", 'r', "TEXT", "why; stands in the record" },
        [OPTION_ID] = { "--id", 0, "ID", "the request's own id: a repeat with the same id gets the first answer" },
        { 0 },
};

static void modes_print(json_t *modes) {
        const char *name;
        json_t *mode;

        if (!json_object_size(modes))
                (void)printf("the site has no modes\n");
        json_object_foreach(modes, name, mode) {
                const char *title = json_string_value(json_object_get(mode, "title"));

                (void)printf("%-3s  ", json_is_true(json_object_get(mode, "on")) ? "on" : "off");
                plain_put_column(name, 20);
                (void)printf("  %s", json_is_true(json_object_get(mode, "exercise")) ? "(exercise) " : "");
                plain_put(title ? title : "");
                (void)putchar('\n');
        }
}

static int modes_run(const struct command_args *args) {
        struct socket_session s;
        json_t *answer = NULL, *modes;
        int r;

        if (socket_open(&s, args->config))
                return 1;
        r = socket_call(&s, json_pack("{s:s}", "cmd", "status"), &answer);
        modes = json_object_get(json_object_get(answer, "status"), "modes");
        if (!modes) {
                (void)fprintf(stderr, "wardwatch: no answer: %s\n", r ? strerror(-r) : "unexpected");
        } else if (args->json) {
                (void)command_put_json(json_incref(modes), JSON_COMPACT);
        } else {
                modes_print(modes);
        }
        r = modes ? 0 : 1;
        json_decref(answer);
        socket_close(&s);
        return r;
}

static int mode_run(const struct command_args *args) {
        bool on = args->argc == 2 && strcmp(args->argv[1], "on") == 0;
        char done[160];
        json_t *request;

        if (args->argc == 0)
                return modes_run(args);
        if (args->argc != 2 || (!on && strcmp(args->argv[1], "off") != 0)) {
                (void)fprintf(stderr,
                              "wardwatch mode: give a mode and `on` or `off`\n  help: `wardwatch mode` lists the "
                              "modes of the site\n");
                return 2;
        }
        request = json_pack("{s:s, s:s, s:b}", "cmd", "mode", "name", args->argv[0], "on", on);
        socket_put_text(&request, "reason", args->values[OPTION_REASON]);
        (void)snprintf(done, sizeof done, "mode %.100s is %s", args->argv[0], on ? "on" : "off");
        return socket_change(args->config, args->json, request, args->values[OPTION_ID], done);
}

const struct command command_mode = {
        .name = "mode",
        .synopsis = "mode [NAME on|off [--reason TEXT] [--id ID]] [--json]",
        .help = "show the modes of the site, or switch one on or off",
        .text = "A mode is named in the site's files; rules ask for it with mode(NAME). It stays as it is switched, "
                "over restarts and reloads. While a mode with `exercise: true` is on, everything that comes in is a "
                "drill: its alarms are marked, and neither raise, refute nor mute real ones. Operators and "
                "supervisors may switch modes; who did, when and why is in the record.",
        .options = mode_options,
        .run = mode_run,
};

/* `wardwatch clock confirm`: the operator's word that a forward step of the clock is right. */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/socket.h"

static int clock_run(const struct command_args *args) {
        struct socket_session s;
        json_t *answer = NULL, *error;
        int r;

        if (args->argc != 1 || strcmp(args->argv[0], "confirm") != 0) {
                (void)fprintf(stderr, "wardwatch clock: say `wardwatch clock confirm`\n");
                return 2;
        }
        if (socket_open(&s, args->config))
                return 1;
        r = socket_call(&s, json_pack("{s:s}", "cmd", "clock-confirm"), &answer);
        error = json_object_get(answer, "error");
        if (r)
                (void)fprintf(stderr, "wardwatch: no answer: %s\n", strerror(-r));
        else if (error)
                (void)fprintf(stderr, "refused: %s\n", json_string_value(json_object_get(error, "text")));
        else
                (void)printf("journal time follows the wall clock again\n");
        r = r || error ? 1 : 0;
        json_decref(answer);
        socket_close(&s);
        return r;
}

const struct command command_clock = {
        .name = "clock",
        .synopsis = "clock confirm",
        .help = "confirm that a forward step of the clock is right",
        .text = "A wall clock that jumps forward by more than an hour is not followed: deadlines would fire and "
                "schedules pass that never were. A system alarm says so. When the new time is right, this command "
                "makes journal time follow it.",
        .run = clock_run,
};

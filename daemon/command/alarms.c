/* `wardwatch alarms`: what is, and with --follow what changes, from the engine's feed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/alarms_table.h"
#include "command/command_internal.h"
#include "command/plain.h"
#include "command/socket.h"

enum { OPTION_FOLLOW, OPTION_FROM, OPTION_TABLE };

static const char *text(json_t *object, const char *name) {
        const char *s = json_string_value(json_object_get(object, name));

        return s ? s : "";
}

static void print_alarm(json_t *alarm) {
        (void)printf("%6" JSON_INTEGER_FORMAT "  %-8s  %-7s  %.19sZ  ",
                     json_integer_value(json_object_get(alarm, "id")), text(alarm, "priority"), text(alarm, "state"),
                     text(alarm, "raised_at"));
        plain_put_column(*text(alarm, "zone") ? text(alarm, "zone") : "-", 14);
        (void)printf("  %s%s%s", json_is_true(json_object_get(alarm, "covert")) ? "(covert) " : "",
                     json_is_true(json_object_get(alarm, "exercise")) ? "(exercise) " : "",
                     json_is_true(json_object_get(alarm, "stale")) ? "(stale) " : "");
        plain_put(text(alarm, "title"));
        (void)printf("  [");
        plain_put(text(alarm, "rule"));
        (void)putchar(' ');
        plain_put(text(alarm, "key"));
        (void)printf(" v%" JSON_INTEGER_FORMAT "]", json_integer_value(json_object_get(alarm, "version")));
        if (*text(alarm, "suppressed_by")) {
                (void)printf(" suppressed by ");
                plain_put(text(alarm, "suppressed_by"));
        }
        (void)putchar('\n');
}

static void print_transition(json_t *transition) {
        json_t *alarm = json_object_get(transition, "alarm");

        (void)printf("%.23sZ  %-12s %-7s → %-7s ", text(transition, "time"), text(transition, "cause"),
                     text(transition, "old_state"), text(alarm, "state"));
        plain_put_column(text(transition, "actor"), 24);
        (void)printf("  ");
        print_alarm(alarm);
}

static void print_line(json_t *line, bool json) {
        json_t *part;

        if (json) {
                (void)command_put_json(json_incref(line), JSON_COMPACT);
        } else if ((part = json_object_get(line, "live"))) {
                print_alarm(part);
        } else if ((part = json_object_get(line, "transition"))) {
                print_transition(part);
        } else if ((part = json_object_get(line, "notice"))) {
                (void)printf("notice  %s  ", text(part, "name"));
                plain_put(text(part, "text"));
                (void)putchar('\n');
        } else if (json_object_get(line, "reset")) {
                (void)printf("--- some changes were missed; the state from here on:\n");
        }
        (void)fflush(stdout);
}

/* 0: the live state is complete (and we do not follow); else as socket_next. */
static int alarms_read(struct socket_session *s, bool follow, bool json) {
        for (;;) {
                json_t *line = NULL;
                bool end;
                int r = socket_next(s, follow ? -1 : 10000, &line);

                if (r)
                        return r;
                end = json_object_get(line, "live_end") != NULL;
                if (!end || (json && follow))
                        print_line(line, json);
                json_decref(line);
                if (end && !follow)
                        return 0;
        }
}

static int put_table(void) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        alarms_table_put(&text);
        return command_put(&text, false);
}

static int alarms_run(const struct command_args *args) {
        struct socket_session s;
        json_t *request;
        int r;

        if (args->values[OPTION_TABLE])
                return put_table();
        if (args->values[OPTION_FROM] && !args->values[OPTION_FOLLOW]) {
                (void)fprintf(stderr, "wardwatch alarms: --from goes on after a line\n  help: give --follow, too\n");
                return 2;
        }
        if (socket_open(&s, args->config))
                return 1;
        request = args->values[OPTION_FROM]
                          ? json_pack("{s:s, s:s}", "cmd", "follow", "from", args->values[OPTION_FROM])
                          : json_pack("{s:s}", "cmd", "follow");
        r = jsonline_write(s.fd, request);
        json_decref(request);
        if (!args->json && !r)
                (void)printf("    ID  PRIORITY  STATE    RAISED                ZONE            TITLE\n");
        if (!r)
                r = alarms_read(&s, args->values[OPTION_FOLLOW] != NULL, args->json);
        socket_close(&s);
        if (r)
                (void)fprintf(stderr, "wardwatch: the daemon went away: %s\n", strerror(-r));
        return r ? 1 : 0;
}

static const struct command_option alarms_options[] = {
        [OPTION_FOLLOW] = { "--follow", 'f', NULL, "go on with every change as it is committed" },
        [OPTION_FROM] = { "--from", 0, "SEQ.N",
                          "with --follow: go on after this line instead of starting with what is" },
        [OPTION_TABLE] = { "--table", 0, NULL, "print what may become of an alarm and who may do what, as Markdown" },
        { 0 },
};

const struct command command_alarms = {
        .name = "alarms",
        .synopsis = "alarms [--follow [--from SEQ.N]] [--table] [--json]",
        .help = "show the alarms that are not normal, and follow what changes",
        .text = "Lists every alarm that is not NORM, oldest first, with its number, priority, state, version and "
                "rule. With --follow it then prints each transition as it is committed to the journal. With --json "
                "each line is one JSON object; a line with `at` can be given to --from to go on after it. `sound` says "
                "what "
                "is to be heard in the control room; nothing of an alarm that is `covert` may be heard or shown where "
                "the "
                "threat could notice it. `stale`: where it comes from cannot be heard now.",
        .options = alarms_options,
        .run = alarms_run,
};

/* `wardwatch status`: the health of the daemon, for people and for scripts. */
#include <stdio.h>
#include <string.h>

#include "command/command_internal.h"
#include "command/plain.h"
#include "command/socket.h"

static void status_key(const char *key, int depth, const char *behind) {
        (void)printf("%*s", depth * 2, "");
        plain_put(key);
        (void)fputs(behind, stdout);
}

/* One object a paragraph, nested ones indented: whatever the engine says is shown, nothing has to be known here. */
static void status_print(json_t *object, int depth) {
        const char *key;
        json_t *value;

        json_object_foreach(object, key, value) {
                if (json_is_object(value) && json_object_size(value)) {
                        status_key(key, depth, ":\n");
                        status_print(value, depth + 1);
                } else if (json_is_array(value)) {
                        size_t i;
                        json_t *item;

                        status_key(key, depth, ":\n");
                        json_array_foreach(value, i, item) {
                                (void)printf("%*s-\n", depth * 2 + 2, "");
                                status_print(item, depth + 2);
                        }
                } else {
                        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));

                        status_key(key, depth, ": ");
                        plain_put(text ? text : "");
                        (void)putchar('\n');
                        free(text);
                }
        }
}

static int status_run(const struct command_args *args) {
        struct socket_session s;
        json_t *answer = NULL, *status;
        int r;

        if (socket_open(&s, args->config))
                return 1;
        r = socket_call(&s, json_pack("{s:s}", "cmd", "status"), &answer);
        status = json_object_get(answer, "status");
        if (!r && status && args->json) {
                (void)command_put_json(json_incref(status), JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        } else if (!r && status) {
                status_print(status, 0);
        } else {
                (void)fprintf(stderr,
                              "wardwatch: the daemon did not answer: %s\n  help: a hung engine is restarted within "
                              "supervisor.hung_after; its log says more\n",
                              r ? strerror(-r) : "unexpected answer");
        }
        json_decref(answer);
        socket_close(&s);
        return r || !status ? 1 : 0;
}

const struct command command_status = {
        .name = "status",
        .synopsis = "status [--json]",
        .help = "show the daemon's health: rates, lags, journal fill, queues, connections, last errors",
        .text = "Asks the running engine. Sessions: state, messages, redeliveries and last error of each MQTT "
                "session. Journal: newest and oldest record, fill of the map (lanes close at 0.85 and 0.95), newest "
                "snapshot, how far the store is behind. Stages: what decode, correlate and alarm have seen. Readers: "
                "what the store reports of PostgreSQL, and the notifier of its channels. Workers: what the supervisor "
                "says of each process.",
        .run = status_run,
};

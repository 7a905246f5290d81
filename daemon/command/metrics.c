/* `wardwatch metrics`: where the metrics are, and what they mean. */
#include "command/command_internal.h"
#include "command/socket.h"

#include "base/metrics.h"

#include <inttypes.h>
#include <stdio.h>

enum { OPTION_TABLE };

static const struct command_option metrics_options[] = {
        [OPTION_TABLE] = { "--table", 0, NULL, "explain every metric, as a table in Markdown, or as JSON" },
        { 0 },
};

static int put_table(bool json) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (json)
                return command_put_json(metrics_table_json(), JSON_INDENT(2)) ? 1 : 0;
        metrics_table(&text);
        return command_put(&text, false);
}

/* What is off is left out; the store is there only with a database, the notifier with channels. */
static int put_addresses(const struct config *c, bool json) {
        const struct {
                enum metrics_process process;
                int64_t port;
        } rows[] = { { METRICS_SUPERVISOR, c->metrics.supervisor },
                     { METRICS_ENGINE, c->metrics.engine },
                     { METRICS_STORE, c->database.url[0] ? c->metrics.store : 0 },
                     { METRICS_NOTIFY, c->notify.channels[0] ? c->metrics.notify : 0 },
                     { METRICS_CONSOLE, c->console.listen[0] ? c->metrics.console : 0 },
                     { METRICS_AUTH, c->auth.enabled ? c->metrics.auth : 0 } };
        json_t *object = json_object();

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const char *name = metrics_process_name(rows[i].process);
                char address[64];

                if (!rows[i].port)
                        continue;
                (void)snprintf(address, sizeof address, "http://127.0.0.1:%" PRId64 "/metrics", rows[i].port);
                if (!json)
                        (void)printf("%-10s  %s\n", name, address);
                (void)json_object_set_new(object, name, json_string(address));
        }
        if (json)
                return command_put_json(object, JSON_INDENT(2)) ? 1 : 0;
        json_decref(object);
        return 0;
}

static int metrics_run(const struct command_args *args) {
        struct config config = { 0 };
        int r;

        if (args->values[OPTION_TABLE])
                return put_table(args->json);
        if (socket_config(&config, args->config))
                return 1;
        r = put_addresses(&config, args->json);
        config_deinit(&config);
        return r;
}

const struct command command_metrics = {
        .name = "metrics",
        .synopsis = "metrics [--table] [--json]",
        .help = "show where Prometheus finds the metrics, or explain them",
        .text = "Each process answers GET /metrics on 127.0.0.1 and [::1], in Prometheus' text format, at the ports "
                "metrics.supervisor, metrics.engine, metrics.store, metrics.notify, metrics.console and metrics.auth "
                "of the "
                "configuration; `off` "
                "there, and it does "
                "not listen. Without --table the addresses are shown. A port that another program has is told in the "
                "log and tried again; the process goes on without. What `wardwatch status` shows in numbers is among "
                "the metrics, and what each rule has seen, skipped and concluded.",
        .options = metrics_options,
        .run = metrics_run,
};

/* `wardwatch sensors`: the integrator's tools, from a message that nobody knows to a type that is tested. */
#include "command/sensors.h"

#include "command/replay_side.h"
#include "command/socket.h"

#include <stdio.h>

int sensors_open(struct sensors *s, const char *name, const struct command_args *args) {
        int r;

        *s = (struct sensors){ .args = args, .name = name };
        if (socket_config(&s->config, args->config))
                return 1;
        r = sensors_exit(name, replay_side_rules(&s->rules, &s->config, NULL));
        if (r)
                sensors_close(s);
        return r;
}

void sensors_close(struct sensors *s) {
        s->rules = ruleset_free(s->rules);
        config_deinit(&s->config);
}

int sensors_usage(const char *name, const char *what, const char *cure) {
        (void)fprintf(stderr, "wardwatch sensors %s: %s\n  help: %s\n", name, what, cure);
        return 2;
}

int sensors_exit(const char *name, int r) {
        if (r < 0 && r != -EPIPE)
                (void)fprintf(stderr, "wardwatch sensors %s: %s\n", name, strerror(-r));
        return r ? 1 : 0;
}

extern const struct command command_sensors_list, command_sensors_show, command_sensors_try, command_sensors_unknown;
extern const struct command command_sensors_draft, command_sensors_test, command_sensors_coverage;
extern const struct command command_sensors_listen, command_sensors_devices;

static const struct command *const parts[] = {
        /* clang-format off */
        &command_sensors_list,
        &command_sensors_show,
        &command_sensors_listen,
        &command_sensors_unknown,
        &command_sensors_draft,
        &command_sensors_try,
        &command_sensors_test,
        &command_sensors_coverage,
        &command_sensors_devices,
        NULL,
        /* clang-format on */
};

const struct command command_sensors = {
        .name = "sensors",
        .synopsis = "sensors list|show|listen|unknown|draft|try|test|coverage|devices …",
        .help = "sensor types: what they make of messages, and a draft of those that are missing",
        .text = "The way of a new sensor: `listen` or `unknown` shows messages that no type explains, `draft` writes a "
                "type from them, `try` tells what comes of one message and why, `test` runs the examples of types, "
                "`coverage` plays a whole recording, and `devices` lists who spoke and proposes assets. All of it "
                "reads the files as they stand; nothing is written, and no daemon is changed.",
        .parts = parts,
};

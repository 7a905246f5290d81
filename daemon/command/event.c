/* `wardwatch event`: what a person saw, as an event among those of the devices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/socket.h"

enum { OPTION_ZONE, OPTION_DEVICE, OPTION_VALUE, OPTION_REASON, OPTION_ID };

static const struct command_option event_options[] = {
        [OPTION_ZONE] = { "--zone", 'z', "ZONE", "where; without it where the device is" },
        [OPTION_DEVICE] = { "--device", 'd', "DEVICE", "of which device; without it `manual`" },
        [OPTION_VALUE] = { "--value", 0, "VALUE", "a number, or a text" },
        [OPTION_REASON] = { "--reason", 'r', "TEXT", "who said so, and how; stands in the record" },
        [OPTION_ID] = { "--id", 0, "ID", "the request's own id: a repeat with the same id gets the first answer" },
        { 0 },
};

static void put_value(json_t **request, const char *value) {
        char *end = NULL;
        double number = value ? strtod(value, &end) : 0;

        if (value && *request && *value && !*end)
                json_object_set_new(*request, "value", json_real(number));
        else
                socket_put_text(request, "value", value);
}

static int event_run(const struct command_args *args) {
        char done[160];
        json_t *request;

        if (args->argc != 1) {
                (void)fprintf(stderr, "wardwatch event: give one kind, such as panic or door.opened\n  help: the "
                                      "reference in rules/README.md lists them\n");
                return 2;
        }
        request = json_pack("{s:s, s:s}", "cmd", "event", "kind", args->argv[0]);
        socket_put_text(&request, "zone", args->values[OPTION_ZONE]);
        socket_put_text(&request, "device", args->values[OPTION_DEVICE]);
        socket_put_text(&request, "reason", args->values[OPTION_REASON]);
        put_value(&request, args->values[OPTION_VALUE]);
        (void)snprintf(done, sizeof done, "%.100s is told", args->argv[0]);
        return socket_change(args->config, args->json, request, args->values[OPTION_ID], done);
}

const struct command command_event = {
        .name = "event",
        .synopsis = "event KIND [--zone ZONE] [--device DEVICE] [--value VALUE] [--reason TEXT] [--id ID] [--json]",
        .help = "tell an event that no device told",
        .text = "Somebody smells smoke, or calls from the ward: the event goes the way of all others, through the "
                "rules to "
                "alarms and incidents, with the sensor type `manual` and the attribute `actor`. Operators, supervisors "
                "and "
                "integrators may tell events.",
        .options = event_options,
        .run = event_run,
};

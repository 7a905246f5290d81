/*
 * A month that was lived, in a minute (lived.h). replay_live.py starts this.
 *
 *     bench-month CONFIG DAYS DAILY      the first day is 2026-01-01 UTC; DAILY messages a day
 */
#include "lived.h"

#include <inttypes.h>
#include <stdio.h>

#define START   (INT64_C(1767225600) * WW_SECOND)
#define DEVICES 200

static void message(struct lived *l, uint64_t number, int64_t time) {
        char topic[32], payload[64];
        unsigned device = (unsigned)(number * 2654435761u >> 7) % DEVICES;

        (void)snprintf(topic, sizeof topic, "bulk/%u", device);
        (void)snprintf(payload, sizeof payload, "{\"device\":\"%u\",\"number\":%" PRIu64 "}", device, number);
        lived_append(l, (struct ww_input){ .type = WW_INPUT_MESSAGE,
                                           .origin = WW_ORIGIN_BULK,
                                           .time = time,
                                           .topic = ww_str(topic),
                                           .payload = ww_str(payload) });
}

int main(int argc, char **argv) {
        struct lived l = { 0 };
        int64_t days = argc == 4 ? strtoll(argv[2], NULL, 10) : 0, daily = argc == 4 ? strtoll(argv[3], NULL, 10) : 0;

        if (days < 1 || daily < 1)
                lived_fail("usage: bench-month CONFIG DAYS DAILY", 2);
        lived_begin(&l, argv[1], START);
        for (int64_t i = 0; i < days * daily; i++) {
                int64_t time = START + i / daily * WW_DAY + i % daily * (WW_DAY / daily) + WW_SECOND;

                lived_until(&l, time);
                message(&l, (uint64_t)i, time);
        }
        lived_until(&l, START + days * WW_DAY);
        printf("inputs %" PRIu64 "\n", l.seq);
        lived_end(&l);
        return 0;
}

/*
 * Decoded messages a second of processor time, at 10, 100 and 1,000 sensor types: a JSON object of 150 bytes, as a
 * bridge sends it, from 1,000 devices. The bar is 1,600,000 a second, and flat over the number of types.
 *
 * Two loads: reports that change nothing (what bridges mostly send), and a change with every message (a state event and
 * a number each).
 */
#include "decode/decode.h"

#include <stdio.h>
#include <time.h>

#define MESSAGES 1000000
#define DEVICES  1000
#define ROUNDS   3 /* the best of them: the machine is noisy */

static double seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int count(void *userdata, const struct ww_event *event) {
        ++*(uint64_t *)userdata;
        return 0;
}

/* Type 0 is the one that is measured; the others have topics beside it and events of their own. */
static void put_types(struct buf *out, int n) {
        for (int i = 0; i < n; i++)
                buf_printf(
                        out,
                        "- sensor: type-%d\n  version: 1\n  time: last_seen\n  messages:\n"
                        "    - message: availability\n      topics: [\"site/type%d/{device+}/availability\"]\n"
                        "      format: text\n      events: [{kind: device.link, state: payload}]\n"
                        "    - message: state\n      topics: [\"site/type%d/{device+}\", \"alt{n}/type%d/{device}\"]\n"
                        "      events:\n"
                        "        - {kind: smoke, state: smoke}\n"
                        "        - {kind: leak, state: water_leak}\n"
                        "        - {kind: contact, state: {path: contact, invert: true}}\n"
                        "        - {kind: tamper, state: tamper}\n"
                        "        - {kind: battery, state: battery_low}\n"
                        "        - {kind: temperature, value: temperature%s}\n",
                        i, i, i, i, i ? "" : ", repeat_within: 1h");
}

static double run(struct decode *d, bool change, uint64_t *events) {
        char topics[DEVICES][48], payloads[2][256];
        struct decode_message m = { .time = INT64_C(1769850000) * WW_SECOND };
        double start;

        for (int i = 0; i < DEVICES; i++)
                snprintf(topics[i], sizeof topics[i], "site/type0/ward%d/door-%d", i % 40, i);
        for (int i = 0; i < 2; i++)
                snprintf(payloads[i], sizeof payloads[i],
                         "{\"battery\":100,\"battery_low\":false,\"contact\":%s,\"last_seen\":\"2026-01-31T09:00:00."
                         "000Z\","
                         "\"linkquality\":120,\"tamper\":false,\"temperature\":21.5,\"voltage\":3025}",
                         i ? "true" : "false");
        *events = 0;
        start = seconds();
        for (int i = 0; i < MESSAGES; i++) {
                m.seq++;
                m.time += 1;
                m.received = m.time;
                m.topic = ww_str(topics[i % DEVICES]);
                m.payload = ww_str(payloads[change ? (i / DEVICES) & 1 : 0]);
                if (decode_message(d, &m, NULL) != 0)
                        return 0;
        }
        return MESSAGES / (seconds() - start);
}

/* 0: a message was refused */
static double best(double so_far, double rate) {
        return rate > so_far || rate <= 0 ? rate : so_far;
}

static int measure(int n) {
        _cleanup_(decode_types_freep) struct decode_types *types = NULL;
        _cleanup_(decode_freep) struct decode *d = NULL;
        _cleanup_(symtab_freep) struct symtab *symbols = NULL;
        _cleanup_(site_freep) struct site *site = NULL;
        _cleanup_bundle_ struct bundle bundle = { 0 };
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct diag diag = DIAG_INIT;
        uint64_t events = 0, same_events = 0, change_events = 0;
        double same = 0, change = 0;
        int r;

        put_types(&text, n);
        r = symtab_new(&symbols);
        r = r ? r : bundle_add_text(&bundle, BUNDLE_SENSORS, "types.yaml", buf_str(&text));
        r = r ? r : bundle_seal(&bundle);
        r = r ? r : site_compile(&site, &bundle, symbols, &diag);
        r = r ? r : decode_types_compile(&types, &bundle, site, symbols, ww_kinds_builtin(), false, &diag);
        r = r ? r : decode_new(&d, types, count, &events);
        diag_deinit(&diag);
        if (r)
                return r;
        run(d, false, &events); /* the first round tells every device once */
        for (int round = 0; round < ROUNDS; round++) {
                same = best(same, run(d, false, &events));
                same_events = events;
                change = best(change, run(d, true, &events));
                change_events = events;
        }
        printf("types %5d  unchanged %9.0f messages/s (%llu events)  changing %9.0f messages/s (%llu events)\n", n,
               same, (unsigned long long)same_events, change, (unsigned long long)change_events);
        return same > 0 && change > 0 ? 0 : -EINVAL;
}

int main(void) {
        for (int n = 10; n <= 1000; n *= 10)
                if (measure(n) != 0) {
                        fprintf(stderr, "the types or a message were refused\n");
                        return EXIT_FAILURE;
                }
        return EXIT_SUCCESS;
}

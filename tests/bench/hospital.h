#pragma once
/*
 * The hospital that the benchmarks watch: 1,024 card readers in 50 zones, 4,096 badges, and the sensor types that
 * Wardwatch brings along. Half of what the readers say is a refusal. Messages are what an esp-rfid controller publishes
 * and go through the whole pipeline; nothing here reads JSON.
 */
#include "pipeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define HOSPITAL_START   (INT64_C(1700000000) * WW_SECOND)
#define HOSPITAL_STEP    (WW_SECOND / 1000)
#define HOSPITAL_READERS 1024
#define HOSPITAL_ZONES   50
#define HOSPITAL_BADGES  4096
#define HOSPITAL_TOPIC   "/rfid/send"

static inline double hospital_cpu(void) {
        struct timespec t;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void hospital_fail(const char *what, int r) {
        fprintf(stderr, "%s: %s\n", what, r > 0 ? "refused" : strerror(-r));
        exit(EXIT_FAILURE);
}

/* what a reader saw */
struct hospital_event {
        int64_t time;
        bool denied;
        unsigned reader, badge;
};

struct hospital_traffic {
        uint64_t seed, n;
};

#define HOSPITAL_TRAFFIC ((struct hospital_traffic){ UINT64_C(88172645463325252), 0 })

/* One each HOSPITAL_STEP; the same ones in each run. */
static inline struct hospital_event hospital_next(struct hospital_traffic *t) {
        t->seed ^= t->seed << 13;
        t->seed ^= t->seed >> 7;
        t->seed ^= t->seed << 17;
        return (struct hospital_event){
                .time = HOSPITAL_START + (int64_t)t->n++ * HOSPITAL_STEP,
                .denied = t->seed >> 60 & 1,
                .reader = (unsigned)(t->seed >> 8) % HOSPITAL_READERS,
                .badge = (unsigned)(t->seed >> 32) % HOSPITAL_BADGES,
        };
}

static inline int hospital_payload(const struct hospital_event *e, char *out, size_t n) {
        return snprintf(out, n,
                        "{\"type\":\"access\",\"time\":%" PRId64 ",\"isKnown\":\"true\",\"access\":\"%s\","
                        "\"username\":\"Person %u\",\"uid\":\"04%06x\",\"hostname\":\"reader-%u\"}",
                        e->time / WW_SECOND, e->denied ? "Denied" : "Always", e->badge, e->badge, e->reader);
}

static inline struct ww_input hospital_input(uint64_t seq, int64_t time, struct ww_str topic, struct ww_str payload) {
        return (struct ww_input){
                .seq = seq,
                .type = WW_INPUT_MESSAGE,
                .origin = WW_ORIGIN_BULK,
                .time = time,
                .received = time,
                .topic = topic,
                .payload = payload,
        };
}

static inline void hospital_put_site(struct buf *out) {
        buf_puts(out, "zones:\n");
        for (int i = 0; i < HOSPITAL_ZONES; i++)
                buf_printf(out, "  - {zone: Z%d, title: Zone %d, type: ward}\n", i, i);
        buf_puts(out, "assets:\n");
        for (int i = 0; i < HOSPITAL_READERS; i++)
                buf_printf(out, "  - {asset: door-%d, device: reader-%d, class: door, zone: Z%d}\n", i, i,
                           i % HOSPITAL_ZONES);
}

/** Adds the shipped sensor types (BENCH_SENSORS) and the hospital to the rules in `bundle`; ends the process if they
 * are refused. */
static inline struct ruleset *hospital_ruleset(struct bundle *bundle) {
        _cleanup_buf_ struct buf site = BUF_INIT;
        struct ruleset *ruleset = NULL;
        struct diag d = DIAG_INIT;
        int r;

        hospital_put_site(&site);
        r = bundle_add_path(bundle, BUNDLE_SENSORS, BENCH_SENSORS, &d);
        r = r ? r : bundle_add_text(bundle, BUNDLE_SITE, "site.yaml", buf_str(&site));
        r = r ? r : bundle_seal(bundle);
        r = r ? r : ruleset_compile(&ruleset, bundle, false, &d);
        if (r) {
                _cleanup_buf_ struct buf told = BUF_INIT;

                diag_render(&d, &told);
                fprintf(stderr, "%.*s", WW_STR_ARG(buf_str(&told)));
                hospital_fail("the rule set", r);
        }
        diag_deinit(&d);
        return ruleset;
}

/*
 * Does a window cost more when it holds more? One key, an event each 10 ms, windows that hold 10³ to 10⁶ of them, by
 * CPU time. Measured is the steady state: with every event that comes one leaves. `count` and `distinct`, in order and
 * with 5 % of the events out of it by less than a second; JSON in, as in bench-correlate, and of two forms correlation
 * alone, where there is nothing that costs the same at any window.
 *
 *     bench-window [EVENTS [LARGEST WINDOW]]
 */
#include "hospital.h"

#define EVENTS      500000 /* measured of each window; as many as it holds come before */
#define SECONDS_MAX 2.0    /* or as many as there is time for */
#define CHUNK       1000
#define SIZES       4
#define ROUNDS      3
#define STEP        (WW_SECOND / 100)
#define DOORS       5000
#define LATE_OF     20 /* one of so many is late */

static const struct form {
        const char *name, *when;
        bool late, alone;
} forms[] = {
        { "count", "count(x) >= 100000000", false, false },
        { "count-late", "count(x) >= 100000000", true, false },
        { "distinct", "distinct(x.door) >= 100000000", false, false },
        { "distinct-late", "distinct(x.door) >= 100000000", true, false },
        { "count-alone", "count(x) >= 100000000", false, true },
        { "distinct-late-alone", "distinct(x.door) >= 100000000", true, true },
};
#define FORMS (sizeof forms / sizeof *forms)

/* what happens next, made before the clock runs */
struct happening {
        int64_t now, time;
        char door[16], payload[192];
        size_t n;
};

struct feed {
        struct ruleset *ruleset; /* of a feed without pipeline */
        struct pipeline *pipeline;
        struct correlate *correlate;
        struct hospital_traffic traffic;
        bool late;
        struct ww_event event;
        struct ww_attr door;
        uint64_t seq;
        struct happening next[CHUNK];
};

/* The rules are never true, and no limit may be met. */
static int on_detection(void *userdata, const struct ww_detection *detection) {
        return -EINVAL;
}

static int on_output(void *userdata, const struct ww_output *output) {
        return output->type == WW_OUTPUT_EVENT ? 0 : -EINVAL;
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static struct ruleset *rules_make(const struct form *form, size_t size) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_printf(&text,
                   "- rule: window\n  select: {x: {kind: access.denied}}\n  within: %zums\n  when: %s\n"
                   "  limits: {events: 2000000}\n  raise: {hazard: fraud, priority: low}\n",
                   size * 10, form->when);
        if (bundle_add_text(&bundle, BUNDLE_RULES, "rules.yaml", buf_str(&text)))
                hospital_fail("rules", -ENOMEM);
        return hospital_ruleset(&bundle);
}

static void event_init(struct feed *f) {
        f->door = (struct ww_attr){ WW_STR("door"), symtab_intern(f->ruleset->symbols, WW_STR("door")), ww_missing() };
        f->event = (struct ww_event){ .device_time = WW_TIME_NONE,
                                      .kind = WW_STR("access.denied"),
                                      .state = WW_STATE_PULSE,
                                      .asset_index = SITE_NONE,
                                      .device = WW_STR("reader"),
                                      .attrs = &f->door,
                                      .n_attrs = 1 };
        ww_kind_find(ww_kinds_builtin(), f->event.kind, &f->event.family, &f->event.state);
}

static void feed_init(struct feed *f, const struct form *form, size_t size) {
        static const struct pipeline_sink sink = { NULL, on_output, on_live };
        struct ruleset *ruleset = rules_make(form, size);
        int r;

        *f = (struct feed){ .traffic = HOSPITAL_TRAFFIC };
        if (form->alone) {
                f->ruleset = ruleset;
                event_init(f);
                r = correlate_new(&f->correlate, ruleset->rules, HOSPITAL_START, on_detection, NULL);
        } else {
                r = pipeline_new(&f->pipeline, ruleset, HOSPITAL_START, &sink);
        }
        if (r)
                hospital_fail("start", r);
}

static void feed_deinit(struct feed *f) {
        pipeline_free(f->pipeline);
        correlate_free(f->correlate);
        ruleset_free(f->ruleset);
}

static int feed_event(struct feed *f, const struct happening *h) {
        int r = correlate_time(f->correlate, h->now);

        f->event.seq = f->seq;
        f->event.received = h->now;
        f->event.time = h->time;
        f->door.value = ww_string(ww_str(h->door));
        return r ? r : correlate_event(f->correlate, &f->event);
}

static int feed_message(struct feed *f, const struct happening *h) {
        struct ww_input input = hospital_input(f->seq, h->now, WW_STR(HOSPITAL_TOPIC),
                                               (struct ww_str){ h->payload, h->n });

        return pipeline_input(f->pipeline, &input);
}

static void happening_make(struct feed *f, struct happening *h) {
        int64_t now = HOSPITAL_START + (int64_t)f->traffic.n * STEP;
        struct hospital_event e = hospital_next(&f->traffic);
        uint64_t random = f->traffic.seed >> 16;

        h->now = h->time = now;
        if (f->late && random % LATE_OF == 0)
                h->time -= (int64_t)(random / LATE_OF % 999 + 1) * 1000;
        snprintf(h->door, sizeof h->door, "door-%u", (e.reader + e.badge * 7) % DOORS);
        h->n = (size_t)snprintf(h->payload, sizeof h->payload,
                                "{\"type\":\"access\",\"time\":%" PRId64
                                ".%03d,\"isKnown\":\"true\",\"access\":\"Denied\","
                                "\"username\":\"Person\",\"uid\":\"04a1b2c3\",\"hostname\":\"%s\"}",
                                h->time / WW_SECOND, (int)(h->time % WW_SECOND / 1000), h->door);
}

/* CHUNK events; the seconds that they took. */
static double feed_chunk(struct feed *f) {
        double began;

        for (size_t i = 0; i < CHUNK; i++)
                happening_make(f, &f->next[i]);
        began = hospital_cpu();
        for (size_t i = 0; i < CHUNK; i++) {
                int r;

                f->seq++;
                r = (f->pipeline ? feed_message : feed_event)(f, &f->next[i]);
                if (r)
                        hospital_fail("an event", r);
        }
        return hospital_cpu() - began;
}

static double measure(struct feed *f, const struct form *form, size_t size, size_t events) {
        double spent = 0;
        size_t fed = 0;

        feed_init(f, form, size);
        for (size_t filled = 0; filled < size + size / 100; filled += CHUNK) /* full, and the first ones have left */
                feed_chunk(f);
        f->late = form->late;
        for (feed_chunk(f); fed < events && spent < SECONDS_MAX; fed += CHUNK)
                spent += feed_chunk(f);
        feed_deinit(f);
        return (double)fed / spent;
}

int main(int argc, char **argv) {
        static const size_t sizes[SIZES] = { 1000, 10000, 100000, 1000000 };
        size_t events = argc > 1 ? strtoul(argv[1], NULL, 10) : EVENTS;
        size_t largest = argc > 2 ? strtoul(argv[2], NULL, 10) : sizes[SIZES - 1];
        double best[FORMS][SIZES] = { 0 };
        struct feed *feed = malloc(sizeof *feed);

        if (!feed)
                hospital_fail("feed", -ENOMEM);
        for (int round = 0; round < ROUNDS; round++) /* in turn, and the best of each: the machine is noisy */
                for (size_t form = 0; form < FORMS; form++)
                        for (size_t i = 0; i < SIZES && sizes[i] <= largest; i++) {
                                double rate = measure(feed, &forms[form], sizes[i], events);

                                best[form][i] = rate > best[form][i] ? rate : best[form][i];
                        }
        printf("%-20s %10s %12s %8s\n", "form", "window", "events/s", "ratio");
        for (size_t form = 0; form < FORMS; form++)
                for (size_t i = 0; i < SIZES && sizes[i] <= largest; i++)
                        printf("%-20s %10zu %12.0f %8.2f\n", forms[form].name, sizes[i], best[form][i],
                               best[form][i] / best[form][0]);
        free(feed);
        return EXIT_SUCCESS;
}

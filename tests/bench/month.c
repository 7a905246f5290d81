/*
 * A month that was lived, in a minute: the journal that an engine would have written, by a clock that is moved by hand.
 * The daemon's own pipeline concludes, the daemon's own journal keeps; only MQTT and the wall clock are left out. What
 * starts on it afterwards, the real daemon does: it replays and compares, and its store fills PostgreSQL.
 * replay_live.py starts this.
 *
 *     bench-month CONFIG DAYS DAILY      the first day is 2026-01-01 UTC; DAILY messages a day
 */
#include "config/bundle.h"
#include "config/config.h"
#include "journal/journal.h"
#include "pipeline.h"

#include <inttypes.h>
#include <stdio.h>

#define START       (INT64_C(1767225600) * WW_SECOND)
#define DEVICES     200
#define BATCH       1000 /* inputs in a transaction */
#define CHANGED_MAX 65536

struct month {
        struct journal *journal;
        struct pipeline *pipeline;
        struct buf scratch;
        uint64_t seq, in_batch;
        uint64_t changed[CHANGED_MAX]; /* alarms, since the last commit */
        size_t n_changed;
};

static void fail(const char *what, int r) {
        (void)fprintf(stderr, "bench-month: %s: %d\n", what, r);
        exit(1);
}

static int on_output(void *userdata, const struct ww_output *output) {
        struct month *m = userdata;
        int r;

        buf_reset(&m->scratch);
        r = ww_output_encode(output, &m->scratch);
        return r ? r : journal_put_output(m->journal, output->seq, output->n, buf_str(&m->scratch));
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        struct month *m = userdata;

        if (m->n_changed == CHANGED_MAX)
                return -ENOBUFS;
        m->changed[m->n_changed++] = alarm->id;
        return 0;
}

static int put_live(struct month *m, uint64_t id) {
        const struct ww_alarm *alarm = alarms_find(pipeline_alarms(m->pipeline), id);
        int r;

        if (!alarm)
                return journal_delete_live(m->journal, id);
        buf_reset(&m->scratch);
        r = ww_alarm_encode(alarm, &m->scratch);
        return r ? r : journal_put_live(m->journal, id, buf_str(&m->scratch));
}

static void commit(struct month *m) {
        int r = 0;

        for (size_t i = 0; i < m->n_changed && !r; i++)
                r = put_live(m, m->changed[i]);
        if (!r)
                r = journal_commit(m->journal);
        if (r)
                fail("commit", r);
        m->n_changed = m->in_batch = 0;
}

static void append(struct month *m, struct ww_input input) {
        int r = m->in_batch ? 0 : journal_begin(m->journal);

        input.seq = ++m->seq;
        input.received = input.time;
        buf_reset(&m->scratch);
        r = r ? r : ww_input_encode(&input, &m->scratch);
        r = r ? r : journal_put_input(m->journal, input.seq, buf_str(&m->scratch));
        r = r ? r : pipeline_input(m->pipeline, &input);
        if (r)
                fail("append", r);
        if (++m->in_batch == BATCH)
                commit(m);
}

/* as the engine's clock does */
static void until(struct month *m, int64_t time) {
        for (int64_t due; (due = pipeline_deadline(m->pipeline)) < time;)
                append(m, (struct ww_input){ .type = WW_INPUT_TIME, .time = due });
}

static void message(struct month *m, uint64_t number, int64_t time) {
        char topic[32], payload[64];
        unsigned device = (unsigned)(number * 2654435761u >> 7) % DEVICES;

        (void)snprintf(topic, sizeof topic, "bulk/%u", device);
        (void)snprintf(payload, sizeof payload, "{\"device\":\"%u\",\"number\":%" PRIu64 "}", device, number);
        append(m, (struct ww_input){ .type = WW_INPUT_MESSAGE,
                                     .origin = WW_ORIGIN_BULK,
                                     .time = time,
                                     .topic = ww_str(topic),
                                     .payload = ww_str(payload) });
}

static void begin(struct month *m, const char *file) {
        const struct pipeline_sink sink = { .userdata = m, .output = on_output, .live = on_live };
        struct config config = { 0 };
        struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset = NULL;
        _cleanup_buf_ struct buf text = BUF_INIT;
        int r = config_load(&config, file, &diag);

        r = r ? r : config_bundle(&config, &bundle, &diag);
        r = r ? r : bundle_encode(&bundle, &text);
        r = r ? r : ruleset_compile(&ruleset, &bundle, false, &diag);
        if (!r)
                r = journal_open(&m->journal, &(struct journal_options){ .dir = config.state.dir,
                                                                         .size = config.journal.size,
                                                                         .writer = true });
        r = r ? r : pipeline_new(&m->pipeline, ruleset, START, &sink);
        if (r)
                fail("begin", r);
        append(m, (struct ww_input){ .type = WW_INPUT_RELOAD, .time = START, .payload = buf_str(&text) });
        diag_deinit(&diag);
        config_deinit(&config);
}

int main(int argc, char **argv) {
        static struct month m;
        int64_t days = argc == 4 ? strtoll(argv[2], NULL, 10) : 0, daily = argc == 4 ? strtoll(argv[3], NULL, 10) : 0;

        if (days < 1 || daily < 1)
                fail("usage: bench-month CONFIG DAYS DAILY", 2);
        begin(&m, argv[1]);
        for (int64_t i = 0; i < days * daily; i++) {
                int64_t time = START + i / daily * WW_DAY + i % daily * (WW_DAY / daily) + WW_SECOND;

                until(&m, time);
                message(&m, (uint64_t)i, time);
        }
        until(&m, START + days * WW_DAY);
        if (m.in_batch)
                commit(&m);
        printf("inputs %" PRIu64 "\n", m.seq);
        pipeline_free(m.pipeline);
        journal_close(m.journal);
        buf_deinit(&m.scratch);
        return 0;
}

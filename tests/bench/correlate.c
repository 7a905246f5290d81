/*
 * Correlation on one core: JSON messages in, alarms out, at 10, 100, 1,000 and 10,000 rules in one run, by CPU time.
 * Each message goes through the whole pipeline: topic, JSON, sensor type, site model, rules, alarms. A tenth of the
 * events matches a rule, whatever the number of rules; the others have kinds and fields that rules ask for, too.
 *
 *     bench-correlate [EVENTS [PRIORITY]]
 *
 * PRIORITY is that of the alarms: `low` opens no incidents, which are the response's work; `medium` does, and shows
 * what they cost beside the same alarms without them.
 */
#include "hospital.h"

#include "base/clock.h"

#define EVENTS      1000000
#define SIZES       4
#define ROUNDS      5
#define FILE_RULES  1000
#define PAYLOAD_MAX 192

/* messages as they lie in memory when the broker has sent them */
struct messages {
        char *text;
        uint32_t *ends;
        size_t n;
};

struct result {
        size_t alarms;
        struct pipeline_figures figures;
        double rate; /* best of the rounds: the machine is noisy */
};

static struct messages messages_make(size_t n) {
        struct messages m = { malloc(n * PAYLOAD_MAX), malloc(n * sizeof(uint32_t)), n };
        struct hospital_traffic traffic = HOSPITAL_TRAFFIC;
        uint32_t at = 0;

        if (!m.text || !m.ends)
                hospital_fail("messages", -ENOMEM);
        for (size_t i = 0; i < n; i++) {
                struct hospital_event e = hospital_next(&traffic);

                at += (uint32_t)hospital_payload(&e, m.text + at, PAYLOAD_MAX);
                m.ends[i] = at;
        }
        return m;
}

static void messages_free(struct messages *m) {
        free(m->text);
        free(m->ends);
}

/* The first ten ask for zones that there are. */
static void rule_write(struct buf *out, int i, const char *priority) {
        buf_printf(out,
                   "- rule: probing-%d\n  select: {x: {kind: access.denied, zone: %c%d}}\n  by: badge\n  within: 5m\n"
                   "  when: distinct(x.door) >= 3\n  clear: {quiet: 10m}\n  raise: {hazard: fraud, priority: %s}\n",
                   i, i < 10 ? 'Z' : 'X', i, priority);
}

static struct ruleset *rules_make(int n, const char *priority) {
        _cleanup_bundle_ struct bundle bundle = { 0 };

        for (int first = 0; first < n; first += FILE_RULES) {
                _cleanup_buf_ struct buf text = BUF_INIT;
                char path[32];

                for (int i = first; i < n && i < first + FILE_RULES; i++)
                        rule_write(&text, i, priority);
                snprintf(path, sizeof path, "rules-%d.yaml", first);
                if (bundle_add_text(&bundle, BUNDLE_RULES, path, buf_str(&text)))
                        hospital_fail("rules", -ENOMEM);
        }
        return hospital_ruleset(&bundle);
}

static int on_output(void *userdata, const struct ww_output *output) {
        size_t *alarms = userdata;

        *alarms += output->type == WW_OUTPUT_TRANSITION && output->transition.cause == WW_CAUSE_RAISE;
        return output->type == WW_OUTPUT_UNDECODED ? -EBADMSG : 0;
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static void run(const struct messages *m, int rules, const char *priority, struct result *result) {
        _cleanup_(pipeline_freep) struct pipeline *pipeline = NULL;
        struct pipeline_sink sink = { &result->alarms, on_output, on_live };
        uint32_t start = 0;
        double began, rate;
        int r = pipeline_new(&pipeline, rules_make(rules, priority), HOSPITAL_START, &sink);

        result->alarms = 0;
        if (!r)
                pipeline_meter(pipeline, clock_fine); /* as in the engine */
        began = hospital_cpu();
        for (size_t i = 0; i < m->n && !r; i++) {
                struct ww_input input = hospital_input(i + 1, HOSPITAL_START + (int64_t)i * HOSPITAL_STEP,
                                                       WW_STR(HOSPITAL_TOPIC),
                                                       (struct ww_str){ m->text + start, m->ends[i] - start });

                start = m->ends[i];
                r = pipeline_input(pipeline, &input);
        }
        rate = (double)m->n / (hospital_cpu() - began);
        if (r)
                hospital_fail("bench-correlate", r);
        result->rate = rate > result->rate ? rate : result->rate;
        pipeline_figures(pipeline, &result->figures);
}

int main(int argc, char **argv) {
        static const int sizes[SIZES] = { 10, 100, 1000, 10000 };
        const char *priority = argc > 2 ? argv[2] : "low";
        struct messages messages = messages_make(argc > 1 ? strtoul(argv[1], NULL, 10) : EVENTS);
        struct result results[SIZES] = { 0 };

        for (int round = 0; round < ROUNDS; round++) /* in turn */
                for (size_t i = 0; i < SIZES; i++)
                        run(&messages, sizes[i], priority, &results[i]);
        printf("%8s %10s %12s %8s %8s %8s %10s\n", "rules", "events", "events/s", "ratio", "matched", "alarms",
               "bytes/key");
        for (size_t i = 0; i < SIZES; i++) {
                const struct correlate_figures *f = &results[i].figures.correlate;

                printf("%8d %10zu %12.0f %8.2f %8.2f %8zu %10zu\n", sizes[i], messages.n, results[i].rate,
                       results[i].rate / results[0].rate, (double)f->matched / (double)f->events, results[i].alarms,
                       f->keys ? f->key_bytes / f->keys : 0);
        }
        messages_free(&messages);
        return EXIT_SUCCESS;
}

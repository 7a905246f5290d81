/*
 * Correlation on one core: JSON lines in, alarms out, at 10, 100, 1,000 and 10,000 rules in one run, by CPU time. A
 * tenth of the events matches a rule, whatever the number of rules; the others have kinds and fields that rules ask
 * for, too.
 *
 *     bench-correlate [EVENTS]
 */
#include "correlate/correlate.h"
#include <assert.h>
#include <stdio.h>
#include <time.h>

#define BATCH 1000000

struct lines {
        char *text;
        size_t n;
};

static double seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct lines lines_make(size_t n) {
        struct lines l = { .text = malloc(n * 160) };
        uint64_t seed = 88172645463325252u;

        assert(l.text);
        for (size_t i = 0; i < n; i++) {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                l.n += (size_t)sprintf(
                        l.text + l.n,
                        "{\"time\":%zu,\"kind\":\"%s\",\"device\":\"reader-%u\",\"zone\":\"Z%u\",\"badge\":\"%u\","
                        "\"door\":\"door-%u\"}\n",
                        1700000000000000 + i * 1000, seed >> 60 & 1 ? "access.denied" : "access.granted",
                        (unsigned)(seed >> 8 & 1023), (unsigned)(seed >> 20) % 50, (unsigned)(seed >> 32 & 4095),
                        (unsigned)(seed >> 44 & 63));
        }
        return l;
}

static void rule_write(struct buf *out, int i) {
        buf_printf(out,
                   "- rule: probing-%d\n  select: {x: {kind: access.denied, place: %c%d}}\n  by: badge\n  within: 5m\n"
                   "  when: distinct(x.door) >= 3\n  clear: {quiet: 10m}\n  raise: {hazard: fraud, priority: medium}\n",
                   i, i < 10 ? 'Z' : 'X', i);
}

static int count(void *userdata, const struct ww_detection *d) {
        size_t *alarms = userdata;

        *alarms += d->what == WW_DETECTION_RAISE;
        return 0;
}

/* the next `"key":"value"` or `"key":number` of a line of our own making */
static const char *pair_next(const char *p, struct ww_str *key, struct ww_str *value) {
        const char *end;

        p = memchr(p, '"', 8);
        if (!p)
                return NULL;
        end = strchr(++p, '"');
        *key = (struct ww_str){ p, (size_t)(end - p) };
        p = end + 2;
        if (*p == '"') {
                end = strchr(++p, '"');
                *value = (struct ww_str){ p, (size_t)(end - p) };
                return end + 1;
        }
        for (end = p; *end >= '0' && *end <= '9'; end++)
                ;
        *value = (struct ww_str){ p, (size_t)(end - p) };
        return end;
}

static const char *event_read(const char *p, const uint32_t symbols[3], struct ww_event *e, struct ww_attr *attrs) {
        struct ww_str key, value;

        e->n_attrs = 0;
        while (*p != '\n' && *p != '}' && (p = pair_next(p, &key, &value))) {
                switch (key.p[0]) {
                case 't':
                        e->time = 0;
                        for (size_t i = 0; i < value.n; i++)
                                e->time = e->time * 10 + (value.p[i] - '0');
                        break;
                case 'k':
                        e->kind = value;
                        ww_kind_find(ww_kinds_builtin(), value, &e->family, &e->state);
                        e->state = WW_STATE_PULSE;
                        break;
                case 'z':
                        attrs[e->n_attrs++] = (struct ww_attr){ WW_STR("place"), symbols[0], ww_string(value) };
                        break;
                case 'b':
                        attrs[e->n_attrs++] = (struct ww_attr){ key, symbols[1], ww_string(value) };
                        break;
                default:
                        if (key.n == 4)
                                attrs[e->n_attrs++] = (struct ww_attr){ key, symbols[2], ww_string(value) };
                        else
                                e->device = value;
                }
        }
        return strchr(p, '\n') + 1;
}

static double run(const struct lines *lines, int n_rules, size_t *events, size_t *alarms,
                  struct correlate_figures *figures) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        _cleanup_buf_ struct buf text = BUF_INIT;
        _cleanup_(symtab_freep) struct symtab *symbols = NULL;
        _cleanup_(site_freep) struct site *site = NULL;
        _cleanup_(correlate_rules_freep) struct correlate_rules *rules = NULL;
        _cleanup_(correlate_freep) struct correlate *c = NULL;
        struct diag d = DIAG_INIT;
        struct ww_attr attrs[4];
        struct ww_event e = { .attrs = attrs, .asset_index = SITE_NONE, .device_time = WW_TIME_NONE };
        const char *p = lines->text, *end = p + lines->n;
        uint32_t ids[3];
        double start;
        int r = symtab_new(&symbols);

        for (int i = 0; i < n_rules; i++) {
                char path[32];

                if (i % 1000 == 0)
                        buf_reset(&text);
                rule_write(&text, i);
                if (i % 1000 == 999 || i == n_rules - 1) {
                        snprintf(path, sizeof path, "rules-%d.yaml", i);
                        r = r ? r : bundle_add_text(&bundle, BUNDLE_RULES, path, buf_str(&text));
                }
        }
        ids[0] = symtab_intern(symbols, WW_STR("place"));
        ids[1] = symtab_intern(symbols, WW_STR("badge"));
        ids[2] = symtab_intern(symbols, WW_STR("door"));
        r = r ? r : bundle_seal(&bundle);
        r = r ? r : site_compile(&site, &bundle, symbols, &d);
        r = r ? r : correlate_rules_compile(&rules, &bundle, site, symbols, ww_kinds_builtin(), &d);
        r = r ? r : correlate_new(&c, rules, INT64_C(1700000000000000), count, alarms);
        if (r) {
                fprintf(stderr, "cannot start: %d\n", r);
                exit(1);
        }
        start = seconds();
        for (*events = 0; p < end; ++*events) {
                p = event_read(p, ids, &e, attrs);
                e.seq++;
                e.received = e.time;
                if (correlate_time(c, e.time) || correlate_event(c, &e))
                        abort();
        }
        start = seconds() - start;
        correlate_figures(c, figures);
        diag_deinit(&d);
        return start;
}

#define SIZES  4
#define ROUNDS 5

int main(int argc, char **argv) {
        static const int sizes[SIZES] = { 10, 100, 1000, 10000 };
        struct lines lines = lines_make(argc > 1 ? strtoul(argv[1], NULL, 10) : BATCH);
        struct correlate_figures figures[SIZES];
        size_t events = 0, alarms[SIZES];
        double best[SIZES] = { 0 };

        for (int round = 0; round < ROUNDS; round++) /* in turn, and the best of each: the machine is noisy */
                for (size_t i = 0; i < SIZES; i++) {
                        double time, rate;

                        alarms[i] = 0;
                        time = run(&lines, sizes[i], &events, &alarms[i], &figures[i]);
                        rate = (double)events / time;
                        best[i] = rate > best[i] ? rate : best[i];
                }
        printf("%8s %10s %12s %8s %8s %8s %10s\n", "rules", "events", "events/s", "ratio", "matched", "alarms",
               "bytes/key");
        for (size_t i = 0; i < SIZES; i++)
                printf("%8d %10zu %12.0f %8.2f %8.2f %8zu %10zu\n", sizes[i], events, best[i], best[i] / best[0],
                       (double)figures[i].matched / (double)events, alarms[i],
                       figures[i].keys ? figures[i].key_bytes / figures[i].keys : 0);
        free(lines.text);
        return 0;
}

/*
 * The hospital's events as lines, for the peers, and Wardwatch's pipeline as a filter over them: messages in, alarms
 * out. peers.py starts it beside the peers, and takes the time of the whole process.
 *
 *     bench-lines messages N       TOPIC PAYLOAD, as a subscriber prints them
 *     bench-lines syslog N         the same events as RFC 5424
 *     bench-lines recording N      the same messages as a recording for `wardwatch replay`
 *     bench-lines correlate FILE   reads messages; prints RULE KEY of each alarm
 */
#include "hospital.h"

#include "base/clock.h"
#include "base/span.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define RULES 10 /* the peers' rules are written for as many zones */

static void print_message(const struct hospital_event *e) {
        char payload[256];

        hospital_payload(e, payload, sizeof payload);
        printf(HOSPITAL_TOPIC " %s\n", payload);
}

static void print_syslog(const struct hospital_event *e) {
        struct tm tm;
        time_t seconds = (time_t)(e->time / WW_SECOND);
        char time[32];

        gmtime_r(&seconds, &tm);
        strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &tm);
        printf("<134>1 %s.%03dZ reader-%u access - - - %s badge 04%06x zone Z%u door reader-%u\n", time,
               (int)(e->time / 1000 % 1000), e->reader, e->denied ? "denied" : "granted", e->badge,
               e->reader % HOSPITAL_ZONES, e->reader);
}

static void print_recording(const struct hospital_event *e) {
        char payload[256], time[32];

        hospital_payload(e, payload, sizeof payload);
        instant_format(e->time, time);
        printf("{\"topic\":\"" HOSPITAL_TOPIC "\",\"time\":\"%s\",\"payload\":\"", time);
        for (const char *p = payload; *p; p++) {
                if (*p == '"')
                        putchar('\\');
                putchar(*p);
        }
        puts("\"}");
}

static int print(void (*line)(const struct hospital_event *e), size_t n) {
        struct hospital_traffic traffic = HOSPITAL_TRAFFIC;

        for (size_t i = 0; i < n; i++) {
                struct hospital_event e = hospital_next(&traffic);

                line(&e);
        }
        return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int on_output(void *userdata, const struct ww_output *output) {
        if (output->type == WW_OUTPUT_TRANSITION && output->transition.cause == WW_CAUSE_RAISE)
                printf("%.*s %.*s\n", WW_STR_ARG(output->transition.alarm.rule),
                       WW_STR_ARG(output->transition.alarm.key));
        return output->type == WW_OUTPUT_UNDECODED ? -EBADMSG : 0;
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static struct ruleset *rules_make(void) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        _cleanup_buf_ struct buf text = BUF_INIT;

        for (int i = 0; i < RULES; i++)
                buf_printf(&text,
                           "- rule: probing-%d\n  select: {x: {kind: access.denied, zone: Z%d}}\n  by: badge\n"
                           "  within: 5m\n  when: count(x) >= 3\n  clear: {quiet: 5m}\n"
                           "  raise: {hazard: fraud, priority: low}\n",
                           i, i);
        if (bundle_add_text(&bundle, BUNDLE_RULES, "rules.yaml", buf_str(&text)))
                hospital_fail("rules", -ENOMEM);
        return hospital_ruleset(&bundle);
}

static struct ww_str map_file(const char *name) {
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        struct stat st;
        void *map;

        if (fd < 0 || fstat(fd, &st) < 0)
                hospital_fail(name, -errno);
        if (st.st_size == 0)
                return WW_STR("");
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED)
                hospital_fail(name, -errno);
        return (struct ww_str){ map, (size_t)st.st_size };
}

static int correlate(const char *file) {
        _cleanup_(pipeline_freep) struct pipeline *pipeline = NULL;
        const struct pipeline_sink sink = { NULL, on_output, on_live };
        struct ww_str text = map_file(file);
        const char *p = text.p, *end = text.p + text.n;
        int r = pipeline_new(&pipeline, rules_make(), HOSPITAL_START, &sink);

        if (!r)
                pipeline_meter(pipeline, clock_fine); /* as in the engine */
        for (uint64_t i = 0; p < end && !r; i++) {
                const char *space = memchr(p, ' ', (size_t)(end - p)), *line = memchr(p, '\n', (size_t)(end - p));
                struct ww_input input = hospital_input(i + 1, HOSPITAL_START + (int64_t)i * HOSPITAL_STEP,
                                                       (struct ww_str){ p, (size_t)(space - p) },
                                                       (struct ww_str){ space + 1, (size_t)(line - space - 1) });

                r = pipeline_input(pipeline, &input);
                p = line + 1;
        }
        if (r)
                hospital_fail("bench-lines", r);
        return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv) {
        if (argc == 3 && strcmp(argv[1], "messages") == 0)
                return print(print_message, strtoul(argv[2], NULL, 10));
        if (argc == 3 && strcmp(argv[1], "syslog") == 0)
                return print(print_syslog, strtoul(argv[2], NULL, 10));
        if (argc == 3 && strcmp(argv[1], "recording") == 0)
                return print(print_recording, strtoul(argv[2], NULL, 10));
        if (argc == 3 && strcmp(argv[1], "correlate") == 0)
                return correlate(argv[2]);
        fprintf(stderr, "usage: bench-lines messages N | syslog N | recording N | correlate FILE\n");
        return EXIT_FAILURE;
}

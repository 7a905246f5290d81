/*
 * What a commit costs here: lone commits (an alarm's latency), and batches of 100 and 1000 inputs with an event each,
 * fsync included; and encoding alone. DIR (default: the temporary directory) should lie on the disk that is meant.
 */
#include "journal/journal.h"
#include "base/arena.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define SIZE       (UINT64_C(1024) * 1024 * 1024)
#define RUN_SECOND 1.5 /* each row */
#define SAMPLES    200000

static double seconds(void) {
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static void fail(const char *what, int r) {
        (void)fprintf(stderr, "bench-journal: %s: %d\n", what, r);
        exit(1);
}

static struct ww_event event_of(uint64_t seq) {
        return (struct ww_event){ .seq = seq,
                                  .time = 1769850000000000 + (int64_t)seq,
                                  .received = 1769850000000123 + (int64_t)seq,
                                  .device_time = WW_TIME_NONE,
                                  .kind = WW_STR("door.opened"),
                                  .state = WW_STATE_ACTIVE,
                                  .site = WW_STR("main"),
                                  .zone = WW_STR("W3"),
                                  .asset = WW_STR("door-w3-exit"),
                                  .device = WW_STR("zigbee2mqtt/ward-3/door"),
                                  .sensor = WW_STR("zigbee2mqtt/1"),
                                  .value = ww_number(97) };
}

static size_t put_one(struct journal *j, struct buf *scratch, uint64_t seq) {
        struct ww_input input = { .seq = seq,
                                  .type = WW_INPUT_MESSAGE,
                                  .origin = WW_ORIGIN_BULK,
                                  .time = 1769850000000000 + (int64_t)seq,
                                  .received = 1769850000000000 + (int64_t)seq,
                                  .topic = WW_STR("zigbee2mqtt/ward-3/door"),
                                  .payload = WW_STR("{\"contact\":false,\"battery\":97,\"linkquality\":120,"
                                                    "\"voltage\":2995,\"tamper\":false}") };
        struct ww_output output = { .seq = seq, .n = 0, .type = WW_OUTPUT_EVENT };
        size_t n;
        int r;

        output.event = event_of(seq);
        buf_reset(scratch);
        r = ww_input_encode(&input, scratch);
        n = scratch->n;
        if (!r && j)
                r = journal_put_input(j, seq, buf_str(scratch));
        buf_reset(scratch);
        r = r ? r : ww_output_encode(&output, scratch);
        if (!r && j)
                r = journal_put_output(j, seq, 0, buf_str(scratch));
        if (r)
                fail("put", r);
        return n + scratch->n;
}

static uint64_t bench_commits(struct journal *j, uint64_t seq, unsigned batch) {
        static double samples[SAMPLES];
        _cleanup_buf_ struct buf scratch = BUF_INIT;
        double start = seconds(), now = start;
        size_t n = 0, bytes = 0;
        int r;

        while (now - start < RUN_SECOND && n < SAMPLES) {
                double before = now;

                r = journal_begin(j);
                if (r)
                        fail("begin", r);
                for (unsigned i = 0; i < batch; i++)
                        bytes += put_one(j, &scratch, ++seq);
                r = journal_commit(j);
                if (r)
                        fail("commit", r);
                (void)journal_fill(j); /* the engine asks each turn */
                now = seconds();
                samples[n++] = now - before;
        }
        qsort(samples, n, sizeof *samples, compare);
        (void)printf("%-22u %12.0f %14.0f %10.2f %10.2f %10.1f\n", batch, (double)n / (now - start),
                     (double)n * batch * 2 / (now - start), samples[n / 2] * 1e3, samples[n * 99 / 100] * 1e3,
                     (double)bytes / (1024 * 1024) / (now - start));
        return seq;
}

static void bench_encode(void) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf scratch = BUF_INIT;
        double start = seconds(), now;
        uint64_t n = 0;

        for (; n % 1000 || seconds() - start < 0.5; n++)
                (void)put_one(NULL, &scratch, n + 1);
        now = seconds();
        (void)printf("%-22s %27.0f\n", "encode, no journal", (double)n * 2 / (now - start));
        start = seconds();
        for (n = 0; n % 1000 || seconds() - start < 0.5; n++) {
                struct ww_output output;
                int r = ww_output_decode(buf_str(&scratch), 0, 0, &arena, &output);

                if (r)
                        fail("decode", r);
                arena_reset(&arena);
        }
        (void)printf("%-22s %27.0f\n", "decode an event", (double)n / (seconds() - start));
}

static void bench_read(struct journal *j) {
        struct journal_batch b = { 0 };
        double start = seconds();
        uint64_t next = journal_tail(j), n = 0;

        while (journal_read(j, next, 1000, 4 * 1024 * 1024, &b) == 0 && b.n) {
                n += b.n;
                next = b.items[b.n - 1].seq + 1;
        }
        (void)printf("%-22s %27.0f\n", "read, batches of 1000", (double)n / (seconds() - start));
        journal_batch_deinit(&b);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

int main(int argc, char **argv) {
        const char *tmp = argc > 1 ? argv[1] : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
        struct journal_options options = { .size = SIZE, .writer = true };
        struct journal *j = NULL;
        char dir[PATH_MAX];
        double start;
        uint64_t seq;
        int r;

        (void)snprintf(dir, sizeof dir, "%s/wardwatch-bench-XXXXXX", tmp);
        if (!mkdtemp(dir))
                fail("mkdtemp", errno);
        options.dir = dir;
        r = journal_open(&j, &options);
        if (r)
                fail("open", r);
        (void)printf("%-22s %12s %14s %10s %10s %10s\n", "inputs in a commit", "commits/s", "records/s", "p50 ms",
                     "p99 ms", "MiB/s");
        seq = bench_commits(j, 0, 1);
        seq = bench_commits(j, seq, 100);
        seq = bench_commits(j, seq, 1000);
        bench_read(j);
        bench_encode();
        start = seconds();
        (void)printf("%-22s %27.2f\n", "in use, MiB", journal_fill(j) * SIZE / (1024 * 1024));
        j = journal_close(j);
        (void)snprintf(dir + strlen(dir), sizeof dir - strlen(dir), "/journal/clean");
        (void)remove(dir); /* as after a crash */
        dir[strlen(dir) - strlen("/journal/clean")] = 0;
        start = seconds();
        r = journal_open(&j, &options);
        if (r)
                fail("open", r);
        (void)printf("%-22s %27.2f\n", "open and check, s", seconds() - start);
        journal_close(j);
        (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        return 0;
}

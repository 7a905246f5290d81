/*
 * The writer that journal_crash.py kills: opens the journal in DIR, says what it found ("head N"), and then commits
 * turns of one to four inputs, each with outputs and a live record, trimming now and then; after each commit that
 * returned it prints the newest seq that is now safe. TURNS turns, then an orderly close.
 *
 *     journal_writer DIR TURNS      write
 *     journal_writer DIR verify     read all, say "head N tail N bad N"; salvage first if it is damaged
 */
#include "journal/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define SIZE (UINT64_C(2) * 1024 * 1024)

static void die(const char *what, int r) {
        (void)fprintf(stderr, "journal_writer: %s: %d\n", what, r);
        exit(1);
}

static void must(const char *what, int r) {
        if (r)
                die(what, r);
}

/* One write for each line: what was printed was printed whole. */
static void say(const char *word, uint64_t n) {
        char line[64];
        int size = snprintf(line, sizeof line, "%s %" PRIu64 "\n", word, n);

        if (write(STDOUT_FILENO, line, (size_t)size) != size)
                exit(1);
}

static void put(struct journal *j, uint64_t seq) {
        static char payload[12000];
        _cleanup_buf_ struct buf record = BUF_INIT;
        struct ww_input input = { .seq = seq, .type = WW_INPUT_MESSAGE, .time = 1, .topic = WW_STR("t") };
        struct ww_output output = { .seq = seq, .type = WW_OUTPUT_NOTICE };
        struct ww_alarm alarm = { .id = seq % 20 + 1, .version = seq };

        memset(payload, (int)(seq % 251), sizeof payload);
        input.payload = (struct ww_str){ payload, seq % 11 == 0 ? sizeof payload : seq % 700 };
        output.notice.text = input.payload;
        must("encode", ww_input_encode(&input, &record));
        must("put", journal_put_input(j, seq, buf_str(&record)));
        for (; output.n < seq % 3; output.n++) {
                buf_reset(&record);
                must("encode", ww_output_encode(&output, &record));
                must("put", journal_put_output(j, seq, output.n, buf_str(&record)));
        }
        buf_reset(&record);
        must("encode", ww_alarm_encode(&alarm, &record));
        must("put", journal_put_live(j, alarm.id, buf_str(&record)));
}

static void trim(struct journal *j) {
        size_t deleted;

        while (journal_fill(j) > 0.5)
                must("trim", journal_trim(j, UINT64_MAX, 5, &deleted));
}

static void run(struct journal *j, unsigned long turns) {
        uint64_t seq = journal_head(j);

        say("head", seq);
        for (unsigned long turn = 0; turn < turns; turn++) {
                must("begin", journal_begin(j));
                for (uint64_t i = 0; i <= turn % 4; i++)
                        put(j, ++seq);
                must("commit", journal_commit(j));
                say("safe", seq);
                trim(j);
        }
}

static void on_bad(void *userdata, const char *database, uint64_t seq, uint32_t n, const char *why) {
        (void)fprintf(stderr, "%s %" PRIu64 ".%" PRIu32 ": %s\n", database, seq, n, why);
        ++*(uint64_t *)userdata;
}

static void verify(struct journal *j) {
        uint64_t bad = 0, records = 0;

        must("verify", journal_verify(j, on_bad, &bad, &records));
        (void)printf("head %" PRIu64 " tail %" PRIu64 " bad %" PRIu64 "\n", journal_head(j), journal_tail(j), bad);
}

int main(int argc, char **argv) {
        struct journal_options options = { .size = SIZE };
        struct journal *j = NULL;

        if (argc != 3)
                die("usage: DIR TURNS|verify", 2);
        options.dir = argv[1];
        options.writer = strcmp(argv[2], "verify") != 0;
        must("open", journal_open(&j, &options));
        if (options.writer)
                run(j, strtoul(argv[2], NULL, 10));
        else
                verify(j);
        journal_close(j);
        return 0;
}

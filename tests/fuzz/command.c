/*
 * What clients of the command socket, the broker and the clock bring to the engine: a line each, a JSON object as it
 * comes in the journal as a command, or `TOPIC PAYLOAD`. The state after it must come back from what is saved of it.
 */
#include "ground.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void take(struct pipeline *p, struct ww_str line, uint64_t seq, int64_t time) {
        struct ww_input input = { .seq = seq, .time = time, .received = time, .payload = line };
        const char *blank = memchr(line.p, ' ', line.n);
        char id[32];

        if (line.n && line.p[0] == '{') {
                (void)snprintf(id, sizeof id, "%u", (unsigned)seq % 7);
                input.type = WW_INPUT_COMMAND;
                input.topic = WW_STR("ann");
                input.id = ww_str(id);
        } else if (blank) {
                input.type = WW_INPUT_MESSAGE;
                input.topic = (struct ww_str){ line.p, (size_t)(blank - line.p) };
                input.payload = (struct ww_str){ blank + 1, line.n - input.topic.n - 1 };
        } else {
                input.type = WW_INPUT_TIME;
                input.payload = WW_STR_NONE;
        }
        must(pipeline_input(p, &input) == 0);
}

static void saved(const struct pipeline *p, int64_t now) {
        _cleanup_(pipeline_freep) struct pipeline *copy = make(now);
        _cleanup_buf_ struct buf once = BUF_INIT, twice = BUF_INIT;
        struct rd in;

        must(pipeline_save(p, &once) == 0);
        in = rd_init(buf_str(&once));
        must(pipeline_load(copy, &in) == 0);
        must(pipeline_save(copy, &twice) == 0);
        must(ww_str_equal(buf_str(&once), buf_str(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        int64_t now = INT64_C(1767225600) * WW_SECOND;
        _cleanup_(pipeline_freep) struct pipeline *p = make(now);
        struct ww_str rest = { (const char *)bytes, n };

        for (uint64_t seq = 1; rest.n && seq < 200; seq++) {
                const char *end = memchr(rest.p, '\n', rest.n);
                size_t line = end ? (size_t)(end - rest.p) : rest.n;

                now += WW_SECOND << seq % 12;
                take(p, (struct ww_str){ rest.p, line }, seq, now);
                rest.p += line + (end != NULL);
                rest.n -= line + (end != NULL);
        }
        saved(p, now);
        return 0;
}

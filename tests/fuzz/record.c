/*
 * Records from hostile bytes. A record with a wrong checksum is refused at once, so the bytes are tried both as they
 * are, and as the body under a right checksum (the first byte says which record it is). What is accepted must come out
 * the same when it is written and read again, and must have a JSON form.
 */
#include "base/arena.h"
#include "journal/record_body.h"
#include "journal/record_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool condition) {
        if (!condition)
                abort();
}

static void must_json(json_t *o) {
        char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

        must(text != NULL);
        free(text);
        json_decref(o);
}

static void must_equal(const struct buf *a, const struct buf *b) {
        must(ww_str_equal(buf_str(a), buf_str(b)));
}

static void try_input(struct ww_str record) {
        _cleanup_buf_ struct buf once = BUF_INIT;
        _cleanup_buf_ struct buf twice = BUF_INIT;
        struct ww_input input, again;

        if (ww_input_decode(record, 0, &input))
                return;
        must(ww_input_encode(&input, &once) == 0);
        must(ww_input_decode(buf_str(&once), input.seq, &again) == 0);
        must(ww_input_encode(&again, &twice) == 0);
        must_equal(&once, &twice);
        must_json(record_json_input(&input));
}

static void try_output(struct ww_str record) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf once = BUF_INIT;
        _cleanup_buf_ struct buf twice = BUF_INIT;
        struct ww_output output, again;

        if (ww_output_decode(record, 0, 0, &arena, &output))
                return;
        must(ww_output_encode(&output, &once) == 0);
        must(ww_output_decode(buf_str(&once), output.seq, output.n, &arena, &again) == 0);
        must(ww_output_encode(&again, &twice) == 0);
        must_equal(&once, &twice);
        must_json(record_json_output(&output));
}

static void try_alarm(struct ww_str record) {
        _cleanup_buf_ struct buf once = BUF_INIT;
        _cleanup_buf_ struct buf twice = BUF_INIT;
        struct ww_alarm alarm, again;

        if (ww_alarm_decode(record, &alarm))
                return;
        must(ww_alarm_encode(&alarm, &once) == 0);
        must(ww_alarm_decode(buf_str(&once), &again) == 0);
        must(ww_alarm_encode(&again, &twice) == 0);
        must_equal(&once, &twice);
        must_json(record_json_alarm(&alarm));
}

static void try_all(struct ww_str record) {
        try_input(record);
        try_output(record);
        try_alarm(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        static const enum record_magic magics[] = { RECORD_INPUT, RECORD_OUTPUT, RECORD_LIVE };
        _cleanup_buf_ struct buf sealed = BUF_INIT;
        size_t start;

        try_all((struct ww_str){ (const char *)bytes, n });
        if (n == 0)
                return 0;
        start = record_open(&sealed, magics[bytes[0] / 16 % 3], bytes[0] % 16);
        buf_put(&sealed, bytes + 1, n - 1);
        must(record_seal(&sealed, start) == 0);
        try_all(buf_str(&sealed));
        return 0;
}

#pragma once
/* A state directory of a test's own, and records with known content. */
#include "journal/journal.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
// cmocka.h needs these
#include <cmocka.h>
#include <limits.h>
#include <unistd.h>

static inline int scratch_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static inline void scratch_remove(const char *dir) {
        (void)nftw(dir, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void scratch_make(char dir[static PATH_MAX]) {
        const char *tmp = getenv("TMPDIR");

        (void)snprintf(dir, PATH_MAX, "%s/wardwatch-journal-XXXXXX", tmp ? tmp : "/tmp");
        assert_non_null(mkdtemp(dir));
}

static inline struct journal *scratch_open(const char *dir, uint64_t size, bool writer) {
        const struct journal_options options = { .dir = dir, .size = size, .writer = writer };
        struct journal *j = NULL;

        assert_int_equal(journal_open(&j, &options), 0);
        return j;
}

/* Payload of input `seq`: its number, then `pad` bytes that depend on it. */
static inline void scratch_payload(struct buf *b, uint64_t seq, size_t pad) {
        buf_reset(b);
        buf_printf(b, "%llu:", (unsigned long long)seq);
        for (size_t i = 0; i < pad; i++)
                buf_put_u8(b, (uint8_t)(seq * 7 + i));
}

static inline int scratch_put(struct journal *j, uint64_t seq, size_t pad, uint32_t outputs) {
        _cleanup_buf_ struct buf payload = BUF_INIT;
        _cleanup_buf_ struct buf record = BUF_INIT;
        struct ww_input input = { .seq = seq, .type = WW_INPUT_MESSAGE, .topic = WW_STR("ward/3/door"), .time = 1 };
        int r;

        scratch_payload(&payload, seq, pad);
        input.payload = buf_str(&payload);
        assert_int_equal(ww_input_encode(&input, &record), 0);
        r = journal_put_input(j, seq, buf_str(&record));
        for (uint32_t n = 0; !r && n < outputs; n++) {
                struct ww_output output = { .seq = seq, .n = n, .type = WW_OUTPUT_NOTICE };

                output.notice = (struct ww_notice){ WW_STR("test"), WW_STR("subject"), buf_str(&payload) };
                buf_reset(&record);
                assert_int_equal(ww_output_encode(&output, &record), 0);
                r = journal_put_output(j, seq, n, buf_str(&record));
        }
        return r;
}

/* Inputs from…to, each in a turn of its own. */
static inline void scratch_fill(struct journal *j, uint64_t from, uint64_t to, size_t pad, uint32_t outputs) {
        for (uint64_t seq = from; seq <= to; seq++) {
                assert_int_equal(journal_begin(j), 0);
                assert_int_equal(scratch_put(j, seq, pad, outputs), 0);
                assert_int_equal(journal_commit(j), 0);
        }
}

static inline void scratch_live(struct journal *j, uint64_t id, const char *title) {
        _cleanup_buf_ struct buf record = BUF_INIT;
        struct ww_alarm alarm = { .id = id, .title = ww_str(title), .priority = WW_PRIORITY_LOW };

        assert_int_equal(ww_alarm_encode(&alarm, &record), 0);
        assert_int_equal(journal_put_live(j, id, buf_str(&record)), 0);
}

static inline void scratch_bad(void *userdata, const char *database, uint64_t seq, uint32_t n, const char *why) {
        ++*(unsigned *)userdata;
}

/* Number of things that journal_verify finds. */
static inline unsigned scratch_verify(struct journal *j, uint64_t *ret_records) {
        unsigned bad = 0;

        assert_int_equal(journal_verify(j, scratch_bad, &bad, ret_records), 0);
        return bad;
}

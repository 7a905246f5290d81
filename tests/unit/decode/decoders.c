/* The writer of documents behind the interface of decoders: what it makes, what it mends, and where it ends. */
#include "harness.h"

#include "decode/decoders.h"

#include <math.h>

struct fixture {
        struct arena arena;
        uint32_t steps;
        struct document document;
        struct decoder_out *out;
        unsigned published;
};

static int count_publish(void *userdata, struct ww_str topic, struct ww_str payload) {
        struct fixture *f = userdata;

        f->published++;
        return topic.n ? 0 : -EIO;
}

static void begin(struct fixture *f) {
        *f = (struct fixture){ .steps = DOCUMENT_STEPS_MAX };
        document_init(&f->document, &f->arena, &f->steps);
        f->out = decoder_out_new(&f->document, count_publish, f);
        assert_non_null(f->out);
}

static void end(struct fixture *f) {
        document_deinit(&f->document);
        arena_deinit(&f->arena);
}

static struct ww_str member(const struct fixture *f, const char *name) {
        struct bytes_key key = bytes_key(ww_str(name));

        return document_text(&f->document, document_member(&f->document, 0, &key));
}

static void assert_member(const struct fixture *f, const char *name, const char *wanted) {
        struct ww_str got = member(f, name);

        assert_non_null(got.p);
        assert_int_equal(got.n, strlen(wanted));
        assert_memory_equal(got.p, wanted, got.n);
}

static void test_values(void **state) {
        struct fixture f;

        begin(&f);
        decoder_object_begin(f.out);
        decoder_put_text(f.out, "bad", (struct ww_str){ "a\xFF\0z\xC3\xA9", 6 });
        decoder_key(f.out, WW_STR("float"));
        decoder_float(f.out, 12.1F);
        decoder_key(f.out, WW_STR("double"));
        decoder_number(f.out, 0.1 + 0.2);
        decoder_key(f.out, WW_STR("none"));
        decoder_number(f.out, (double)NAN);
        decoder_key(f.out, WW_STR("least"));
        decoder_integer(f.out, INT64_MIN);
        decoder_put_unsigned(f.out, "most", UINT64_MAX);
        decoder_key(f.out, WW_STR("hex"));
        decoder_hex(f.out, (struct ww_str){ "\x00\xaf", 2 });
        decoder_key(f.out, WW_STR("list"));
        decoder_array_begin(f.out);
        decoder_bool(f.out, true);
        decoder_null(f.out);
        decoder_array_end(f.out);
        decoder_put_bool(f.out, "last", false);
        decoder_object_end(f.out);
        assert_int_equal(decoder_out_finish(f.out, 0), 0);
        assert_member(&f, "bad", "a\xEF\xBF\xBD\xEF\xBF\xBDz\xC3\xA9");
        assert_member(&f, "float", "12.1");
        assert_member(&f, "double", "0.30000000000000004");
        assert_member(&f, "none", "null");
        assert_member(&f, "least", "-9223372036854775808");
        assert_member(&f, "most", "18446744073709551615");
        assert_member(&f, "hex", "00af");
        assert_member(&f, "last", "false");
        end(&f);
}

static void test_first_failure_counts(void **state) {
        struct fixture f;

        begin(&f);
        assert_int_equal(decoder_fail(f.out, 7, "bad %s", "luck"), -EBADMSG);
        assert_int_equal(decoder_fail(f.out, 9, "worse"), -EBADMSG);
        decoder_null(f.out);
        decoder_publish(f.out, WW_STR("t"), WW_STR("p"));
        assert_int_equal(decoder_out_finish(f.out, 0), -EBADMSG);
        assert_string_equal(f.document.error, "bad luck");
        assert_int_equal(f.document.error_at, 7);
        assert_int_equal(f.document.n, 0);
        assert_int_equal(f.published, 0);
        end(&f);
}

static void test_limits(void **state) {
        struct fixture f;

        begin(&f);
        for (unsigned i = 0; i <= DOCUMENT_DEPTH_MAX; i++)
                decoder_array_begin(f.out);
        assert_int_equal(decoder_out_finish(f.out, 0), -EBADMSG);
        assert_string_equal(f.document.error, "nested too deeply");
        end(&f);
        begin(&f);
        decoder_array_begin(f.out);
        for (unsigned i = 0; i <= DOCUMENT_NODES_MAX; i++)
                decoder_null(f.out);
        assert_int_equal(decoder_out_finish(f.out, 0), -EBADMSG);
        assert_string_equal(f.document.error, "too many values");
        assert_true(f.document.n <= DOCUMENT_NODES_MAX);
        end(&f);
        begin(&f);
        assert_non_null(decoder_alloc(f.out, DECODER_ALLOC_MAX / 2));
        assert_null(decoder_alloc(f.out, DECODER_ALLOC_MAX / 2 + 1));
        assert_int_equal(decoder_out_finish(f.out, 0), -EBADMSG);
        end(&f);
}

static void test_publish(void **state) {
        static char large[DECODER_PUBLISH_MAX + 1];
        struct fixture f;

        begin(&f);
        decoder_publish(f.out, WW_STR("t"), WW_STR("p"));
        decoder_publish(f.out, WW_STR("t"), (struct ww_str){ large, sizeof large });
        assert_int_equal(f.published, 1);
        decoder_publish(f.out, WW_STR(""), WW_STR("p")); /* whoever publishes fails: so does the message */
        assert_int_equal(decoder_out_finish(f.out, 0), -EIO);
        end(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_first_failure_counts),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_publish),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

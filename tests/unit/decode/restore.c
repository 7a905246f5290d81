/* States that end by themselves: deadlines, repeats, the table's bound, reloads and snapshots. */
#include "decode/restore.h"
#include "harness.h"

static const char types[] = "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n  - message: m\n    events:\n"
                            "      - {kind: motion, state: m, restores_after: 30s}\n"
                            "      - {kind: presence.detected, where: payload.p == 1, momentary: true, "
                            "restores_after: 10s, device: \"{topic.device}/p\"}\n";

/* What ends until `now`. */
static const char *pass(struct harness *h, int64_t now) {
        h->now = now;
        h->n = 0;
        assert_int_equal(decode_time(h->decode, ++h->seq, now), 0);
        return h->n <= HARNESS_EVENTS_MAX ? harness_told(h) : "many";
}

static void test_ends(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, "zones: [{zone: z, title: Z, type: room}]\nassets: [{asset: a, device: d, zone: z}]\n");
        assert_int_equal(decode_deadline(h.decode), WW_TIME_NEVER);
        harness_send(&h, "t/d", "{\"m\":1}");
        assert_string_equal(harness_told(&h), "d motion.detected");
        assert_int_equal(decode_deadline(h.decode), HARNESS_START + 30 * WW_SECOND);
        assert_string_equal(pass(&h, HARNESS_START + 30 * WW_SECOND - 1), "");
        assert_string_equal(pass(&h, HARNESS_START + 45 * WW_SECOND), "d motion.cleared");
        assert_int_equal(h.events[0].time, HARNESS_START + 30 * WW_SECOND);
        assert_int_equal(h.events[0].state, WW_STATE_NORMAL);
        assert_int_equal(h.events[0].flags, 0);
        assert_string_equal(h.events[0].zone, "z");
        assert_string_equal(h.events[0].asset, "a");
        assert_string_equal(h.events[0].sensor, "t/1");
        assert_int_equal(decode_deadline(h.decode), WW_TIME_NEVER);
        harness_send(&h, "t/d", "{\"m\":1}");
        assert_string_equal(harness_told(&h), "d motion.detected");
}

/* A repeat moves the end, its own end takes it away; a retained repeat is no news. */
static void test_repeats(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, NULL);
        harness_send(&h, "t/d", "{\"m\":1}");
        h.now += 20 * WW_SECOND;
        harness_send(&h, "t/d", "{\"m\":1}");
        assert_int_equal(h.n, 0);
        assert_int_equal(decode_deadline(h.decode), HARNESS_START + 50 * WW_SECOND);
        h.now += 10 * WW_SECOND;
        harness_send_bytes(&h, "t/d", WW_STR("{\"m\":1}"), true);
        assert_int_equal(decode_deadline(h.decode), HARNESS_START + 50 * WW_SECOND);
        harness_send(&h, "t/d", "{\"m\":0}");
        assert_string_equal(harness_told(&h), "d motion.cleared");
        assert_int_equal(decode_deadline(h.decode), WW_TIME_NEVER);
        /* unknown is no state that ends */
        harness_send(&h, "t/d", "{\"m\":1}");
        harness_send(&h, "t/d", "{\"m\":null}");
        assert_int_equal(decode_deadline(h.decode), WW_TIME_NEVER);
}

/* Each press counts and moves the end; a part stands where its device stands. */
static void test_momentary(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, "assets: [{asset: a, device: d}]\n");
        harness_send(&h, "t/d", "{\"p\":1}");
        h.now += 5 * WW_SECOND;
        harness_send(&h, "t/d", "{\"p\":1}");
        assert_string_equal(harness_told(&h), "d/p presence.detected");
        assert_string_equal(pass(&h, HARNESS_START + WW_MINUTE), "d/p presence.cleared");
        assert_int_equal(h.events[0].time, HARNESS_START + 15 * WW_SECOND);
        assert_string_equal(h.events[0].asset, "a");
}

/* In the order of their deadlines, and of one in the order in which they were set. */
static void test_order(void **state) {
        _cleanup_harness_ struct harness h;
        char topic[32];

        harness_init(&h, types, NULL);
        for (int i = 0; i < 40; i++) {
                h.now = HARNESS_START + (i * 7 % 40) * WW_SECOND;
                snprintf(topic, sizeof topic, "t/%d", i);
                harness_send(&h, topic, "{\"m\":1}");
                harness_send(&h, topic, "{\"p\":1}");
        }
        pass(&h, HARNESS_START + WW_HOUR);
        assert_int_equal(h.n, 80 % HARNESS_EVENTS_MAX + HARNESS_EVENTS_MAX);
        for (size_t i = h.n - HARNESS_EVENTS_MAX + 1; i < h.n; i++)
                assert_true(h.events[(i - 1) % HARNESS_EVENTS_MAX].time <= h.events[i % HARNESS_EVENTS_MAX].time);
        harness_send(&h, "t/b", "{\"m\":1}");
        harness_send(&h, "t/a", "{\"m\":1}");
        assert_string_equal(pass(&h, HARNESS_START + 2 * WW_HOUR), "b motion.cleared, a motion.cleared");
        assert_int_equal(h.events[1].index, 1);
        /* the input's own events stand behind those that were due before it */
        harness_send(&h, "t/b", "{\"m\":1}");
        pass(&h, HARNESS_START + 3 * WW_HOUR);
        h.seq--;
        harness_send(&h, "t/b", "{\"m\":1}");
        assert_int_equal(h.events[0].index, 1);
}

static void save_and_load(struct harness *h) {
        _cleanup_buf_ struct buf bytes = BUF_INIT, again = BUF_INIT;
        struct decode *loaded;
        struct rd in;

        assert_int_equal(decode_save(h->decode, &bytes), 0);
        assert_int_equal(decode_new(&loaded, h->types, harness_take, h), 0);
        in = rd_init(buf_str(&bytes));
        assert_int_equal(decode_load(loaded, &in), 0);
        assert_int_equal(decode_save(loaded, &again), 0);
        assert_true(ww_str_equal(buf_str(&bytes), buf_str(&again)));
        decode_free(h->decode);
        h->decode = loaded;
}

static void test_snapshot(void **state) {
        _cleanup_harness_ struct harness h;
        char topic[32];

        harness_init(&h, types, NULL);
        for (int i = 0; i < 20; i++) {
                h.now += WW_SECOND;
                snprintf(topic, sizeof topic, "t/%d", i);
                harness_send(&h, topic, "{\"m\":1}");
        }
        harness_send(&h, "t/3", "{\"m\":0}");
        save_and_load(&h);
        harness_send(&h, "t/0", "{\"m\":1}");
        assert_int_equal(h.n, 0);
        assert_string_equal(pass(&h, HARNESS_START + 34 * WW_SECOND), "1 motion.cleared, 2 motion.cleared");
        pass(&h, HARNESS_START + WW_HOUR);
        assert_int_equal(h.n, 17);
        assert_string_equal(h.events[16].device, "0");
}

/* Each byte of a snapshot that is another one is refused, or loads into something that still ends. */
static void test_forged(void **state) {
        _cleanup_harness_ struct harness h;
        _cleanup_buf_ struct buf bytes = BUF_INIT;

        harness_init(&h, types, NULL);
        harness_send(&h, "t/a", "{\"m\":1,\"p\":1}");
        harness_send(&h, "t/b", "{\"m\":1}");
        assert_int_equal(decode_save(h.decode, &bytes), 0);
        for (size_t i = 0; i < bytes.n; i++)
                for (int bit = 0; bit < 8; bit++) {
                        struct decode *loaded;
                        struct rd in;
                        int r;

                        ((uint8_t *)bytes.p)[i] ^= (uint8_t)(1 << bit);
                        assert_int_equal(decode_new(&loaded, h.types, harness_take, &h), 0);
                        in = rd_init(buf_str(&bytes));
                        r = decode_load(loaded, &in);
                        if (r == 0) {
                                assert_int_equal(decode_time(loaded, 1, INT64_MAX - 1), 0);
                                assert_true(decode_deadline(loaded) >= INT64_MAX - 1);
                        } else {
                                assert_int_equal(r, -EBADMSG);
                        }
                        decode_free(loaded);
                        ((uint8_t *)bytes.p)[i] ^= (uint8_t)(1 << bit);
                }
}

/* A type that goes takes its deadlines along; one that stays keeps them. */
static void test_swap(void **state) {
        _cleanup_harness_ struct harness h, other;
        _cleanup_buf_ struct buf both = BUF_INIT;

        buf_puts(&both, "- sensor: gone\n  version: 1\n  topics: [\"g/{device}\"]\n  messages:\n"
                        "    - {message: m, events: [{kind: motion, state: m, restores_after: 5s}]}\n"
                        "- sensor: t\n  version: 1\n  topics: [\"t/{device}\"]\n  messages:\n"
                        "    - {message: m, events: [{kind: motion, state: m, restores_after: 30s}]}\n");
        buf_put_u8(&both, 0);
        harness_init(&h, (const char *)both.p, NULL);
        harness_init(&other, types, NULL);
        harness_send(&h, "g/x", "{\"m\":1}");
        harness_send(&h, "t/y", "{\"m\":1}");
        harness_send(&h, "g/z", "{\"m\":1}");
        assert_int_equal(decode_swap(h.decode, other.types), 0);
        assert_int_equal(decode_deadline(h.decode), HARNESS_START + 30 * WW_SECOND);
        assert_string_equal(pass(&h, HARNESS_START + WW_HOUR), "y motion.cleared");
        decode_free(h.decode);
        h.decode = NULL;
}

/* One more than there may be: the one that is due first ends at once, and none is forgotten. */
static void test_full(void **state) {
        _cleanup_harness_ struct harness h;
        struct decode_figures figures;
        char topic[32];

        harness_init(&h, types, NULL);
        for (unsigned i = 0; i < RESTORE_MAX; i++) {
                snprintf(topic, sizeof topic, "t/%u", i);
                harness_send(&h, topic, "{\"m\":1}");
        }
        h.now += WW_SECOND;
        harness_send(&h, "t/0", "{\"m\":1}");
        assert_int_equal(h.n, 0);
        harness_send(&h, "t/more", "{\"m\":1}");
        assert_string_equal(harness_told(&h), "1 motion.cleared, more motion.detected");
        assert_int_equal(h.events[0].time, h.now);
        assert_string_equal(h.events[1].sensor, "t/1");
        decode_figures(h.decode, &figures);
        assert_int_equal(figures.restores, RESTORE_MAX);
        assert_int_equal(figures.restored_early, 1);
        pass(&h, HARNESS_START + WW_HOUR);
        assert_int_equal(h.n, RESTORE_MAX);
        assert_string_equal(h.events[(h.n - 1) % HARNESS_EVENTS_MAX].device, "more");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ends),  cmocka_unit_test(test_repeats),  cmocka_unit_test(test_momentary),
                cmocka_unit_test(test_order), cmocka_unit_test(test_snapshot), cmocka_unit_test(test_forged),
                cmocka_unit_test(test_swap),  cmocka_unit_test(test_full),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

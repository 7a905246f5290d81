/*
 * Messages that real devices and bridges sent (data/corpus.jsonl: topic, payload, what it means, source), through the
 * sensor types that we ship. The corpus has its own loose words for kinds; `words` says which of ours they are.
 */
#include "harness.h"

#include "base/span.h"

#include <jansson.h>

static const struct {
        const char *word, *active, *normal;
} words[] = {
        { "smoke", "smoke.detected", "smoke.cleared" },
        { "gas", "gas.detected", "gas.cleared" },
        { "leak", "leak.detected", "leak.cleared" },
        { "motion", "motion.detected", "motion.cleared" },
        { "contact", "contact.opened", "contact.closed" },
        { "tamper", "tamper.detected", "tamper.cleared" },
        { "battery_low", "battery.low", "battery.ok" },
        { "battery", "battery.level", NULL },
        { "temperature", "temperature", NULL },
        { "panic", "panic", NULL },
        { "online", "device.online", NULL },
        { "offline", "device.offline", NULL },
        { "restart", "device.restart", NULL },
        { "heartbeat", "device.heartbeat", NULL },
        { "access_granted", "access.granted", NULL },
        { "access_denied", "access.denied", NULL },
        { "credential", "credential", NULL },
};

static const char *our_kind(const char *word, json_t *active) {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (strcmp(word, words[i].word) == 0)
                        return json_is_false(active) ? words[i].normal : words[i].active;
        fail_msg("the test has no word for `%s`", word);
        return NULL;
}

static bool value_is(const struct harness_event *e, json_t *value) {
        if (!value)
                return true;
        if (json_is_number(value))
                return e->value_type == WW_NUMBER && e->number == json_number_value(value);
        return e->value_type == WW_STRING && strcmp(e->text, json_string_value(value)) == 0;
}

static int64_t time_of(json_t *meaning) {
        json_t *time = json_object_get(meaning, "time");
        int64_t usec;

        if (!time)
                return WW_TIME_NONE;
        assert_int_equal(instant_parse(ww_str(json_string_value(time)), 0, &usec), 0);
        return usec;
}

static void expect(struct harness *h, json_t *meaning, const char *payload) {
        const char *device = json_string_value(json_object_get(meaning, "device"));
        const char *kind = our_kind(json_string_value(json_object_get(meaning, "kind")),
                                    json_object_get(meaning, "active"));
        int64_t time = time_of(meaning);

        for (size_t i = 0; i < h->n; i++) {
                const struct harness_event *e = &h->events[i];

                if (strcmp(e->device, device) == 0 && strcmp(e->kind, kind) == 0 &&
                    value_is(e, json_object_get(meaning, "value")) &&
                    (time == WW_TIME_NONE || (e->time == time && e->device_time == time)))
                        return;
        }
        fail_msg("%s: wanted %s %s, got %s", payload, device, kind, harness_told(h));
}

static void run_line(const char *types, json_t *line) {
        const char *payload = json_string_value(json_object_get(line, "payload"));
        json_t *means = json_object_get(line, "means"), *more = json_object_get(line, "means_more"), *item;
        bool retained = json_is_true(json_object_get(line, "retained"));
        _cleanup_harness_ struct harness h;
        size_t i;

        harness_begin(&h, NULL);
        assert_int_equal(bundle_add_path(&h.bundle, BUNDLE_SENSORS, types, &h.diag), 0);
        assert_int_equal(harness_compile(&h, false), 0);
        assert_int_equal(decode_new(&h.decode, h.types, harness_take, &h), 0);
        if (time_of(means) != WW_TIME_NONE)
                h.now = time_of(means) + WW_SECOND;
        assert_int_equal(
                harness_send_bytes(&h, json_string_value(json_object_get(line, "topic")), ww_str(payload), retained),
                0);
        if (strcmp(json_string_value(json_object_get(means, "kind")), "none") == 0) {
                assert_int_equal(h.n, 0);
                return;
        }
        expect(&h, means, payload);
        json_array_foreach(more, i, item) expect(&h, item, payload);
        for (i = 0; i < h.n; i++)
                assert_int_equal(!!(h.events[i].flags & WW_EVENT_RETAINED), retained);
}

static void test_corpus(void **state) {
        const char *source = getenv("WARDWATCH_SOURCE");
        char path[512], types[512], line[8192];
        size_t n = 0;
        FILE *f;

        assert_non_null(source);
        snprintf(path, sizeof path, "%s/tests/unit/decode/data/corpus.jsonl", source);
        snprintf(types, sizeof types, "%s/rules/sensors", source);
        f = fopen(path, "r");
        assert_non_null(f);
        for (; fgets(line, sizeof line, f); n++) {
                json_t *object = json_loads(line, 0, NULL);

                assert_non_null(object);
                run_line(types, object);
                json_decref(object);
        }
        fclose(f);
        assert_int_equal(n, 21);
}

/* The types that we ship, with their own examples. */
static void test_shipped_examples(void **state) {
        _cleanup_harness_ struct harness h;
        char types[512];
        int r;

        snprintf(types, sizeof types, "%s/rules/sensors", getenv("WARDWATCH_SOURCE"));
        harness_begin(&h, NULL);
        assert_int_equal(bundle_add_path(&h.bundle, BUNDLE_SENSORS, types, &h.diag), 0);
        r = harness_compile(&h, true);
        harness_print(&h);
        assert_int_equal(r, 0);
        assert_int_equal(h.diag.n, 0);
        assert_true(decode_types_count(h.types) >= 5);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_shipped_examples),
                cmocka_unit_test(test_corpus),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

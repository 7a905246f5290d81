/*
 * The decoder of Sparkplug B, through the sensor type that we ship: births and aliases, numbering, wills, requests for
 * a rebirth, the snapshot in between, and its limits.
 */
#include "harness.h"

#include "decode/decoders/sparkplug_state.h"
#include "sparkplug.pb-c.h"

#define GROUP "spBv1.0/Plant/"
#define UNSET UINT64_MAX

/* what was asked to be published */
static struct {
        unsigned n;
        char topic[128], payload[128];
        size_t payload_n;
} published;

static int take_publish(void *userdata, struct ww_str topic, struct ww_str payload) {
        published.n++;
        harness_copy(published.topic, sizeof published.topic, topic);
        assert_true(payload.n <= sizeof published.payload);
        memcpy(published.payload, payload.p, payload.n);
        published.payload_n = payload.n;
        return 0;
}

static void prepare(struct harness *h) {
        char types[512];

        published.n = 0;
        snprintf(types, sizeof types, "%s/rules/sensors/sparkplug.yaml", getenv("WARDWATCH_SOURCE"));
        harness_begin(h, NULL);
        assert_int_equal(bundle_add_path(&h->bundle, BUNDLE_SENSORS, types, &h->diag), 0);
        assert_int_equal(harness_compile(h, false), 0);
        assert_int_equal(decode_new(&h->decode, h->types, harness_take, h), 0);
        decode_on_publish(h->decode, take_publish);
}

/* --- messages --- */

#define METRICS_MAX 8

struct message {
        Sparkplug__Payload payload;
        Sparkplug__Metric metrics[METRICS_MAX], *list[METRICS_MAX];
        uint8_t bytes[4096];
        size_t n;
};

static void begin(struct message *m, uint64_t seq) {
        m->payload = (Sparkplug__Payload)SPARKPLUG__PAYLOAD__INIT;
        m->payload.metrics = m->list;
        m->payload.has_seq = seq != UNSET;
        m->payload.seq = seq;
}

static Sparkplug__Metric *add(struct message *m, const char *name, uint64_t alias, uint32_t datatype) {
        Sparkplug__Metric *metric = &m->metrics[m->payload.n_metrics];

        *metric = (Sparkplug__Metric)SPARKPLUG__METRIC__INIT;
        metric->has_name = name != NULL;
        metric->name = (ProtobufCBinaryData){ name ? strlen(name) : 0, (uint8_t *)name };
        metric->has_alias = alias != UNSET;
        metric->alias = alias;
        metric->has_datatype = datatype != 0;
        metric->datatype = datatype;
        m->list[m->payload.n_metrics++] = metric;
        return metric;
}

static Sparkplug__Metric *add_bool(struct message *m, const char *name, uint64_t alias, bool v) {
        Sparkplug__Metric *metric = add(m, name, alias, 11);

        metric->value_case = SPARKPLUG__METRIC__VALUE_BOOLEAN_VALUE;
        metric->boolean_value = v;
        return metric;
}

static Sparkplug__Metric *add_long(struct message *m, const char *name, uint64_t alias, uint32_t datatype, uint64_t v) {
        Sparkplug__Metric *metric = add(m, name, alias, datatype);

        metric->value_case = SPARKPLUG__METRIC__VALUE_LONG_VALUE;
        metric->long_value = v;
        return metric;
}

static int send(struct harness *h, const char *topic, struct message *m) {
        assert_true(sparkplug__payload__get_packed_size(&m->payload) <= sizeof m->bytes);
        m->n = sparkplug__payload__pack(&m->payload, m->bytes);
        return harness_send_bytes(h, topic, (struct ww_str){ (char *)m->bytes, m->n }, false);
}

static void send_birth(struct harness *h, uint64_t bdseq) {
        struct message m;

        begin(&m, 0);
        add_long(&m, "bdSeq", UNSET, 8, bdseq);
        add_long(&m, "Rate", 7, 3, 1);
        assert_int_equal(send(h, GROUP "NBIRTH/gw", &m), 0);
}

static void send_device_birth(struct harness *h, uint64_t seq) {
        struct message m;

        begin(&m, seq);
        add_bool(&m, "Inputs/A", 1, false);
        add_long(&m, "Level", 2, 1, 5);
        assert_int_equal(send(h, GROUP "DBIRTH/gw/io", &m), 0);
}

static void send_alias(struct harness *h, uint64_t seq, uint64_t alias, bool v) {
        struct message m;

        begin(&m, seq);
        add_bool(&m, NULL, alias, v)->has_datatype = 0;
        assert_int_equal(send(h, GROUP "DDATA/gw/io", &m), 0);
}

static void send_will(struct harness *h, uint64_t bdseq) {
        struct message m;

        begin(&m, UNSET);
        add_long(&m, "bdSeq", UNSET, 8, bdseq);
        assert_int_equal(send(h, GROUP "NDEATH/gw", &m), 0);
}

/* --- tests --- */

static void test_birth_names_aliases(void **state) {
        _cleanup_harness_ struct harness h;
        struct message m;

        prepare(&h);
        send_birth(&h, 4);
        assert_string_equal(harness_told(&h), "gw device.online, gw device.described, gw/Rate measurement");
        send_device_birth(&h, 1);
        assert_string_equal(
                harness_told(&h),
                "gw/io device.online, gw/io device.described, gw/io/Inputs/A input.inactive, gw/io/Level measurement");
        send_alias(&h, 2, 1, true);
        assert_string_equal(harness_told(&h), "gw/io/Inputs/A input.active");
        /* the type is the birth's: 8 bits, of which 0xFE is -2, however many the sender wrote */
        begin(&m, 3);
        add_long(&m, NULL, 2, 0, UINT64_C(0xFFFFFFFFFFFFFFFE));
        assert_int_equal(send(&h, GROUP "DDATA/gw/io", &m), 0);
        assert_string_equal(harness_told(&h), "gw/io/Level measurement");
        assert_true(h.events[0].number == -2);
        assert_int_equal(published.n, 0);
}

static void test_values(void **state) {
        static const struct {
                uint32_t datatype;
                uint64_t raw;
                double wanted;
        } integers[] = {
                { 1, 0x80, -128 }, { 2, 0xFFFF, -1 },    { 3, 0xFFFFFFFF, -1 },         { 4, UINT64_MAX, -1 },
                { 5, 0xFF, 255 },  { 6, 0xFFFF, 65535 }, { 7, 0xFFFFFFFF, 4294967295 }, { 8, 1u << 30, 1u << 30 }
        };
        _cleanup_harness_ struct harness h;
        struct message m;

        prepare(&h);
        for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
                begin(&m, 0);
                add_long(&m, "x", UNSET, integers[i].datatype, integers[i].raw);
                assert_int_equal(send(&h, GROUP "NBIRTH/gw", &m), 0);
                assert_true(h.events[h.n - 1].number == integers[i].wanted);
        }
        begin(&m, 0);
        add(&m, "Room Temperature", UNSET, 9)->value_case = SPARKPLUG__METRIC__VALUE_FLOAT_VALUE;
        m.metrics[0].float_value = 21.3F;
        add_bool(&m, "gone", UNSET, true)->has_is_null = 1;
        m.metrics[1].is_null = 1;
        add_bool(&m, "old", UNSET, true)->has_is_historical = 1;
        m.metrics[2].is_historical = 1;
        assert_int_equal(send(&h, GROUP "NBIRTH/gw2", &m), 0);
        assert_string_equal(
                harness_told(&h),
                "gw2 device.online, gw2 device.described, gw2/Room Temperature temperature, gw2/old input.active");
        assert_true(h.events[2].number == 21.3);
        assert_string_equal(h.events[3].attrs[1].name, "historical");
}

static void test_quality_marks(void **state) {
        uint8_t key[] = "Quality";
        ProtobufCBinaryData keys[] = { { 7, key } };
        Sparkplug__PropertyValue quality = SPARKPLUG__PROPERTY_VALUE__INIT, *values[] = { &quality };
        Sparkplug__PropertySet set = SPARKPLUG__PROPERTY_SET__INIT;
        _cleanup_harness_ struct harness h;
        struct message m;

        set.n_keys = set.n_values = 1;
        set.keys = keys;
        set.values = values;
        quality.value_case = SPARKPLUG__PROPERTY_VALUE__VALUE_INT_VALUE;
        prepare(&h);
        for (uint32_t v = 0; v <= 192; v += 192) {
                quality.int_value = v;
                begin(&m, 0);
                add_bool(&m, "a", UNSET, true)->properties = &set;
                assert_int_equal(send(&h, GROUP "NBIRTH/gw", &m), 0);
                assert_int_equal(!!(h.events[h.n - 1].flags & WW_EVENT_SUSPECT), v == 0);
        }
}

static void test_gap_and_order(void **state) {
        _cleanup_harness_ struct harness h;

        prepare(&h);
        send_birth(&h, 4);
        send_device_birth(&h, 1);
        send_alias(&h, 5, 1, true);
        assert_string_equal(harness_told(&h), "gw gap, gw/io/Inputs/A input.active");
        assert_string_equal(h.events[0].text, "3");
        assert_int_equal(published.n, 1);
        /* a repeat, and one that was overtaken: no gap of 255 or 254 */
        send_alias(&h, 5, 1, false);
        assert_string_equal(harness_told(&h), "gw/io/Inputs/A input.inactive");
        send_alias(&h, 4, 1, true);
        assert_string_equal(harness_told(&h), "gw/io/Inputs/A input.active");
        send_alias(&h, 6, 1, false);
        assert_string_equal(harness_told(&h), "gw/io/Inputs/A input.inactive");
}

static void test_numbers_wrap(void **state) {
        _cleanup_harness_ struct harness h;

        prepare(&h);
        send_birth(&h, 4);
        send_device_birth(&h, 1);
        for (unsigned i = 2; i < 600; i++) {
                send_alias(&h, i % 256, 1, i % 2 == 0);
                assert_int_equal(h.n, 1);
        }
        assert_int_equal(published.n, 0);
}

static void test_wills(void **state) {
        _cleanup_harness_ struct harness h;

        prepare(&h);
        /* of a node that was never born here */
        send_will(&h, 0);
        assert_string_equal(harness_told(&h), "gw device.offline");
        send_birth(&h, 5);
        send_device_birth(&h, 1);
        /* of the connection before */
        send_will(&h, 4);
        assert_int_equal(h.n, 0);
        send_alias(&h, 2, 1, true);
        assert_string_equal(harness_told(&h), "gw/io/Inputs/A input.active");
        send_will(&h, 5);
        assert_string_equal(harness_told(&h), "gw device.offline, gw/io device.offline");
        /* its aliases hold no longer */
        send_alias(&h, 3, 1, true);
        assert_string_equal(harness_told(&h), "gw/io/alias:1 input.active");
}

static void test_device_death(void **state) {
        _cleanup_harness_ struct harness h;
        struct message m;

        prepare(&h);
        send_birth(&h, 5);
        send_device_birth(&h, 1);
        begin(&m, 2);
        assert_int_equal(send(&h, GROUP "DDEATH/gw/io", &m), 0);
        assert_string_equal(harness_told(&h), "gw/io device.offline");
        send_will(&h, 5);
        assert_string_equal(harness_told(&h), "gw device.offline");
}

static void test_rebirth_is_asked_for(void **state) {
        _cleanup_harness_ struct harness h;
        Sparkplug__Payload *request;

        prepare(&h);
        send_alias(&h, 3, 1, true);
        assert_string_equal(harness_told(&h), "gw/io/alias:1 input.active");
        assert_int_equal(published.n, 1);
        assert_string_equal(published.topic, GROUP "NCMD/gw");
        request = sparkplug__payload__unpack(NULL, published.payload_n, (uint8_t *)published.payload);
        assert_non_null(request);
        assert_int_equal(request->timestamp, HARNESS_START / WW_MSEC);
        assert_int_equal(request->n_metrics, 1);
        assert_memory_equal(request->metrics[0]->name.data, "Node Control/Rebirth", 20);
        assert_int_equal(request->metrics[0]->datatype, 11);
        assert_int_equal(request->metrics[0]->value_case, SPARKPLUG__METRIC__VALUE_BOOLEAN_VALUE);
        assert_true(request->metrics[0]->boolean_value);
        sparkplug__payload__free_unpacked(request, NULL);
        /* once a minute */
        h.now += WW_MINUTE - 1;
        send_alias(&h, 4, 1, false);
        assert_int_equal(published.n, 1);
        h.now += 1;
        send_alias(&h, 5, 1, true);
        assert_int_equal(published.n, 2);
        /* an alias that the birth did not have */
        h.now += WW_MINUTE;
        send_birth(&h, 1);
        send_device_birth(&h, 1);
        assert_int_equal(published.n, 2);
        send_alias(&h, 2, 99, true);
        assert_string_equal(harness_told(&h), "gw/io/alias:99 input.active");
        assert_int_equal(published.n, 3);
}

static void test_retained_is_no_part(void **state) {
        _cleanup_harness_ struct harness h;
        struct message m;

        prepare(&h);
        begin(&m, 200);
        add_bool(&m, "Inputs/A", UNSET, true);
        m.n = sparkplug__payload__pack(&m.payload, m.bytes);
        assert_int_equal(harness_send_bytes(&h, GROUP "DDATA/gw/io", (struct ww_str){ (char *)m.bytes, m.n }, true), 0);
        assert_string_equal(harness_told(&h), "gw/io/Inputs/A input.active");
        send_birth(&h, 1);
        send_device_birth(&h, 1);
        assert_int_equal(published.n, 0);
}

static void test_snapshot(void **state) {
        _cleanup_harness_ struct harness h;
        _cleanup_buf_ struct buf saved = BUF_INIT, again = BUF_INIT;
        struct rd in;

        prepare(&h);
        send_birth(&h, 5);
        send_device_birth(&h, 1);
        send_alias(&h, 2, 99, true); /* asks */
        assert_int_equal(published.n, 1);
        assert_int_equal(decode_save(h.decode, &saved), 0);
        decode_free(h.decode);
        assert_int_equal(decode_new(&h.decode, h.types, harness_take, &h), 0);
        decode_on_publish(h.decode, take_publish);
        in = rd_init(buf_str(&saved));
        assert_int_equal(decode_load(h.decode, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        assert_int_equal(decode_save(h.decode, &again), 0);
        assert_true(ww_str_equal(buf_str(&saved), buf_str(&again)));
        send_alias(&h, 3, 1, true);
        assert_string_equal(harness_told(&h), "gw/io/Inputs/A input.active");
        send_alias(&h, 4, 98, true); /* was asked a moment ago */
        assert_int_equal(published.n, 1);
        send_will(&h, 4);
        assert_int_equal(h.n, 0);
        send_will(&h, 5);
        assert_string_equal(harness_told(&h), "gw device.offline, gw/io device.offline");
        /* cut anywhere it is refused */
        for (size_t n = 0; n < saved.n; n++) {
                decode_free(h.decode);
                assert_int_equal(decode_new(&h.decode, h.types, harness_take, &h), 0);
                in = rd_init((struct ww_str){ (char *)saved.p, n });
                assert_int_equal(decode_load(h.decode, &in), -EBADMSG);
        }
}

/* Some write an empty name beside the alias; one with neither is nothing. */
static void test_empty_names(void **state) {
        _cleanup_harness_ struct harness h;
        struct message m;

        prepare(&h);
        send_birth(&h, 5);
        send_device_birth(&h, 1);
        begin(&m, 2);
        add_bool(&m, "", 1, true);
        add_bool(&m, "", UNSET, true);
        add_bool(&m, NULL, UNSET, true);
        assert_int_equal(send(&h, GROUP "DDATA/gw/io", &m), 0);
        assert_string_equal(harness_told(&h), "gw/io/Inputs/A input.active");
}

/* More metrics than a document has room for: those that fit are told. */
static void test_large_birth(void **state) {
        static Sparkplug__Metric metrics[2000], *list[2000];
        _cleanup_harness_ struct harness h;
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        struct message m;

        prepare(&h);
        begin(&m, 0);
        m.payload.metrics = list;
        m.payload.n_metrics = 2000;
        for (size_t i = 0; i < 2000; i++) {
                metrics[i] = (Sparkplug__Metric)SPARKPLUG__METRIC__INIT;
                metrics[i].has_name = metrics[i].has_alias = 1;
                metrics[i].name = (ProtobufCBinaryData){ 4, (uint8_t *)"same" };
                metrics[i].alias = i;
                metrics[i].value_case = SPARKPLUG__METRIC__VALUE_STRING_VALUE;
                list[i] = &metrics[i];
        }
        assert_non_null(buf_reserve(&bytes, sparkplug__payload__get_packed_size(&m.payload)));
        bytes.n = sparkplug__payload__pack(&m.payload, bytes.p);
        assert_int_equal(harness_send_bytes(&h, GROUP "NBIRTH/gw", buf_str(&bytes), false), 0);
        assert_string_equal(harness_told(&h), "gw device.online, gw device.described");
}

static void test_refused(void **state) {
        static const char nested[] = { 0x12, 0x06, (char)0x92, 0x01, 0x03, 0x12, 0x01, 0x00 };
        _cleanup_harness_ struct harness h;

        prepare(&h);
        assert_int_equal(harness_send(&h, GROUP "NBIRTH/gw", "no protobuf"), DECODE_E_BAD_PAYLOAD);
        assert_int_equal(h.n, 0);
        /* a template stays bytes, whatever is in it */
        assert_int_equal(harness_send_bytes(&h, GROUP "NBIRTH/gw", (struct ww_str){ nested, sizeof nested }, false), 0);
        assert_string_equal(harness_told(&h), "gw device.online, gw device.described");
}

/* --- the limits of the state --- */

static struct sparkplug_state *new_state(size_t nodes_max, size_t bytes_max) {
        struct sparkplug_state *s;
        void *made;

        assert_int_equal(sparkplug_state_new(&made), 0);
        s = made;
        s->nodes_max = nodes_max;
        s->bytes_max = bytes_max;
        return s;
}

static void bear(struct sparkplug_state *s, const char *key, const char *device) {
        const struct sparkplug_metric metric = { .name = WW_STR("a"), .alias = 1, .has_alias = true };
        struct sparkplug_node *node = sparkplug_node(s, ww_str(key));

        assert_non_null(node);
        assert_int_equal(sparkplug_part_birth(s, node, ww_str(device), &metric, 1), 0);
}

static void test_oldest_node_is_forgotten(void **state) {
        struct sparkplug_state *s = new_state(2, SPARKPLUG_BYTES_MAX);

        bear(s, "g/a", "");
        bear(s, "g/b", "");
        assert_non_null(sparkplug_node(s, WW_STR("g/a"))); /* heard again */
        bear(s, "g/c", "");
        assert_int_equal(s->n, 2);
        assert_int_equal(sparkplug_state_forgotten(s), 1);
        assert_non_null(sparkplug_part(sparkplug_node(s, WW_STR("g/a")), WW_STR("")));
        sparkplug_state_free(s);
}

static void test_bytes_are_bounded(void **state) {
        struct sparkplug_state *s = new_state(100, 2 * (sizeof(struct sparkplug_metric) + 4 + 1));

        bear(s, "g/a", "");
        bear(s, "g/b", "");
        bear(s, "g/b", "x"); /* a goes */
        assert_int_equal(s->n, 1);
        bear(s, "g/b", "y"); /* then the parts that were born before */
        assert_int_equal(s->n, 1);
        assert_int_equal(s->nodes->n, 1);
        assert_true(ww_str_is(s->nodes->parts[0].name, "y"));
        assert_true(s->bytes <= s->bytes_max);
        assert_int_equal(sparkplug_state_forgotten(s), 3);
        sparkplug_state_free(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_birth_names_aliases),
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_quality_marks),
                cmocka_unit_test(test_gap_and_order),
                cmocka_unit_test(test_numbers_wrap),
                cmocka_unit_test(test_wills),
                cmocka_unit_test(test_device_death),
                cmocka_unit_test(test_rebirth_is_asked_for),
                cmocka_unit_test(test_retained_is_no_part),
                cmocka_unit_test(test_snapshot),
                cmocka_unit_test(test_empty_names),
                cmocka_unit_test(test_large_birth),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_oldest_node_is_forgotten),
                cmocka_unit_test(test_bytes_are_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

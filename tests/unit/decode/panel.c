/*
 * Contact ID and SIA DC-09, through the sensor type that we ship: what the lines mean, what a wrong checksum does, and
 * what is refused with which reason.
 */
#include "harness.h"

#include "decode/decoders/panel.h"

#define RAW "receiver/1/raw"

static void prepare(struct harness *h) {
        char types[512];

        snprintf(types, sizeof types, "%s/rules/sensors/contact-id-sia.yaml", getenv("WARDWATCH_SOURCE"));
        harness_begin(h, NULL);
        assert_int_equal(bundle_add_path(&h->bundle, BUNDLE_SENSORS, types, &h->diag), 0);
        assert_int_equal(harness_compile(h, false), 0);
        assert_int_equal(decode_new(&h->decode, h->types, harness_take, h), 0);
}

static const char *attribute(const struct harness_event *e, const char *name) {
        for (size_t i = 0; i < e->n_attrs; i++)
                if (strcmp(e->attrs[i].name, name) == 0)
                        return e->attrs[i].text;
        return "";
}

static const struct {
        const char *payload, *told;
} readable[] = {
        /* compact Contact ID: with blanks, without, without checksum, without brackets */
        { "[1234 18 1 131 01 015 1]", "1234/015 panel.alarm" },
        { "[1234181131010151]", "1234/015 panel.alarm" },
        { "1234 18313101015", "1234/015 panel.normal" },
        { "[#A444F|3401 02 001]", "A444F/001 arm.armed" },
        { "A444F|6401 02 001", "A444F/001 arm.armed" },
        { "A444F|1110 00 000", "A444F smoke.detected" },
        { "A444F|3120 00 001", "" },
        { "A444F|1999 00 001", "A444F/001 unknown" },
        /* SIA DC-03: several codes, several blocks, the old way, texts, the part without a line */
        { "\"SIA-DCS\"0001L0#12[#12|Nri1/BA1/BA2|Nri2/OP3]", "12/1 panel.alarm, 12/2 panel.alarm, 12/3 arm.disarmed" },
        { "\"SIA-DCS\"0001L0#12[|Nri1PA501]", "12/501 panic" },
        { "\"SIA-DCS\"0001L0#12[|Nti19:44ri4RP]", "12 device.heartbeat" },
        { "\"SIA-DCS\"0001L0#12[|NBA7*Front door*NM]", "12/7 panel.alarm" },
        { "\"SIA-DCS\"0001L0#12[|OP501]", "12/501 arm.disarmed" },
        { "\"SIA-DCS\"0001L0#12[|NRP]", "12 device.heartbeat" },
        { "12|Nri1/FA3", "12/3 smoke.detected" },
        { "12|Nri1/QQ3", "12/3 unknown" },
        { "\n\"NULL\"0000L0#7[]\r", "7 device.heartbeat" },
};

static void test_readable(void **state) {
        _cleanup_harness_ struct harness h;

        prepare(&h);
        for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
                int r = harness_send(&h, RAW, readable[i].payload);

                if (r)
                        print_message("%s: %.*s\n", readable[i].payload, WW_STR_ARG(h.report.detail));
                assert_int_equal(r, 0);
                assert_string_equal(harness_told(&h), readable[i].told);
        }
}

static const struct {
        const char *payload, *why;
} refused[] = {
        { "\"*SIA-DCS\"0001L0#12[0A1B2C3D", "sia-dc09: encrypted, and no key is known at byte 10" },
        { "\"ADM-XXX\"0001L0#12[1]",
          "sia-dc09: a message \"ADM-XXX\" is neither SIA-DCS nor ADM-CID nor NULL at byte 0" },
        { "12340\"NULL\"0001L0#12[]", "sia-dc09: checksum and length are eight hex digits at byte 5" },
        { "\"NULL\"0001L0#12", "sia-dc09: no data in brackets at byte 15" },
        { "\"NULL\"0001L0#12[", "sia-dc09: a bracket is not closed at byte 16" },
        { "\"ADM-CID\"0001L0#12[#12|1110 00]", "sia-dc09: a report is QEEE GG ZZZ: nine digits at byte 23" },
        { "\"ADM-CID\"0001L0#12[#12|2110 00 001]", "sia-dc09: the qualifier is none of 1, 3 and 6 at byte 23" },
        { "\"SIA-DCS\"0001L0#12[#12|Nri1/501]", "sia-dc09: neither a code nor a modifier at byte 28" },
        { "\"SIA-DCS\"0001L0#12[#12]", "sia-dc09: no report of SIA DC-03 at byte 22" },
};

static void test_refused(void **state) {
        _cleanup_harness_ struct harness h;
        char detail[256];

        prepare(&h);
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
                assert_int_equal(harness_send(&h, RAW, refused[i].payload), DECODE_E_BAD_PAYLOAD);
                harness_copy(detail, sizeof detail, h.report.detail);
                assert_string_equal(detail, refused[i].why);
        }
}

/* Checksums: 0 counts 10; the last digit makes the sum a multiple of 15. */
static void test_checks_mark(void **state) {
        static const struct {
                const char *payload;
                bool suspect;
        } lines[] = {
                { "[1234 18 1131 01 015 8]", false },
                { "[1234 18 1131 01 015 9]", true },
                { "[test 18160201010B]", false },
                { "CA2F0038\"NULL\"0000L0#7890[#0000|0000 00 000]_22:13:29,12-29-2022", false },
                { "CA2E0038\"NULL\"0000L0#7890[#0000|0000 00 000]_22:13:29,12-29-2022", true },
                { "E5D50078\"SIA-DCS\"6002L0#AAA[|Nri1/CL501]_14:12:04,09-25-2019", false },
        };
        _cleanup_harness_ struct harness h;

        prepare(&h);
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
                assert_int_equal(harness_send(&h, RAW, lines[i].payload), 0);
                assert_int_equal(h.n, 1);
                if (!!(h.events[0].flags & WW_EVENT_SUSPECT) != lines[i].suspect)
                        fail_msg("%s", lines[i].payload);
        }
}

static void test_attributes_and_time(void **state) {
        _cleanup_harness_ struct harness h;

        prepare(&h);
        assert_int_equal(harness_send(&h, RAW, "\"SIA-DCS\"0001L0#12[|Nri3/BA7*Front door*NM]_09:00:00,01-31-2026"), 0);
        assert_int_equal(h.n, 1);
        assert_string_equal(attribute(&h.events[0], "partition"), "3");
        assert_string_equal(attribute(&h.events[0], "name"), "Front door");
        assert_string_equal(attribute(&h.events[0], "text"), "Burglary");
        assert_int_equal(h.events[0].device_time, HARNESS_START);
        assert_int_equal(harness_send(&h, RAW, "\"SIA-DCS\"0001L0#12[|Nri3/BA7]_09:00:00,13-31-2026"), 0);
        assert_int_equal(h.events[0].device_time, WW_TIME_NONE);
}

/* Each report of a panel counts, though it is the same as the one before. */
static void test_every_report_counts(void **state) {
        _cleanup_harness_ struct harness h;

        prepare(&h);
        for (int i = 0; i < 3; i++) {
                assert_int_equal(harness_send(&h, RAW, "A444F|1110 00 129"), 0);
                assert_string_equal(harness_told(&h), "A444F/129 smoke.detected");
        }
}

/* Every word of the tables is one that the type tells. */
static void test_tables(void **state) {
        static const char *const groups[] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789" };
        _cleanup_harness_ struct harness h;
        unsigned known = 0;
        char payload[64];

        prepare(&h);
        for (int i = 0; i < 1000; i++) {
                char code[4];

                snprintf(code, sizeof code, "%03d", i);
                snprintf(payload, sizeof payload, "A444F|1%s 01 001", code);
                assert_int_equal(harness_send(&h, RAW, payload), 0);
                assert_int_equal(h.n, 1);
                known += contact_id_code(ww_str(code)) != NULL;
        }
        assert_true(known >= 100);
        for (const char *a = groups[0]; *a; a++)
                for (const char *b = groups[0]; *b; b++) {
                        const char code[] = { *a, *b, 0 };
                        const struct panel_code *row = sia_code(ww_str(code));

                        if (!row)
                                continue;
                        known++;
                        snprintf(payload, sizeof payload, "12|Nri1/%s7", code);
                        assert_int_equal(harness_send(&h, RAW, payload), 0);
                        if (h.n != 1)
                                assert_int_equal(row->state, WW_STATE_NORMAL); /* of a pulse */
                }
        assert_true(known >= 300);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_readable),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_checks_mark),
                cmocka_unit_test(test_attributes_and_time),
                cmocka_unit_test(test_every_report_counts),
                cmocka_unit_test(test_tables),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

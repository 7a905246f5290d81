/* Sensor types that are wrong: each with the place, the words and the cure that its author reads. */
#include "harness.h"

#define HEAD "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\n"
#define ONE  HEAD "messages:\n  - message: m\n    events:\n"

static const struct {
        const char *types;
        unsigned line;
        const char *text, *help; /* help: a part of it */
} broken[] = {
        { "version: 1\n", 1, "no sensor type", "sensor: NAME" },
        { "- 5\n", 1, "a sensor type is a mapping", "list of types" },
        { "sensor: My Type\nversion: 1\n", 1, "`My Type` is no name of a sensor type", "a-z" },
        { "sensor: t\n", 1, "sensor `t` has no version", "version: 1" },
        { HEAD, 1, "sensor `t`: between 1 and 256 messages are needed", "messages:" },
        { "- {sensor: t, version: 1, messages: [{message: m, topics: [x], ignore: true}]}\n"
          "- {sensor: t, version: 1, messages: [{message: m, topics: [x], ignore: true}]}\n",
          2, "sensor `t` is also in types.yaml, line 1", "another name" },
        { HEAD "titel: x\nmessages: [{message: m, ignore: true}]\n", 4, NULL, "title" },
        { "sensor: t\nversion: 1\nmessages:\n  - {message: m, ignore: true}\n", 4, "sensor `t`, message `m`: no topics",
          "topics:" },
        { "sensor: t\nversion: 1\nmessages:\n  - {message: m, topics: [a/#], ignore: true}\n", 4,
          "topic `a/#`: MQTT wildcards have no name", "{name+}" },
        { "sensor: t\nversion: 1\nmessages:\n  - {message: m, topics: [a], events: [{kind: test}]}\n", 4,
          "sensor `t`, message `m`: nothing says which device speaks", "device: PATH" },
        { HEAD "messages:\n  - {message: m}\n", 5, "sensor `t`, message `m`: either events or `ignore: true`",
          "events:" },
        { HEAD "messages:\n  - {message: m, ignore: true, events: [{kind: test}]}\n", 5,
          "sensor `t`, message `m`: either events or `ignore: true`", "events:" },
        { HEAD "messages:\n  - {events: [{kind: test}]}\n", 5, "sensor `t`: a message has no name", "message: NAME" },
        { HEAD "messages:\n  - {message: m, matsch: {a: b}, events: [{kind: test}]}\n", 5, NULL, "match" },
        { HEAD "format: jsn\nmessages:\n  - {message: m, ignore: true}\n", 4,
          "sensor `t`, message `m`: no such format `jsn`", "json" },
        { ONE "      - {state: x}\n", 7, "sensor `t`, message `m`: an event has no kind", "kind:" },
        { ONE "      - {kind: smok, state: x}\n", 7, "sensor `t`, message `m`: unknown kind `smok`", "smoke" },
        { ONE "      - {kind: door.open}\n", 7, "sensor `t`, message `m`: unknown kind `door.open`", "door.opened" },
        { ONE "      - {kind: smoke}\n", 7, "sensor `t`, message `m`: `smoke` is a state, but nothing says which",
          "state: PATH" },
        { ONE "      - {kind: panic, state: x}\n", 7, "sensor `t`, message `m`: `panic` leaves no state open",
          "where:" },
        { ONE "      - {kind: door.opened, state: x}\n", 7,
          "sensor `t`, message `m`: `door.opened` leaves no state open", "where:" },
        { ONE "      - {kind: temperature}\n", 7,
          "sensor `t`, message `m`: `temperature` is a measurement without a value", "value: PATH" },
        { ONE "      - {kind: door, state: x, repeat_within: 2s}\n", 7,
          "sensor `t`, message `m`: a state never repeats by itself", "leave it out" },
        { ONE "      - {kind: panic, repeat_within: 2}\n", 7, NULL, NULL },
        { ONE "      - {kind: panic, momentary: true}\n", 7, "sensor `t`, message `m`: a pulse is momentary anyway",
          "leave it out" },
        { HEAD
          "messages:\n  - {message: m, for_each: zones, fields: {pin: {path: item.pin, redact: true}}, events: [{kind: "
          "test}]}\n",
          5, "sensor `t`, message `m`: a field of an element cannot be redacted here", "redact:" },
        { HEAD
          "messages:\n  - {message: m, for_each: zones, redact: zones.*.pin, fields: {pin: item.pin}, events: [{kind: "
          "test, value: pin}]}\n",
          5, "sensor `t`, message `m`: `item.pin` is redacted: it must not be stored", "redact" },
        { ONE "      - {kind: panic, value: x, changes_with_value: true}\n", 7,
          "sensor `t`, message `m`: `panic` changes with no value", "for states" },
        { ONE "      - {kind: device.link, state: x, value: y, changes_with_value: true}\n", 7,
          "sensor `t`, message `m`: `device.link` changes with no value", "for states" },
        { ONE "      - {kind: arm, state: x, changes_with_value: true}\n", 7,
          "sensor `t`, message `m`: `arm` has no value to change with", "value: PATH" },
        { ONE "      - {kind: contact, state: x, kind_by_class: {door: dor}}\n", 7,
          "sensor `t`, message `m`: not a state: `dor`", "door" },
        { ONE "      - {kind: button, kind_by_class: {door: door}}\n", 7,
          "sensor `t`, message `m`: not a pulse: `door`", NULL },
        { ONE "      - {kind: contact, state: x, kind_by_class: {door: panic}}\n", 7,
          "sensor `t`, message `m`: not a state: `panic`", NULL },
        { ONE "      - {kind: measurement, value: x, kind_by_class: {door: door}}\n", 7,
          "sensor `t`, message `m`: not a measurement: `door`", "" },
        { ONE "      - {kind: temperature, value: x, kind_by_class: {door: door}}\n", 7,
          "sensor `t`, message `m`: kind_by_class leads from classes of assets to kinds", "kind_by_class" },
        { ONE "      - {kind: door, state: {path: x, map: {open: actve}}}\n", 7,
          "sensor `t`, message `m`: `actve` is not a state", "active" },
        { ONE "      - {kind: door, state: {path: x, map: {}}}\n", 7,
          "sensor `t`, message `m`: a map needs between 1 and 256 rows", "open: active" },
        { ONE "      - {kind: door, state: {map: {a: active}}}\n", 7,
          "sensor `t`, message `m`: a value comes from one place", "path" },
        { ONE "      - {kind: door, state: {path: x, const: 1}}\n", 7,
          "sensor `t`, message `m`: a value comes from one place", "path" },
        { ONE "      - {kind: door, state: {path: x, invrt: true}}\n", 7, NULL, "invert" },
        { ONE "      - {kind: temperature, value: {path: x, as: nmber}}\n", 7,
          "sensor `t`, message `m`: `nmber` is nothing that a value can be taken as", "number" },
        { ONE "      - {kind: door, state: a..b}\n", 7, "path `a..b`: a key is missing", "data.items[0]" },
        { ONE "      - {kind: door, state: a.}\n", 7, "path `a.`: ends in a dot", "data.items[0]" },
        { ONE "      - {kind: door, state: 'a[x]'}\n", 7, "path `a[x]`: an index is a number in brackets", "items[0]" },
        { ONE "      - {kind: door, state: 'a\"b'}\n", 7, "path `a\"b`: a dot is missing", "odd key" },
        { ONE "      - {kind: door, state: '\"b'}\n", 7, "path `\"b`: a quoted key without its end", "odd key" },
        { ONE "      - {kind: door, state: topic.devise}\n", 7, "no topic of this sensor type captures `devise`",
          "device" },
        { ONE "      - {kind: door, state: topic.device.x}\n", 7, "path `topic.device.x`: a capture has no parts",
          NULL },
        { ONE "      - {kind: test, value: '{topic.device'}\n", 7,
          "sensor `t`, message `m`: template `{topic.device` has no end", "}" },
        { HEAD "messages:\n  - message: m\n    time: {path: ts, form: epoch}\n    events: [{kind: test}]\n", 6,
          "sensor `t`, message `m`: `epoch` is no form of a time", "epoch_s" },
        { HEAD "messages:\n  - message: m\n    time: {path: ts, zone: CET}\n    events: [{kind: test}]\n", 6,
          "sensor `t`, message `m`: `CET` is no offset, and there is no data of such a time zone", "+08:00" },
        { HEAD "messages:\n  - message: m\n    time: {form: iso}\n    events: [{kind: test}]\n", 6,
          "sensor `t`, message `m`: a time has no path", "path" },
        { HEAD "messages:\n  - message: m\n    delay: 8d\n    events: [{kind: test}]\n", 6, NULL, NULL },
        { HEAD "messages:\n  - message: m\n    where: 'payload.x =='\n    events: [{kind: test}]\n", 6, NULL, NULL },
        { HEAD "messages:\n  - message: m\n    fields: {pin: {path: code, redact: true}}\n    attributes: {pin: pin}\n"
               "    events: [{kind: test}]\n",
          7, "sensor `t`, message `m`: field `pin` must not be stored", "where" },
        { ONE "      - {kind: test, value: {path: pin, redact: true}}\n", 7,
          "sensor `t`, message `m`: only a field of `fields` can be redacted", "leave it out" },
        { HEAD "messages:\n  - {message: a, topics: [\"a/{x}\"], ignore: true}\n"
               "  - {message: b, attributes: {x: topic.x}, events: [{kind: test}]}\n",
          6, "sensor `t`, message `b`: no topic of it captures `x`", "add the capture" },
        { ONE "      - {kind: test, attributes: [a]}\n", 7, "sensor `t`, message `m`: attributes are names with paths",
          "badge" },
};

static void test_broken(void **state) {
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
                _cleanup_harness_ struct harness h;
                const struct diag_message *m;

                harness_begin(&h, NULL);
                assert_int_equal(bundle_add_text(&h.bundle, BUNDLE_SENSORS, "types.yaml", ww_str(broken[i].types)), 0);
                if (harness_compile(&h, false) != DIAG_E_USER)
                        fail_msg("taken: %s", broken[i].types);
                assert_true(h.diag.errors >= 1);
                m = h.diag.messages;
                while (m->level != DIAG_ERROR)
                        m++;
                if ((broken[i].text && strcmp(m->text, broken[i].text) != 0) || m->pos.line != broken[i].line ||
                    (broken[i].help && (!m->help || !strstr(m->help, broken[i].help)))) {
                        harness_print(&h);
                        fail_msg("row %zu (line %u): %s", i, broken[i].line, broken[i].types);
                }
                if (h.diag.errors != 1) {
                        harness_print(&h);
                        fail_msg("more than one message: %s", broken[i].types);
                }
        }
}

/* Several mistakes are told in one run. */
static void test_all_told(void **state) {
        _cleanup_harness_ struct harness h;

        harness_begin(&h, NULL);
        assert_int_equal(bundle_add_text(&h.bundle, BUNDLE_SENSORS, "types.yaml",
                                         WW_STR(HEAD "messages:\n"
                                                     "  - {message: a, events: [{kind: smok}, {kind: temperature}]}\n"
                                                     "  - {message: b, wher: x, events: [{kind: panic, state: x}]}\n")),
                         0);
        assert_int_equal(harness_compile(&h, false), DIAG_E_USER);
        assert_int_equal(h.diag.errors, 4);
}

/* Examples that do not come true. */
static void test_examples(void **state) {
#define DOOR ONE "      - {kind: door, state: open}\nexamples:\n"
        static const struct {
                const char *types, *text;
        } rows[] = {
                { DOOR "  - given: [{topic: t/d, payload: '{\"open\":1}'}]\n    events: []\n",
                  "example of sensor `t`: an event too many: wanted no more, got "
                  "2026-01-31T09:00:00.000000Z d door.opened initial" },
                { DOOR "  - given: [{topic: t/d, payload: '{\"open\":1}'}]\n    events: [{kind: door.closed}]\n",
                  "example of sensor `t`: an event differs: wanted kind: door.closed, got "
                  "2026-01-31T09:00:00.000000Z d door.opened initial" },
                { DOOR "  - given: [{topic: t/d, payload: '{}'}]\n    events: [{kind: door.closed}]\n",
                  "example of sensor `t`: an event is missing: wanted one more, got nothing" },
                { DOOR "  - given: [{topic: t/d, payload: '{'}]\n    events: []\n",
                  "example of sensor `t`: the message is not understood: wanted events, or `ignore`, got bad-payload: "
                  "json: ends too early at byte 1" },
                { DOOR "  - given: [{topic: x/d, payload: '1'}]\n    events: []\n",
                  "example of sensor `t`: the message is not understood: wanted events, or `ignore`, got no-type: no "
                  "sensor type has a topic like this" },
                { DOOR "  - given: [{topic: t/d}]\n    events: []\n",
                  "an example's message needs `topic` and `payload`" },
                { DOOR "  - given: [{topic: t/d, payload: '{}'}]\n", "an example says its events" },
                { DOOR "  - given: [{topic: t/d, payload: '{}'}]\n    events: [{flags: [retaned]}]\n",
                  "an example's event: `retaned` is no flag" },
                { DOOR "  - given: [{topic: t/d, payload: '{}'}]\n    events: [{knd: x}]\n",
                  "example's event: unknown key `knd`" },
                { DOOR "  - given: [{topic: t/d, payload: '{}'}]\n    events: []\n    site: {a: b}\n",
                  "site is a text here" },
                { DOOR "  - given: [{topic: t/d, payload: '{}'}]\n    events: []\n"
                       "    site: 'assets: [{asset: a, device: t/d, class: door, zone: Q}]'\n",
                  "the example's site, line 1: unknown zone `Q`" },
                { DOOR "  - given: [{topic: t/d, payload: '{\"open\":1}'}]\n    events: [{flags: [retained]}]\n",
                  "example of sensor `t`: an event differs: wanted flags: as listed, got "
                  "2026-01-31T09:00:00.000000Z d door.opened initial" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                _cleanup_harness_ struct harness h;

                harness_begin(&h, NULL);
                assert_int_equal(bundle_add_text(&h.bundle, BUNDLE_SENSORS, "types.yaml", ww_str(rows[i].types)), 0);
                assert_int_equal(harness_compile(&h, true), DIAG_E_USER);
                assert_int_equal(h.diag.errors, 1);
                assert_string_equal(h.diag.messages[0].text, rows[i].text);
        }
}

/* A type without examples is taken, with a word; a kind that the site gives must be one. */
static void test_site_and_warning(void **state) {
        _cleanup_harness_ struct harness h;

        harness_begin(&h, "zones: [{zone: Z, title: z, type: ward}]\n"
                          "assets:\n  - {asset: a, device: d, class: c, zone: Z, kind: dor}\n");
        assert_int_equal(bundle_add_text(&h.bundle, BUNDLE_SENSORS, "types.yaml",
                                         WW_STR(ONE "      - {kind: door, state: x}\n")),
                         0);
        assert_int_equal(harness_compile(&h, false), DIAG_E_USER);
        assert_int_equal(h.diag.errors, 1);
        assert_int_equal(h.diag.warnings, 1);
        assert_string_equal(h.diag.messages[0].text, "asset `a`: kind `dor` is no kind that an asset can have");
        assert_string_equal(h.diag.messages[0].help, "did you mean `door`?");
        assert_string_equal(h.diag.messages[1].text, "sensor `t` has no examples: nothing tests it");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_broken),
                cmocka_unit_test(test_all_told),
                cmocka_unit_test(test_examples),
                cmocka_unit_test(test_site_and_warning),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Topic patterns and the trie. */
#include "decode/trie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
        struct arena arena;
        struct diag diag;
        struct topic_names names;
        struct trie *trie;
};

static void fixture_init(struct fixture *f) {
        *f = (struct fixture){ 0 };
        assert_int_equal(trie_new(&f->trie), 0);
}

static void fixture_deinit(struct fixture *f) {
        trie_free(f->trie);
        arena_deinit(&f->arena);
        diag_deinit(&f->diag);
}

static void add(struct fixture *f, const char *pattern, uint32_t type, uint32_t message) {
        struct topic_pattern *patterns;
        size_t n;

        assert_int_equal(topic_pattern_parse(&f->arena, ww_str(pattern), (struct diag_pos){ 0 }, &f->diag, &f->names,
                                             &patterns, &n),
                         0);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(trie_add(f->trie, &patterns[i], type, message), 0);
}

/* "type.message{name=capture …} …" of what matches */
static const char *match(struct fixture *f, const char *text) {
        static char out[1024];
        struct trie_binding found[256];
        struct topic topic;
        size_t at = 0, n;

        out[0] = 0;
        if (!topic_split(&topic, ww_str(text)))
                return "too long";
        n = trie_match(f->trie, &topic, found);
        for (size_t i = 0; i < n; i++) {
                struct ww_str captures[TOPIC_CAPTURES_MAX] = { 0 };

                topic_capture(found[i].pattern, &topic, captures);
                at += (size_t)snprintf(out + at, sizeof out - at, "%s%u.%u", at ? " " : "", found[i].type,
                                       found[i].message);
                for (size_t k = 0; k < f->names.n; k++)
                        if (captures[k].p)
                                at += (size_t)snprintf(out + at, sizeof out - at, " %s=%.*s", f->names.names[k].p,
                                                       WW_STR_ARG(captures[k]));
        }
        return out;
}

static void test_levels(void **state) {
        struct fixture f;

        fixture_init(&f);
        add(&f, "zigbee2mqtt/{device}", 0, 0);
        add(&f, "/rfid/send", 1, 0);
        add(&f, "dsc/Get/Zone{n}", 2, 0);
        add(&f, "a/{switch}:{index}/b", 3, 0);
        add(&f, "x/{id}_state", 4, 0);
        add(&f, "axis/$source/{port}/&{n}", 5, 0);
        assert_string_equal(match(&f, "zigbee2mqtt/hall"), "0.0 device=hall");
        assert_string_equal(match(&f, "zigbee2mqtt/Front door reed"), "0.0 device=Front door reed");
        assert_string_equal(match(&f, "zigbee2mqtt"), "");
        assert_string_equal(match(&f, "zigbee2mqtt/"), "");
        assert_string_equal(match(&f, "zigbee2mqtt/a/b"), "");
        assert_string_equal(match(&f, "/zigbee2mqtt/a"), "");
        assert_string_equal(match(&f, "/rfid/send"), "1.0");
        assert_string_equal(match(&f, "rfid/send"), "");
        assert_string_equal(match(&f, "/rfid/send/"), "");
        assert_string_equal(match(&f, "dsc/Get/Zone17"), "2.0 n=17");
        assert_string_equal(match(&f, "dsc/Get/Zone"), "");
        assert_string_equal(match(&f, "dsc/Get/zone17"), "");
        assert_string_equal(match(&f, "a/switch:0/b"), "3.0 switch=switch index=0");
        assert_string_equal(match(&f, "a/x:y:z/b"), "3.0 switch=x index=y:z");
        assert_string_equal(match(&f, "a/:0/b"), "");
        assert_string_equal(match(&f, "a/x:/b"), "");
        assert_string_equal(match(&f, "a/x/b"), "");
        assert_string_equal(match(&f, "x/contact_state"), "4.0 id=contact");
        assert_string_equal(match(&f, "x/a_state_state"), "4.0 id=a_state");
        assert_string_equal(match(&f, "x/_state"), "");
        assert_string_equal(match(&f, "axis/$source/port/&1"), "5.0 n=1 port=port");
        assert_string_equal(match(&f, ""), "");
        fixture_deinit(&f);
}

/* As devices call them: signs that mean something elsewhere are letters here. */
static void test_signs(void **state) {
        struct fixture f;

        fixture_init(&f);
        add(&f, "axis/{device}/event/tns:onvif/Device/tns:axis/Sensor/PIR/$source/sensor/{n}", 0, 0);
        add(&f, "spBv1.0/{group}/{what:NDEATH|NBIRTH}/{device}", 1, 0);
        add(&f, "shellyplus1-{device}/status/switch:{n}", 2, 0);
        add(&f, "/mbmd/{device}/{what}", 3, 0);
        add(&f, "{device}/onvif-ej/Device/Trigger/DigitalInput/&{n}", 4, 0);
        add(&f, "Paradox/Zone/Front door {what}", 5, 0);
        add(&f, "$SYS/broker/{what+}", 6, 0);
        assert_string_equal(match(&f, "axis/ACCC8E012345/event/tns:onvif/Device/tns:axis/Sensor/PIR/$source/sensor/0"),
                            "0.0 device=ACCC8E012345 n=0");
        assert_string_equal(match(&f, "spBv1.0/Sparkplug B Devices/NBIRTH/Raspberry Pi"),
                            "1.0 device=Raspberry Pi group=Sparkplug B Devices what=NBIRTH");
        assert_string_equal(match(&f, "shellyplus1-a8032abc7158/status/switch:0"), "2.0 device=a8032abc7158 n=0");
        assert_string_equal(match(&f, "/mbmd/sdm1-1/Voltage"), "3.0 device=sdm1-1 what=Voltage");
        assert_string_equal(match(&f, "MyDevice/onvif-ej/Device/Trigger/DigitalInput/&DI_1"),
                            "4.0 device=MyDevice n=DI_1");
        assert_string_equal(match(&f, "MyDevice/onvif-ej/Device/Trigger/DigitalInput/DI_1"), "");
        assert_string_equal(match(&f, "Paradox/Zone/Front door reed"), "5.0 what=reed");
        assert_string_equal(match(&f, "$SYS/broker/load/1min"), "6.0 what=load/1min");
        fixture_deinit(&f);
}

static void test_many(void **state) {
        struct fixture f;

        fixture_init(&f);
        add(&f, "z/{device+}", 0, 2);
        add(&f, "z/{device+}/availability", 0, 1);
        add(&f, "z/bridge/state", 0, 0);
        assert_string_equal(match(&f, "z/a"), "0.2 device=a");
        assert_string_equal(match(&f, "z/a/b/c"), "0.2 device=a/b/c");
        assert_string_equal(match(&f, "z/a/b/availability"), "0.1 device=a/b 0.2 device=a/b/availability");
        assert_string_equal(match(&f, "z/availability"), "0.2 device=availability");
        assert_string_equal(match(&f, "z/availability/availability"),
                            "0.1 device=availability 0.2 device=availability/availability");
        assert_string_equal(match(&f, "z/bridge/state"), "0.0 0.2 device=bridge/state");
        assert_string_equal(match(&f, "z"), "");
        assert_string_equal(match(&f, "z/"), "");
        fixture_deinit(&f);
}

static void test_choices(void **state) {
        struct fixture f;

        fixture_init(&f);
        add(&f, "{base:zigbee2mqtt|zigbee}/{device}", 0, 0);
        add(&f, "home/{room?}/door", 1, 0);
        assert_string_equal(match(&f, "zigbee/x"), "0.0 base=zigbee device=x");
        assert_string_equal(match(&f, "zigbee2mqtt/x"), "0.0 base=zigbee2mqtt device=x");
        assert_string_equal(match(&f, "zigbee2/x"), "");
        assert_string_equal(match(&f, "home/door"), "1.0");
        assert_string_equal(match(&f, "home/kitchen/door"), "1.0 room=kitchen");
        assert_string_equal(match(&f, "home/a/b/door"), "");
        fixture_deinit(&f);
}

/* Types stand in the order of their most special pattern, a type's messages in their own. */
static void test_order(void **state) {
        struct fixture f;

        fixture_init(&f);
        add(&f, "{a+}", 0, 0);
        add(&f, "{a}/{b}", 1, 1);
        add(&f, "x/{b}", 1, 2);
        add(&f, "x/y{c}", 2, 0);
        add(&f, "x/yz", 3, 0);
        add(&f, "{a}/{b}", 4, 0);
        add(&f, "{a}/{b}", 1, 0);
        assert_string_equal(match(&f, "x/yz"),
                            "3.0 2.0 c=z 1.0 a=x b=yz 1.1 a=x b=yz 1.2 b=yz 4.0 a=x b=yz 0.0 a=x/yz");
        fixture_deinit(&f);
}

static void test_bounds(void **state) {
        char topic[2 * TOPIC_LEVELS_MAX + 2] = "";
        struct fixture f;

        fixture_init(&f);
        add(&f, "{a+}", 0, 0);
        for (int i = 0; i < TOPIC_LEVELS_MAX; i++)
                strcat(topic, i ? "/l" : "l");
        assert_true(strncmp(match(&f, topic), "0.0 a=l/l/", 10) == 0);
        strcat(topic, "/l");
        assert_string_equal(match(&f, topic), "too long");
        fixture_deinit(&f);
}

/* Every combination of literal and capture over twelve levels: the most that one topic can be made to visit. */
static void test_worst_case(void **state) {
        struct trie_binding *found = calloc(4096, sizeof(*found));
        struct topic topic;
        struct fixture f;

        fixture_init(&f);
        for (unsigned bits = 0; bits < 4096; bits++) {
                char pattern[64] = "";

                for (int i = 0; i < 12; i++)
                        strcat(strcat(pattern, i ? "/" : ""), bits & (1u << i) ? "l" : "{c}");
                add(&f, pattern, bits, 0);
        }
        assert_int_equal(trie_bindings(f.trie), 4096);
        assert_true(topic_split(&topic, WW_STR("l/l/l/l/l/l/l/l/l/l/l/l")));
        assert_int_equal(trie_match(f.trie, &topic, found), 4096);
        assert_int_equal(found[0].type, 4095);
        assert_int_equal(found[4095].type, 0);
        free(found);
        fixture_deinit(&f);
}

static void test_broken(void **state) {
        static const struct {
                const char *pattern, *error;
        } broken[] = {
                { "", "topic ``: is empty" },
                { "a/#", "topic `a/#`: MQTT wildcards have no name" },
                { "a/+/b", "topic `a/+/b`: MQTT wildcards have no name" },
                { "a/{x+}/{y+}", "topic `a/{x+}/{y+}`: two captures of many levels" },
                { "a/{x}{y}", "topic `a/{x}{y}`: two captures touch each other" },
                { "a/{x", "topic `a/{x`: capture without an end" },
                { "a/b{x", "topic `a/b{x`: capture without an end" },
                { "a/{}", "topic `a/{}`: this is no name of a capture" },
                { "a/{Device}", "topic `a/{Device}`: this is no name of a capture" },
                { "a/{x:}", "topic `a/{x:}`: empty or too many words of a capture" },
                { "a/{x:a||b}", "topic `a/{x:a||b}`: empty or too many words of a capture" },
                { "{a?}/{b?}/{c?}/{d?}/{e?}/{f?}/{g?}",
                  "topic `{a?}/{b?}/{c?}/{d?}/{e?}/{f?}/{g?}`: stands for more than 64 patterns" },
                { "1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3",
                  "topic `1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3`: more than 32 levels" },
        };
        struct topic_pattern *patterns;
        size_t n;

        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
                struct fixture f;

                fixture_init(&f);
                assert_int_equal(topic_pattern_parse(&f.arena, ww_str(broken[i].pattern), (struct diag_pos){ 0 },
                                                     &f.diag, &f.names, &patterns, &n),
                                 DIAG_E_USER);
                assert_int_equal(f.diag.n, 1);
                assert_string_equal(f.diag.messages[0].text, broken[i].error);
                fixture_deinit(&f);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_levels),     cmocka_unit_test(test_signs),  cmocka_unit_test(test_many),
                cmocka_unit_test(test_choices),    cmocka_unit_test(test_order),  cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_worst_case), cmocka_unit_test(test_broken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "config/topic_filter.h"

static void overlap_is_found(void **state) {
        static const struct {
                const char *a, *b;
                bool overlap;
        } rows[] = {
                { "a", "a", true },
                { "a", "b", false },
                { "a", "a/b", false },
                { "a/b", "a/b", true },
                { "a/b", "a/c", false },
                { "#", "a/b/c", true },
                { "a/#", "a", true }, /* the parent belongs to it */
                { "a/#", "a/b/c", true },
                { "a/#", "ab", false },
                { "a/b/#", "a", false },
                { "a/#", "b/#", false },
                { "a/#", "+/b", true },
                { "a/b/#", "+/c", false },
                { "a/b/#", "+/b", true },
                { "+", "a", true },
                { "+", "a/b", false },
                { "+/+", "a/b", true },
                { "+/b", "a/+", true },
                { "+/b/c", "a/+/d", false },
                { "a/+/c", "a/b/+", true },
                { "a/+/c", "a/+", false },
                { "+/panic/#", "+/sensor/#", false },
                { "+/panic/#", "+/+/state", true },
                { "a/", "a", false }, /* an empty last level is a level */
                { "a/", "a/+", true },
                { "/a", "a", false },
                { "/a", "+/a", true },
                { "/#", "+", false }, /* they would meet in the empty topic, which there is not */
                { "/#", "+/a", true },
                { "a/#", "a/+/#", true },
                { "a/+/#", "a", false },
                { "$SYS/#", "#", false }, /* wildcards in the first level leave $ out */
                { "$SYS/x", "+/x", false },
                { "$SYS/#", "$SYS/broker/+", true },
                { "a/$b", "a/+", true }, /* only the first level is special */
                { "a/$b", "a/#", true },
                { "#", "#", true },
                { "+/#", "#", true },
                { "zigbee2mqtt/+/availability", "zigbee2mqtt/#", true },
                { "zigbee2mqtt/panic-1", "zigbee2mqtt/door-1", false },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct ww_str a = ww_str(rows[i].a), b = ww_str(rows[i].b);

                assert_null(topic_filter_fault(a));
                assert_null(topic_filter_fault(b));
                if (topic_filter_overlap(a, b) != rows[i].overlap || topic_filter_overlap(b, a) != rows[i].overlap)
                        fail_msg("`%s` and `%s`", rows[i].a, rows[i].b);
        }
}

/* The protocol's own definition as an oracle: all topics of up to three levels over a small alphabet. */
static bool matches(const char *filter, const char *topic) {
        if (topic[0] == '$' && (filter[0] == '#' || filter[0] == '+'))
                return false;
        for (;;) {
                size_t f = strcspn(filter, "/"), t = strcspn(topic, "/");

                if (f == 1 && filter[0] == '#')
                        return true;
                if (!(f == 1 && filter[0] == '+') && (f != t || memcmp(filter, topic, f) != 0))
                        return false;
                filter += f;
                topic += t;
                if (!*filter && !*topic)
                        return true;
                if (!*topic)
                        return strcmp(filter, "/#") == 0;
                if (!*filter)
                        return false;
                filter++;
                topic++;
        }
}

/* The number'th text of one to three levels. */
static bool nth(unsigned number, const char *const *levels, unsigned n, char out[static 32]) {
        unsigned depth = number % 3 + 1;

        number /= 3;
        out[0] = '\0';
        for (unsigned i = 0; i < depth; i++) {
                if (i)
                        (void)strcat(out, "/");
                (void)strcat(out, levels[number % n]);
                number /= n;
        }
        return number == 0 && out[0];
}

static void overlap_agrees_with_matching(void **state) {
        static const char *const in_filters[] = { "a", "", "+", "#", "$x" }, *const in_topics[] = { "a", "", "b",
                                                                                                    "$x" };
        const unsigned filters = 3 * 5 * 5 * 5, topics = 3 * 4 * 4 * 4;
        unsigned compared = 0, overlapping = 0;
        char a[32], b[32], topic[32];

        for (unsigned i = 0; i < filters; i++)
                for (unsigned j = 0; j < filters; j++) {
                        bool expected = false;

                        if (!nth(i, in_filters, 5, a) || !nth(j, in_filters, 5, b) || topic_filter_fault(ww_str(a)) ||
                            topic_filter_fault(ww_str(b)))
                                continue;
                        for (unsigned k = 0; k < topics && !expected; k++)
                                expected = nth(k, in_topics, 4, topic) && matches(a, topic) && matches(b, topic);
                        if (topic_filter_overlap(ww_str(a), ww_str(b)) != expected)
                                fail_msg("`%s` and `%s`: expected %d", a, b, expected);
                        compared++;
                        overlapping += expected;
                }
        assert_true(compared > 10000);
        assert_true(overlapping > 1000);
}

static void faults_are_named(void **state) {
        static const char *const rows[] = { "",     "a#", "a/#/b", "#/",   "a+",         "+a/b",
                                            "a/b+", "##", "++",    "a\nb", "$share/g/a", "a/\x01" };
        char large[65537];

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                assert_non_null(topic_filter_fault(ww_str(rows[i])));
        memset(large, 'a', sizeof large);
        assert_null(topic_filter_fault((struct ww_str){ large, 65535 }));
        assert_non_null(topic_filter_fault((struct ww_str){ large, 65536 }));
        assert_non_null(topic_filter_fault((struct ww_str){ "a\0b", 3 }));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(overlap_is_found),
                cmocka_unit_test(overlap_agrees_with_matching),
                cmocka_unit_test(faults_are_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

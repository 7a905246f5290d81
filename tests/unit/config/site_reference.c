/*
 * The site model's section of rules/README.md is what the code knows: its samples are one site, and what it says of
 * them comes true; so is what the tables of its words say.
 */
#include "site_bench.h"

#include "base/span.h"
#include "config/site_internal.h"

#include <stdio.h>

static char *source_path(const char *file) {
        char *path = NULL;

        assert_non_null(getenv("WARDWATCH_SOURCE"));
        assert_true(asprintf(&path, "%s/%s", getenv("WARDWATCH_SOURCE"), file) > 0);
        return path;
}

/* The section alone. */
static char *read_section(void) {
        _cleanup_free_ char *path = source_path("rules/README.md"), *text = calloc(1, 1 << 20);
        FILE *f = fopen(path, "r");
        char *begin, *end;

        assert_non_null(f);
        assert_non_null(text);
        assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
        assert_int_equal(fclose(f), 0);
        begin = strstr(text, "\n## The site model\n");
        assert_non_null(begin);
        end = strstr(begin + 2, "\n## ");
        if (end)
                *end = '\0';
        return strdup(begin);
}

/* Each word of the tables of days and hours does stand in a schedule. */
static void words_of_schedules_are_read(void **state) {
        for (size_t i = 0; i < site_day_keys_n + site_hours_words_n; i++) {
                bool day = i < site_day_keys_n;
                _cleanup_buf_ struct buf text = BUF_INIT;
                struct bench b = { 0 };

                buf_puts(&text, "holidays: {12-25: Christmas}\nschedules: {x: {mon: 01:00-02:00}, y: {");
                if (day)
                        buf_printf(&text, "%s: 08:00-09:00}}\n", site_day_keys[i].name);
                else
                        buf_printf(&text, "sun: 10:00-11:00, 2026-01-01: %s}}\n",
                                   site_hours_words[i - site_day_keys_n].name);
                buf_put_u8(&text, 0);
                assert_int_equal(bundle_add_text(&b.bundle, BUNDLE_SITE, "x.yaml", ww_str((const char *)text.p)), 0);
                bench_compile_well(&b);
                bench_end(&b);
        }
}

static void add_samples(struct bench *b) {
        _cleanup_free_ char *section = read_section();
        char path[16], *at = section;
        unsigned n = 0;

        while ((at = strstr(at, "```yaml\n"))) {
                char *text = at + 8, *end = strstr(text, "```");

                assert_non_null(end);
                (void)snprintf(path, sizeof path, "%u.yaml", ++n);
                assert_int_equal(
                        bundle_add_text(&b->bundle, BUNDLE_SITE, path, (struct ww_str){ text, (size_t)(end - text) }),
                        0);
                at = end + 3;
        }
        assert_true(n >= 6);
        assert_int_equal(bundle_add_timezones(&b->bundle, 0, &b->diag), 0);
}

static int64_t instant(const char *text) {
        int64_t t = 0;

        assert_int_equal(instant_parse(ww_str(text), 0, &t), 0);
        return t;
}

static void assert_edge(const struct site *s, const char *schedule, const char *after, const char *edge) {
        uint32_t index = site_schedule_find(s, ww_str(schedule));
        char got[32];

        instant_format(site_schedule_edge(s, index, instant(after)), got);
        if (instant(got) != instant(edge))
                fail_msg("%s after %s: %s, not %s", schedule, after, got, edge);
}

static void what_is_said_of_the_samples_is_true(void **state) {
        struct bench b = { 0 };
        const struct site *s;
        uint32_t nursery, gateway, ups;

        add_samples(&b);
        bench_compile_well(&b);
        s = b.site;
        nursery = site_zone_find(s, WW_STR("W3-nursery"));
        assert_true(site_zone(s, nursery)->key_area);
        assert_int_equal(site_zone_of_type(s, nursery, WW_STR("ward")), site_zone_find(s, WW_STR("W3")));
        assert_true(site_zones_adjacent(s, site_zone_find(s, WW_STR("lobby")), site_zone_find(s, WW_STR("W3"))));
        gateway = site_asset_find(s, WW_STR("gateway-2"));
        ups = site_asset_find(s, WW_STR("ups-2"));
        assert_int_equal(site_asset(s, gateway)->n_parents, 2);
        assert_true(site_asset_under(s, site_asset_find(s, WW_STR("door-w3-exit")), ups));
        assert_int_equal(site_asset_field(s, site_asset_find(s, WW_STR("door-w3-exit")), WW_STR("held_limit")).type,
                         WW_SPAN);
        /* Christmas Eve until 12:00, nothing on the two days after it, which are Friday and Saturday */
        assert_edge(s, "pharmacy", "2026-12-24T08:00:00Z", "2026-12-24T11:00:00Z");
        assert_edge(s, "pharmacy", "2026-12-24T11:00:00Z", "2026-12-28T07:00:00Z");
        assert_edge(s, "visits", "2026-12-24T19:00:00Z", "2026-12-25T09:00:00Z");
        assert_edge(s, "offices", "2026-12-24T16:00:00Z", "2027-01-01T06:30:00Z");
        assert_true(site_schedule_opening(s, site_schedule_find(s, WW_STR("patrol")),
                                          instant("2026-03-29T00:00:00Z")) == instant("2026-03-29T01:00:00Z"));
        assert_edge(s, "night", "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z");
        assert_edge(s, "night", "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z");
        assert_true(site_mode(s, site_mode_find(s, WW_STR("armed")))->initially);
        assert_true(site_mode(s, site_mode_find(s, WW_STR("drill")))->exercise);
        assert_true(site_alarms(s)->acknowledge_expires[WW_PRIORITY_CRITICAL] == 30 * WW_MINUTE);
        assert_true(site_alarms(s)->shelve_max[WW_HAZARD_THEFT] == WW_HOUR);
        assert_int_equal(site_alarms(s)->shelve_max[WW_HAZARD_FIRE], 0);
        assert_int_equal(site_zone_first_out(s, nursery), site_zone_find(s, WW_STR("W3")));
        assert_true(site_zone_key_area(s, nursery) && !site_zone_key_area(s, site_zone_find(s, WW_STR("W3"))));
        bench_end(&b);
}

/* What holds without the block is what the table of its words says. */
static void without_alarms_the_usual_holds(void **state) {
        static const char *const sites[] = {
                "", "alarms:\n", "alarms: {}\n",
                "alarms: {shelve_max: {default: 8h}, out_of_service_max: 30d, reason_required: "
                "[high, critical], first_out_by: [ward, area]}\n"
        };

        for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
                struct bench b = { 0 };
                const struct site_alarms *a, *none = site_alarms(NULL);

                assert_int_equal(bundle_add_text(&b.bundle, BUNDLE_SITE, "x.yaml", ww_str(sites[i])), 0);
                bench_compile_well(&b);
                a = site_alarms(b.site);
                for (int p = WW_PRIORITY_LOW; p <= WW_PRIORITY_CRITICAL; p++)
                        assert_int_equal(a->acknowledge_expires[p], none->acknowledge_expires[p]);
                for (int h = 0; h < WW_HAZARD_MAX_; h++)
                        assert_true(a->shelve_max[h] == 8 * WW_HOUR && none->shelve_max[h] == 8 * WW_HOUR);
                assert_true(a->out_of_service_max == 30 * WW_DAY && a->reason_required == none->reason_required);
                assert_int_equal(a->n_first_out_by, 2);
                assert_true(ww_str_equal(a->first_out_by[1], none->first_out_by[1]));
                bench_end(&b);
        }
}

static void the_example_hospital_has_hours_and_modes(void **state) {
        _cleanup_free_ char *path = source_path("rules/site");
        struct bench b = { 0 };
        const struct site_plan *plan;
        const struct site *s;

        assert_int_equal(bundle_add_path(&b.bundle, BUNDLE_SITE, path, &b.diag), 0);
        bench_compile_well(&b);
        s = b.site;
        assert_edge(s, "pharmacy", "2026-07-01T00:00:00Z", "2026-07-01T06:00:00Z");
        assert_edge(s, "pharmacy", "2027-03-25T17:00:00Z", "2027-03-27T07:00:00Z"); /* Good Friday is left out */
        assert_edge(s, "visiting", "2026-04-06T00:00:00Z", "2026-04-06T08:00:00Z");
        assert_edge(s, "patrol", "2026-07-01T12:00:00Z", "2026-07-01T20:00:00Z");
        assert_int_equal(site_mode_count(s), 4);
        assert_true(site_zone(s, site_zone_find(s, WW_STR("PH-store")))->key_area);
        assert_true(site_zones_adjacent(s, site_zone_find(s, WW_STR("W4")), site_zone_find(s, WW_STR("W3"))));
        assert_true(site_plan_count(s) >= 5);
        plan = site_plan(s, site_plan_find(s, WW_STR("floor-2")));
        assert_true(plan && plan->zone == site_zone_find(s, WW_STR("floor-2")) && plan->n_places > 20);
        assert_true(ww_str_is(plan->file, "plans/floor-2.svg") && plan->path.n > plan->file.n);
        assert_int_equal(plan->places[0].zone, site_zone_find(s, WW_STR("W3")));
        assert_true(plan->places[0].n_points >= 4 && plan->places[0].points[0].x >= 0);
        assert_true(site_asset_under(s, site_asset_find(s, WW_STR("smoke-w0-r1")),
                                     site_asset_find(s, WW_STR("ups-server"))));
        bench_end(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(words_of_schedules_are_read),
                cmocka_unit_test(what_is_said_of_the_samples_is_true),
                cmocka_unit_test(without_alarms_the_usual_holds),
                cmocka_unit_test(the_example_hospital_has_hours_and_modes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

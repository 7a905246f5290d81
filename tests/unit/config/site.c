#include "site_bench.h"

static int compile(struct bench *b, const char *const *texts, size_t n) {
        *b = (struct bench){ 0 };
        for (size_t i = 0; i < n; i++) {
                char path[16];

                (void)snprintf(path, sizeof path, "%zu.yaml", i + 1);
                assert_int_equal(bundle_add_text(&b->bundle, BUNDLE_SITE, path, ww_str(texts[i])), 0);
        }
        return bench_compile(b);
}

static const char hospital[] = "site: general\n"
                               "zones:\n"
                               "  - zone: W3\n"
                               "    title: Ward 3 maternity\n"
                               "    type: ward\n"
                               "    in: floor-2\n"
                               "  - {zone: floor-2, type: floor, in: main}\n"
                               "  - {zone: main, type: building}\n"
                               "lists:\n"
                               "  maternity: [nurse-maternity, midwife]\n"
                               "  empty: []\n";
static const char devices[] = "assets:\n"
                              "  - asset: door-w3-exit\n"
                              "    device: zigbee2mqtt/ward3_door\n"
                              "    class: door\n"
                              "    zone: W3\n"
                              "    parent: gateway\n"
                              "    supervision: 25h\n"
                              "    held_limit: 30s\n"
                              "    exit: true\n"
                              "    weight: 12.5\n"
                              "    code: '30s'\n"
                              "    note: plain words\n"
                              "  - asset: gateway\n"
                              "    class: gateway\n";

static void zones_are_found(void **state) {
        const char *const texts[] = { devices, hospital }; /* what is referred to may come later */
        struct bench b;
        uint32_t w3;

        assert_int_equal(compile(&b, texts, 2), 0);
        assert_true(ww_str_is(site_name(b.site), "general"));
        assert_int_equal(site_zone_count(b.site), 3);
        w3 = site_zone_find(b.site, WW_STR("W3"));
        assert_true(ww_str_is(site_zone(b.site, w3)->title, "Ward 3 maternity"));
        assert_int_equal(site_zone(b.site, w3)->pos.line, 3);
        assert_true(ww_str_is(site_zone(b.site, w3)->pos.file, "2.yaml"));
        assert_int_equal(site_zone_of_type(b.site, w3, WW_STR("ward")), w3);
        assert_true(ww_str_is(site_zone(b.site, site_zone_of_type(b.site, w3, WW_STR("building")))->id, "main"));
        assert_int_equal(site_zone_of_type(b.site, w3, WW_STR("site")), SITE_NONE);
        assert_int_equal(site_zone_of_type(b.site, SITE_NONE, WW_STR("ward")), SITE_NONE);
        assert_true(site_zone_type_known(b.site, WW_STR("floor")));
        assert_false(site_zone_type_known(b.site, WW_STR("flor")));
        assert_null(site_zone(b.site, SITE_NONE));
        bench_end(&b);
}

static void assets_are_found(void **state) {
        const char *const texts[] = { devices, hospital }; /* what is referred to may come later */
        struct bench b;
        uint32_t w3, door;

        assert_int_equal(compile(&b, texts, 2), 0);
        w3 = site_zone_find(b.site, WW_STR("W3"));
        assert_int_equal(site_asset_count(b.site), 2);
        door = site_asset_of_device(b.site, WW_STR("zigbee2mqtt/ward3_door"));
        assert_int_equal(door, site_asset_find(b.site, WW_STR("door-w3-exit")));
        assert_int_equal(site_asset_of_device(b.site, WW_STR("gateway")), SITE_NONE);
        assert_int_equal(site_asset_of_device(b.site, WW_STR("")), SITE_NONE); /* though gateway has none */
        assert_int_equal(site_asset(b.site, door)->zone, w3);
        assert_int_equal(site_asset(b.site, door)->supervision, 25 * WW_HOUR);
        assert_int_equal(site_asset(b.site, door)->parent, site_asset_find(b.site, WW_STR("gateway")));
        assert_int_equal(site_asset(b.site, door)->n_fields, 5);
        assert_true(site_class_known(b.site, WW_STR("gateway")));
        assert_false(site_class_known(b.site, WW_STR("lift")));
        bench_end(&b);
}

static void fields_of_assets_are_read(void **state) {
        const char *const texts[] = { devices, hospital }; /* what is referred to may come later */
        struct bench b;
        struct ww_value v;
        uint32_t door;

        assert_int_equal(compile(&b, texts, 2), 0);
        door = site_asset_find(b.site, WW_STR("door-w3-exit"));
        v = site_asset_field(b.site, door, WW_STR("held_limit"));
        assert_int_equal(v.type, WW_SPAN);
        assert_int_equal(v.usec, 30 * WW_SECOND);
        assert_int_equal(site_asset_field(b.site, door, WW_STR("exit")).type, WW_BOOL);
        assert_true(site_asset_field(b.site, door, WW_STR("weight")).number == 12.5);
        assert_int_equal(site_asset_field(b.site, door, WW_STR("code")).type, WW_STRING);
        assert_true(ww_str_is(site_asset_field(b.site, door, WW_STR("note")).string, "plain words"));
        assert_true(ww_str_is(site_asset_field(b.site, door, WW_STR("zone")).string, "W3"));
        assert_true(ww_str_is(site_asset_field(b.site, door, WW_STR("parent")).string, "gateway"));
        assert_true(ww_str_is(site_asset_field(b.site, door, WW_STR("class")).string, "door"));
        assert_true(ww_str_is(site_asset_field(b.site, door, WW_STR("id")).string, "door-w3-exit"));
        assert_int_equal(site_asset_field(b.site, door, WW_STR("supervision")).type, WW_SPAN);
        assert_int_equal(site_asset_field(b.site, door, WW_STR("title")).type, WW_MISSING);
        assert_int_equal(site_asset_field(b.site, door, WW_STR("nothing")).type, WW_MISSING);
        assert_int_equal(site_asset_field(b.site, SITE_NONE, WW_STR("id")).type, WW_MISSING);
        assert_int_not_equal(symtab_find(b.symbols, WW_STR("held_limit")), 0);
        assert_int_equal(site_asset(b.site, door)->fields[0].symbol, symtab_find(b.symbols, WW_STR("held_limit")));
        bench_end(&b);
}

static void lists_are_found(void **state) {
        const char *const texts[] = { devices, hospital }; /* what is referred to may come later */
        struct bench b;
        uint32_t list;

        assert_int_equal(compile(&b, texts, 2), 0);
        list = site_list_find(b.site, WW_STR("maternity"));
        assert_true(site_list_has(b.site, list, WW_STR("midwife")));
        assert_false(site_list_has(b.site, list, WW_STR("porter")));
        assert_false(site_list_has(b.site, site_list_find(b.site, WW_STR("empty")), WW_STR("midwife")));
        assert_int_equal(site_list_find(b.site, WW_STR("nobody")), SITE_NONE);
        assert_false(site_list_has(b.site, SITE_NONE, WW_STR("midwife")));
        assert_int_not_equal(symtab_find(b.symbols, WW_STR("maternity")), 0);
        bench_end(&b);
}

static void near_names_are_found(void **state) {
        const char *const texts[] = { devices, hospital }; /* what is referred to may come later */
        struct bench b;

        assert_int_equal(compile(&b, texts, 2), 0);
        assert_string_equal(site_nearest_zone(b.site, WW_STR("flor-2")), "floor-2");
        assert_string_equal(site_nearest_list(b.site, WW_STR("matrnity")), "maternity");
        assert_string_equal(site_nearest_class(b.site, WW_STR("dor")), "door");
        assert_null(site_nearest_zone(b.site, WW_STR("xxxxxxxx")));
        bench_end(&b);
}

static void no_site_is_a_site(void **state) {
        const char *const texts[] = { "" };
        struct bench b;

        assert_int_equal(compile(&b, texts, 0), 0);
        assert_int_equal(site_zone_count(b.site), 0);
        assert_true(ww_str_is(site_name(b.site), ""));
        assert_int_equal(site_asset_of_device(b.site, WW_STR("x")), SITE_NONE);
        assert_null(site_nearest_zone(b.site, WW_STR("x")));
        bench_end(&b);
        assert_int_equal(compile(&b, texts, 1), 0);
        bench_end(&b);
}

static const struct told broken[] = {
        { "zone:\n  - zone: a\n", 1, 1, "site file: unknown key `zone`", "did you mean `zones`?" },
        { "- a\n", 1, 1, "site file must be a group of keys, not a list", NULL },
        { "site: two words\n", 1, 7, "site may not hold blanks, `=` or `,`",
          "write `-` in their place; what people read goes into `title`" },
        { "zones: {a: b}\n", 1, 8, "zones must be a list", "write each zone as `- zone: ID`" },
        { "zones:\n  - W3\n", 2, 5, "zone must be a group of keys, not `W3`", NULL },
        { "zones:\n  - title: x\n", 2, 5, "the entry has no `zone`", NULL },
        { "zones:\n  - zone: W3\n    tipe: ward\n", 3, 5, "zone: unknown key `tipe`", "did you mean `type`?" },
        { "zones:\n  - zone: W3\n  - zone: W3\n", 3, 11, "zone `W3` is there already", "give each its own id" },
        { "zones:\n  - zone: ''\n", 2, 11, "zone must have 1 to 128 bytes", NULL },
        { "zones:\n  - zone: a=b\n", 2, 11, "zone may not hold blanks, `=` or `,`", NULL },
        { "zones:\n  - zone: [a]\n", 2, 11, "zone must be a text, not a list", NULL },
        { "zones:\n  - {zone: W3, in: floor2}\n  - {zone: floor-2}\n", 2, 20, "unknown zone `floor2`",
          "did you mean `floor-2`?" },
        { "zones:\n  - {zone: W3, in: basement}\n", 2, 20, "unknown zone `basement`",
          "define it in one of the site's files" },
        { "zones:\n  - {zone: a, in: a}\n", 2, 19, "zone `a` is inside itself: a in a", "take one `in` out" },
        { "zones:\n  - {zone: a, in: b}\n  - {zone: b, in: c}\n  - {zone: c, in: a}\n", 2, 19,
          "zone `a` is inside itself: a in b in c in a", NULL },
        { "zones:\n  - {zone: a, title: }\n", 2, 22, "title must be a text, not nothing", NULL },
        { "assets:\n  - gateway\n", 2, 5, "an asset must be a group of keys",
          "write it as `- asset: ID` with its keys below" },
        { "assets:\n  - {device: d}\n", 2, 5, "the entry has no `asset`", NULL },
        { "assets:\n  - {asset: a, zone: W3}\n", 2, 22, "unknown zone `W3`", NULL },
        { "assets:\n  - {asset: a, parent: gatway}\n  - {asset: gateway}\n", 2, 24, "unknown asset `gatway`",
          "did you mean `gateway`?" },
        { "assets:\n  - {asset: a, parent: a}\n", 2, 24, "asset `a` depends on itself: a under a", NULL },
        { "assets:\n  - {asset: a, device: d}\n  - {asset: b, device: d}\n", 3, 24,
          "device `d` already belongs to asset `a` in line 2", "take it out of one of the two" },
        { "assets:\n  - {asset: a}\n  - {asset: a}\n", 3, 13, "asset `a` is there already", NULL },
        { "assets:\n  - {asset: a, supervision: 90}\n", 2, 29,
          "supervision must be a span such as 90s, 5m or 26h, not `90`", "give it a unit: us, ms, s, m, h or d" },
        { "assets:\n  - {asset: a, supervision: 0s}\n", 2, 29, "supervision must be from 1s to 400d, not `0s`", NULL },
        { "assets:\n  - {asset: a, id: x}\n", 2, 16, "`id` cannot be a field", "the id is what stands after `asset:`" },
        { "assets:\n  - {asset: a, Held-Limit: 3}\n", 2, 16, "`Held-Limit` cannot be a field's name",
          "lower-case letters, digits and _, at most 64" },
        { "assets:\n  - {asset: a, doors: [1, 2]}\n", 2, 23, "field `doors` must be one value",
          "use a named list for several values" },
        { "zones:\n  - {zone: a, key_area: yes}\n", 2, 25, "key_area must be true or false, not `yes`", NULL },
        { "zones:\n  - {zone: a, adjacent: a}\n", 2, 25, "the zone is adjacent to itself",
          "name the zones next to it" },
        { "zones:\n  - {zone: W3, adjacent: [W3x]}\n", 2, 27, "unknown zone `W3x`", "did you mean `W3`?" },
        { "zones:\n  - {zone: a, adjacent: {b: c}}\n", 2, 25, "adjacent must be a text, not a group of keys", NULL },
        { "assets:\n  - {asset: a, parent: [b, b]}\n  - {asset: b}\n", 2, 28, "`b` is there already",
          "each parent once" },
        { "assets:\n  - {asset: a, parents: [b, bb]}\n  - {asset: b}\n", 2, 29, "unknown asset `bb`",
          "did you mean `b`?" },
        { "assets:\n  - {asset: a, parent: b, parents: [b]}\n  - {asset: b}\n", 2, 27,
          "the asset has `parent` and `parents`", "`parent` takes a list, too" },
        { "assets:\n  - {asset: a, parent: [b, c]}\n  - {asset: b}\n  - {asset: c, parent: [b, d]}\n"
          "  - {asset: d, parent: a}\n  - {asset: e, parent: a}\n",
          2, 24, "asset `a` depends on itself: a under c under d under a", "take one of these parents out" },
        { "timezone: [UTC]\n", 1, 11, "timezone must be a text, not a list", NULL },
        { "timezone: Europe/Berlin\n", 1, 11, "there is no data of time zone `Europe/Berlin`",
          "only a site that is read from files can have one" },
        { "modes: [drill]\n", 1, 8, "modes must be a group of named modes", "write `NAME: {}` for each below it" },
        { "modes: {open day: }\n", 1, 9, "`open day` cannot be the name of a mode",
          "letters, digits and -; what people read goes into `title`" },
        { "modes: {-day: }\n", 1, 9, "`-day` cannot be the name of a mode", NULL },
        { "modes: {drill: true}\n", 1, 16, "mode must be a group of keys, not `true`", NULL },
        { "modes: {drill: {excercise: true}}\n", 1, 17, "mode: unknown key `excercise`", "did you mean `exercise`?" },
        { "modes: {drill: {initially: on}}\n", 1, 28, "initially must be true or false, not `on`", NULL },
        { "schedules: [a]\n", 1, 12, "schedules must be a group of named schedules", NULL },
        { "schedules: {a b: {mon: open}}\n", 1, 13, "`a b` cannot be the name of a schedule", NULL },
        { "schedules: {a: open}\n", 1, 16, "a schedule must be a group of days",
          "write `mon-fri: \"08:00-18:00\"` and the like below it" },
        { "schedules: {a: {}}\n", 1, 13, "schedule `a` is never open",
          "give it hours, such as `mon-fri: \"08:00-18:00\"`" },
        { "schedules: {a: {mon: closed, holidays: closed}}\n", 1, 13, "schedule `a` is never open", NULL },
        { "schedules: {a: {mon: 08:00-25:00}}\n", 1, 22, "`25:00` is no time of day",
          "write hours as \"08:00-18:00\"; 24:00 is the end of the day" },
        { "schedules: {a: {mon: 8:00-18:00}}\n", 1, 22, "`8:00` is no time of day", NULL },
        { "schedules: {a: {mon: 08:60-18:00}}\n", 1, 22, "`08:60` is no time of day", NULL },
        { "schedules: {a: {mon: 08:00-24:01}}\n", 1, 22, "`24:01` is no time of day", NULL },
        { "schedules: {a: {mon: 08:00}}\n", 1, 22, "`08:00` is not from when to when", NULL },
        { "schedules: {a: {mon: shut}}\n", 1, 22, "`shut` is not from when to when", NULL },
        { "schedules: {a: {mon: 24:00-08:00}}\n", 1, 22, "hours cannot begin at 24:00", "write 00:00 at the next day" },
        { "schedules: {a: {mon: 08:00-08:00}}\n", 1, 22, "`08:00-08:00` lasts no time",
          "the whole day is `open` or \"00:00-24:00\"" },
        { "schedules: {a: {mon: [08:00-12:00, 11:00-13:00]}}\n", 1, 36, "`11:00-13:00` overlaps other hours of the day",
          "join them, or end one where the other begins" },
        { "schedules: {a: {mon: [22:00-06:00, 23:00-23:30]}}\n", 1, 36, "`23:00-23:30` overlaps other hours of the day",
          NULL },
        { "schedules: {a: {mon: 22:00-06:00, tue: [05:00-08:00]}}\n", 1, 22, "the hours of mon reach into those of tue",
          "let them end where the others begin" },
        { "schedules: {a: {daily: [22:00-06:00, 05:59-06:00]}}\n", 1, 24, "the hours of mon reach into those of tue",
          NULL },
        { "schedules: {a: {mon: []}}\n", 1, 22, "a day has from 1 to 48 hours", "write `closed` for none" },
        { "schedules: {a: {mon: {from: 8}}}\n", 1, 22, "hours cannot be a group of keys", NULL },
        { "schedules: {a: {mon: }}\n", 1, 22, "hours must be a text, not nothing", NULL },
        { "schedules: {a: {monday: open}}\n", 1, 17, "`monday` is neither a day nor a date", "did you mean `mon`?" },
        { "schedules: {a: {mon-frei: open}}\n", 1, 17, "`mon-frei` is neither a day nor a date",
          "did you mean `mon-fri`?" },
        { "schedules: {a: {mon-fir: open}}\n", 1, 17, "`mon-fir` is neither a day nor a date",
          "did you mean `mon-fri`?" },
        { "schedules: {a: {work-days: open}}\n", 1, 17, "`work-days` is neither a day nor a date", NULL },
        { "schedules: {a: {mon xyz: open}}\n", 1, 17, "`xyz` is neither a day nor a date",
          "days: mon to sun, mon-fri, sat sun, daily, holidays; dates: 2026-12-24, 12-24 for every year, "
          "2026-08-01..2026-08-14" },
        { "schedules: {a: {holiday: open}}\n", 1, 17, "`holiday` is neither a day nor a date",
          "did you mean `holidays`?" },
        { "schedules: {a: {mon-fri: open, wed: closed}}\n", 1, 32, "wed has its hours already in line 1",
          "each day once" },
        { "schedules: {a: {daily: open, sun: closed}}\n", 1, 30, "sun has its hours already in line 1", NULL },
        { "schedules: {a: {mon: like tue, tue: open}}\n", 1, 22, "a weekday cannot be like another",
          "write the hours, or join the days: `mon-fri`" },
        { "schedules: {a: {mon: open, holidays: like sunday}}\nholidays: {12-25: x}\n", 1, 38,
          "`sunday` is no day of the week", "like mon, tue, wed, thu, fri, sat or sun" },
        { "schedules: {a: {mon: open, 2026-02-29: closed}}\n", 1, 28, "there is no date `2026-02-29`",
          "a date is year-month-day, or month-day, and in the calendar" },
        { "schedules: {a: {mon: open, 24-12: closed}}\n", 1, 28, "there is no date `24-12`", NULL },
        { "schedules: {a: {mon: open, 1969-12-31: closed}}\n", 1, 28,
          "the year of `1969-12-31` must be from 1970 to 2199", NULL },
        { "schedules: {a: {mon: open, 2026-12-24..12-26: closed}}\n", 1, 28,
          "`2026-12-24..12-26` is half of every year, half of one", "write both with their year, or both without" },
        { "schedules: {a: {mon: open, 2026-12-24..2026-12-23: closed}}\n", 1, 28,
          "`2026-12-24..2026-12-23` ends before it begins", "the earlier date goes first" },
        { "schedules: {a: {mon: open, 2026-12-01..2026-12-24: closed, 2026-12-24: open}}\n", 1, 60,
          "there is something for this date already", "each date once" },
        { "schedules: {a: {mon: open, 12-24: closed, 12-20..01-02: open}}\n", 1, 43,
          "there is something for this date already", "each date once" },
        { "schedules: {a: {mon: open, title: [x]}}\n", 1, 35, "title must be a text, not a list", NULL },
        { "holidays: [12-25]\n", 1, 11, "holidays must be a group of dates", NULL },
        { "holidays: {easter: Easter}\n", 1, 12, "`easter` is no date",
          "dates: 2026-12-24, 12-24 for every year, 2026-08-01..2026-08-14" },
        { "holidays: {12-25: }\n", 1, 19, "a holiday must be a text, not nothing", NULL },
        { "holidays: {02-30: x}\n", 1, 12, "there is no date `02-30`", NULL },
        { "lists: [a]\n", 1, 8, "lists must be a group of named lists", NULL },
        { "lists: {a: b}\n", 1, 12, "a named list must be a list", "write `NAME: [one, two]`" },
        { "lists: {a: [[b]]}\n", 1, 13, "a member of a list must be a text, not a list", NULL },
};

static void what_is_wrong_is_told_with_place_and_cure(void **state) {
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
                const char *const texts[] = { broken[i].text };
                struct bench b;

                assert_int_equal(compile(&b, texts, 1), DIAG_E_USER);
                assert_null(b.site);
                (void)assert_told(&b.diag, "1.yaml", &broken[i]);
                bench_end(&b);
        }
}

static void files_are_checked_against_each_other(void **state) {
        const char *const two_names[] = { "site: a\n", "site: b\n" };
        const char *const two_lists[] = { "lists: {a: [x]}\n", "lists: {a: [y]}\n" };
        const char *const same_name[] = { "site: a\n", "site: a\n" };
        const char *const first_bad[] = { "zones: [\n", "zones: [{zone: b, in: nowhere}]\n" };
        struct bench b;

        assert_int_equal(compile(&b, two_names, 2), DIAG_E_USER);
        assert_string_equal(b.diag.messages[0].text, "the site is already called `a`");
        bench_end(&b);
        assert_int_equal(compile(&b, two_lists, 2), DIAG_E_USER);
        assert_string_equal(b.diag.messages[0].text, "list `a` is there already (1.yaml:1)");
        bench_end(&b);
        assert_int_equal(compile(&b, same_name, 2), 0);
        bench_end(&b);
        assert_int_equal(compile(&b, first_bad, 2), DIAG_E_USER);
        assert_int_equal(b.diag.errors, 2); /* one file's error does not hide the other's */
        bench_end(&b);
}

static void a_site_has_one_time_zone(void **state) {
        const char *const two[] = { "timezone: UTC\n", "timezone: UCT\n" };
        const char *const same[] = { "timezone: UTC\n", "timezone: UTC\n" };
        struct bench b;

        assert_int_equal(compile(&b, two, 2), DIAG_E_USER);
        assert_string_equal(b.diag.messages[0].text, "the time zone is already `UTC`");
        bench_end(&b);
        assert_int_equal(compile(&b, same, 2), 0);
        bench_end(&b);
}

static void zones_lie_side_by_side(void **state) {
        const char *const texts[] = { "zones:\n"
                                      "  - {zone: c, adjacent: [b, a]}\n"
                                      "  - {zone: a, key_area: true, adjacent: c}\n"
                                      "  - {zone: b}\n"
                                      "  - {zone: d, key_area: false, adjacent: }\n" };
        struct bench b;

        assert_int_equal(compile(&b, texts, 1), 0);
        assert_true(site_zone(b.site, 1)->key_area);
        assert_false(site_zone(b.site, 0)->key_area);
        assert_true(site_zones_adjacent(b.site, 0, 1));
        assert_true(site_zones_adjacent(b.site, 1, 0));
        assert_true(site_zones_adjacent(b.site, 2, 0));
        assert_false(site_zones_adjacent(b.site, 1, 2));
        assert_false(site_zones_adjacent(b.site, 3, 0));
        assert_false(site_zones_adjacent(b.site, SITE_NONE, 0));
        assert_int_equal(site_zone(b.site, 0)->n_adjacent, 2);
        assert_int_equal(site_zone(b.site, 0)->adjacent[0], 1);
        assert_int_equal(site_zone(b.site, 0)->adjacent[1], 2);
        assert_int_equal(site_zone(b.site, 1)->n_adjacent, 1);
        assert_int_equal(site_zone(b.site, 3)->n_adjacent, 0);
        bench_end(&b);
}

/* Of one text, which was built. */
static int compile_text(struct bench *b, struct buf *text) {
        buf_put_u8(text, 0);
        return compile(b, (const char *const[]){ (const char *)text->p }, 1);
}

/* A ladder of twenty steps, each hanging on both of the step above: a million ways up. */
static void assets_hang_on_several(void **state) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct bench b;

        buf_puts(&text, "assets:\n");
        for (int i = 0; i < 20; i++)
                buf_printf(&text, "  - {asset: l%d, parent: [l%d, r%d]}\n  - {asset: r%d, parents: [r%d, l%d]}\n", i,
                           i + 1, i + 1, i, i + 1, i + 1);
        buf_puts(&text, "  - {asset: l20}\n  - {asset: r20, parent: }\n  - {asset: other, parents: []}\n");
        assert_int_equal(compile_text(&b, &text), DIAG_E_USER); /* nothing is no asset */
        assert_string_equal(b.diag.messages[0].text, "parent must be a text, not nothing");
        bench_end(&b);
        memcpy(strstr((char *)text.p, "parent: }"), "title: r}", 9);
        assert_int_equal(compile_text(&b, &text), 0);
        assert_int_equal(site_asset(b.site, 1)->n_parents, 2);
        assert_int_equal(site_asset(b.site, 1)->parent, 3);
        assert_int_equal(site_asset(b.site, 1)->parents[0], 3);
        assert_int_equal(site_asset(b.site, 1)->parents[1], 2);
        assert_true(ww_str_is(site_asset_field(b.site, 1, WW_STR("parent")).string, "r1"));
        for (uint32_t i = 0; i < 42; i++)
                for (uint32_t k = 0; k < 43; k++)
                        assert_int_equal(site_asset_under(b.site, i, k), k < 42 && k / 2 > i / 2);
        assert_int_equal(site_asset(b.site, 42)->parent, SITE_NONE);
        assert_false(site_asset_under(b.site, 42, 0));
        assert_false(site_asset_under(b.site, SITE_NONE, 0));
        bench_end(&b);
}

static void a_chain_of_assets_is_bounded(void **state) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct bench b;

        buf_puts(&text, "assets:\n  - {asset: a0}\n");
        for (int i = 1; i < 258; i++)
                buf_printf(&text, "  - {asset: a%d, parent: a%d}\n", i, i - 1);
        assert_int_equal(compile_text(&b, &text), DIAG_E_USER);
        assert_int_equal(b.diag.errors, 1);
        assert_string_equal(b.diag.messages[0].text, "asset `a257` is under more than 256 others");
        bench_end(&b);
}

static void modes_are_found(void **state) {
        const char *const texts[] = { "modes:\n  armed: {title: Armed, initially: true}\n  open-day:\n",
                                      "modes: {drill: {exercise: true}}\n" };
        struct bench b;
        uint32_t drill;

        assert_int_equal(compile(&b, texts, 2), 0);
        drill = site_mode_find(b.site, WW_STR("drill"));
        assert_int_equal(site_mode_count(b.site), 3);
        assert_true(ww_str_is(site_mode(b.site, 0)->title, "Armed"));
        assert_true(ww_str_is(site_mode(b.site, 1)->title, ""));
        assert_true(site_mode(b.site, 0)->initially);
        assert_false(site_mode(b.site, 0)->exercise);
        assert_true(site_mode(b.site, drill)->exercise);
        assert_true(ww_str_is(site_mode(b.site, drill)->pos.file, "2.yaml"));
        assert_int_equal(site_mode_find(b.site, WW_STR("dril")), SITE_NONE);
        assert_null(site_mode(b.site, SITE_NONE));
        assert_string_equal(site_nearest_mode(b.site, WW_STR("dril")), "drill");
        bench_end(&b);
}

static void schedules_are_found(void **state) {
        const char *const texts[] = { "schedules:\n  pharmacy: {title: Counter, mon: open}\n",
                                      "schedules: {night: {daily: 22:00-06:00, holidays: closed}}\n" };
        struct bench b;

        assert_int_equal(compile(&b, texts, 2), 0);
        assert_int_equal(site_schedule_count(b.site), 2);
        assert_int_equal(site_schedule_find(b.site, WW_STR("night")), 1);
        assert_int_equal(site_schedule_find(b.site, WW_STR("nigh")), SITE_NONE);
        assert_true(ww_str_is(site_schedule_name(b.site, 0), "pharmacy"));
        assert_true(ww_str_is(site_schedule_title(b.site, 0), "Counter"));
        assert_true(ww_str_is(site_schedule_title(b.site, 1), ""));
        assert_true(ww_str_is(site_schedule_name(b.site, SITE_NONE), ""));
        assert_string_equal(site_nearest_schedule(b.site, WW_STR("farmacy")), "pharmacy");
        assert_int_equal(b.diag.warnings, 1);
        assert_string_equal(b.diag.messages[0].text, "schedule `night` speaks of holidays, but the site has none");
        bench_end(&b);
        assert_int_equal(compile(&b, (const char *const[]){ texts[1], texts[1] }, 2), DIAG_E_USER);
        assert_string_equal(b.diag.messages[0].text, "schedule `night` is there already");
        bench_end(&b);
}

static void a_misspelt_key_is_warned_about(void **state) {
        const char *const texts[] = { "assets:\n  - {asset: a, supervison: 90s}\n" };
        struct bench b;

        assert_int_equal(compile(&b, texts, 1), 0);
        assert_int_equal(b.diag.warnings, 1);
        assert_string_equal(b.diag.messages[0].text, "`supervison` is taken as a field of the asset");
        assert_string_equal(b.diag.messages[0].help, "did you mean `supervision`?");
        bench_end(&b);
}

static void a_large_site_is_whole(void **state) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct bench b;

        buf_puts(&text, "zones:\n");
        for (int i = 0; i < 1000; i++)
                buf_printf(&text, "  - {zone: z%d, in: z%d}\n", i, i + 1);
        buf_puts(&text, "  - {zone: z1000, type: building}\nassets:\n");
        for (int i = 0; i < 10000; i++)
                buf_printf(&text, "  - {asset: a%d, device: d/%d, zone: z%d, limit: %ds}\n", i, i, i % 1000, i);
        assert_int_equal(compile_text(&b, &text), 0);
        for (uint32_t i = 0; i < 10000; i++) {
                char device[16];

                (void)snprintf(device, sizeof device, "d/%u", i);
                assert_int_equal(site_asset_of_device(b.site, ww_str(device)), i);
                assert_true(site_asset(b.site, i)->fields[0].value.usec == i * WW_SECOND);
        }
        assert_int_equal(site_zone_of_type(b.site, 0, WW_STR("building")), 1000);
        bench_end(&b);
}

static void kinds_are_added(void **state) {
        const char *const texts[] = { "kinds:\n"
                                      "  - {kind: mri.quench, nature: pulse, title: Helium leaves the magnet}\n"
                                      "  - {kind: bed, nature: state, active: bed.left, normal: bed.occupied}\n"
                                      "  - {kind: field, nature: measurement, unit: microtesla}\n" };
        struct bench b;
        const struct ww_kinds *kinds;
        enum ww_state value;
        ww_family family;

        (void)state;
        assert_int_equal(compile(&b, texts, 1), 0);
        kinds = site_kinds(b.site);
        assert_int_equal(kinds->n, ww_kinds_builtin()->n + 3);
        assert_true(ww_kind_find(kinds, WW_STR("bed.left"), &family, &value));
        assert_int_equal(family, ww_kinds_builtin()->n + 1);
        assert_int_equal(value, WW_STATE_ACTIVE);
        assert_string_equal(ww_kind_name(kinds, family, WW_STATE_NORMAL), "bed.occupied");
        assert_true(ww_kind_find(kinds, WW_STR("mri.quench"), &family, &value));
        assert_int_equal(value, WW_STATE_PULSE);
        assert_string_equal(kinds->rows[family].help, "Helium leaves the magnet");
        assert_true(ww_kind_find(kinds, WW_STR("field"), &family, &value));
        assert_string_equal(kinds->rows[family].unit, "microtesla");
        /* the built-in ones are where they were */
        assert_true(ww_kind_find(kinds, WW_STR("door.opened"), &family, &value));
        assert_string_equal(ww_kind_name(ww_kinds_builtin(), family, value), "door.opened");
        assert_false(ww_kind_find(kinds, WW_STR("bed.lost"), &family, &value));
        bench_end(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(zones_are_found),
                cmocka_unit_test(assets_are_found),
                cmocka_unit_test(fields_of_assets_are_read),
                cmocka_unit_test(lists_are_found),
                cmocka_unit_test(near_names_are_found),
                cmocka_unit_test(no_site_is_a_site),
                cmocka_unit_test(what_is_wrong_is_told_with_place_and_cure),
                cmocka_unit_test(files_are_checked_against_each_other),
                cmocka_unit_test(a_site_has_one_time_zone),
                cmocka_unit_test(zones_lie_side_by_side),
                cmocka_unit_test(assets_hang_on_several),
                cmocka_unit_test(a_chain_of_assets_is_bounded),
                cmocka_unit_test(modes_are_found),
                cmocka_unit_test(kinds_are_added),
                cmocka_unit_test(schedules_are_found),
                cmocka_unit_test(a_misspelt_key_is_warned_about),
                cmocka_unit_test(a_large_site_is_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "config/site.h"
#include <stdio.h>

struct bench {
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct diag diag;
};

static int compile(struct bench *b, const char *const *texts, size_t n) {
        *b = (struct bench){ 0 };
        for (size_t i = 0; i < n; i++) {
                char path[16];

                (void)snprintf(path, sizeof path, "%zu.yaml", i + 1);
                assert_int_equal(bundle_add_text(&b->bundle, BUNDLE_SITE, path, ww_str(texts[i])), 0);
        }
        assert_int_equal(bundle_seal(&b->bundle), 0);
        assert_int_equal(symtab_new(&b->symbols), 0);
        return site_compile(&b->site, &b->bundle, b->symbols, &b->diag);
}

static void bench_end(struct bench *b) {
        site_free(b->site);
        symtab_free(b->symbols);
        diag_deinit(&b->diag);
        bundle_deinit(&b->bundle);
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

static const struct {
        const char *text;
        unsigned line, column;
        const char *message, *help;
} broken[] = {
        { "zone:\n  - zone: a\n", 1, 1, "site file: unknown key `zone`", "did you mean `zones`?" },
        { "- a\n", 1, 1, "site file must be a group of keys, not a list", NULL },
        { "site: two words\n", 1, 7, "site may not hold blanks, `=` or `,`", "what people read goes into `title`" },
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
        { "zones:\n  - {zone: a, in: a}\n", 2, 19, "the zone is inside itself", "break the ring" },
        { "zones:\n  - {zone: a, in: b}\n  - {zone: b, in: c}\n  - {zone: c, in: a}\n", 2, 19,
          "the zone is inside itself", NULL },
        { "zones:\n  - {zone: a, title: }\n", 2, 22, "title must be a text, not nothing", NULL },
        { "assets:\n  - gateway\n", 2, 5, "an asset must be a group of keys",
          "write it as `- asset: ID` with its keys below" },
        { "assets:\n  - {device: d}\n", 2, 5, "the entry has no `asset`", NULL },
        { "assets:\n  - {asset: a, zone: W3}\n", 2, 22, "unknown zone `W3`", NULL },
        { "assets:\n  - {asset: a, parent: gatway}\n  - {asset: gateway}\n", 2, 24, "unknown asset `gatway`",
          "did you mean `gateway`?" },
        { "assets:\n  - {asset: a, parent: a}\n", 2, 24, "the asset is inside itself", NULL },
        { "assets:\n  - {asset: a, device: d}\n  - {asset: b, device: d}\n", 3, 24,
          "device `d` already belongs to asset `a` in line 2", "a device belongs to one asset" },
        { "assets:\n  - {asset: a}\n  - {asset: a}\n", 3, 13, "asset `a` is there already", NULL },
        { "assets:\n  - {asset: a, supervision: 90}\n", 2, 29,
          "supervision must be a span such as 90s, 5m or 26h, not `90`", "give it a unit: us, ms, s, m, h or d" },
        { "assets:\n  - {asset: a, supervision: 0s}\n", 2, 29, "supervision must be from 1s to 400d, not `0s`", NULL },
        { "assets:\n  - {asset: a, id: x}\n", 2, 16, "`id` cannot be a field", "the id is what stands after `asset:`" },
        { "assets:\n  - {asset: a, Held-Limit: 3}\n", 2, 16, "`Held-Limit` cannot be a field's name",
          "lower-case letters, digits and _, at most 64" },
        { "assets:\n  - {asset: a, doors: [1, 2]}\n", 2, 23, "field `doors` must be one value",
          "use a named list for several values" },
        { "lists: [a]\n", 1, 8, "lists must be a group of named lists", NULL },
        { "lists: {a: b}\n", 1, 12, "a named list must be a list", "write `NAME: [one, two]`" },
        { "lists: {a: [[b]]}\n", 1, 13, "a member of a list must be a text, not a list", NULL },
};

static void what_is_wrong_is_told_with_place_and_cure(void **state) {
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
                const char *const texts[] = { broken[i].text };
                const struct diag_message *m;
                struct bench b;

                assert_int_equal(compile(&b, texts, 1), DIAG_E_USER);
                assert_null(b.site);
                assert_int_equal(b.diag.errors, 1);
                m = &b.diag.messages[0];
                if (m->pos.line != broken[i].line || m->pos.column != broken[i].column ||
                    strcmp(m->text, broken[i].message) != 0)
                        fail_msg("row %zu: %u:%u %s", i, m->pos.line, m->pos.column, m->text);
                assert_true(ww_str_is(m->pos.file, "1.yaml"));
                if (broken[i].help)
                        assert_string_equal(m->help, broken[i].help);
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
        assert_string_equal(b.diag.messages[0].text, "list `a` is there already");
        bench_end(&b);
        assert_int_equal(compile(&b, same_name, 2), 0);
        bench_end(&b);
        assert_int_equal(compile(&b, first_bad, 2), DIAG_E_USER);
        assert_int_equal(b.diag.errors, 2); /* one file's error does not hide the other's */
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
        const char *texts[1];
        struct bench b;

        buf_puts(&text, "zones:\n");
        for (int i = 0; i < 1000; i++)
                buf_printf(&text, "  - {zone: z%d, in: z%d}\n", i, i + 1);
        buf_puts(&text, "  - {zone: z1000, type: building}\nassets:\n");
        for (int i = 0; i < 10000; i++)
                buf_printf(&text, "  - {asset: a%d, device: d/%d, zone: z%d, limit: %ds}\n", i, i, i % 1000, i);
        buf_put_u8(&text, 0);
        texts[0] = (const char *)text.p;
        assert_int_equal(compile(&b, texts, 1), 0);
        for (uint32_t i = 0; i < 10000; i++) {
                char device[16];

                (void)snprintf(device, sizeof device, "d/%u", i);
                assert_int_equal(site_asset_of_device(b.site, ww_str(device)), i);
                assert_true(site_asset(b.site, i)->fields[0].value.usec == i * WW_SECOND);
        }
        assert_int_equal(site_zone_of_type(b.site, 0, WW_STR("building")), 1000);
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
                cmocka_unit_test(a_misspelt_key_is_warned_about),
                cmocka_unit_test(a_large_site_is_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

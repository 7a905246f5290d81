#include "store/copy.h"
#include "store/proof_checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* --- canonical JSON --- */

static void assert_json(const char *in, const char *out) {
        _cleanup_buf_ struct buf b = BUF_INIT;
        struct proof_json j = { 0 };

        proof_json_put(&j, ww_str(in), &b);
        assert_int_equal(b.error, 0);
        buf_put_u8(&b, 0);
        assert_string_equal((const char *)b.p, out);
        proof_json_deinit(&j);
}

static void test_json_same_meaning(void **state) {
        (void)state;
        assert_json(" null ", "n");
        assert_json("[true,\n\tfalse , null]", "[tfn]");
        assert_json("[]", "[]");
        assert_json("{ }", "{}");
        /* names by length, then by bytes; the last of equal ones, as jsonb keeps it */
        assert_json("{\"bb\":1,\"c\":2,\"a\":3}", "{\"1:a#3e0;\"1:c#2e0;\"2:bb#1e0;}");
        assert_json("{\"a\":1,\"b\":[],\"a\":{\"z\":1,\"y\":2}}", "{\"1:a{\"1:y#2e0;\"1:z#1e0;}\"1:b[]}");
        assert_json("\"\\u0041\\n\\/\\\\\\\"\\u00e9\\u75c5\\ud83d\\udea8\"",
                    "\"14:A\n/\\\"\xc3\xa9\xe7\x97\x85\xf0\x9f\x9a\xa8");
}

static void test_json_numbers(void **state) {
        (void)state;
        assert_json("0", "#0e0;");
        assert_json("-0.000", "#0e0;");
        assert_json("0e99", "#0e0;");
        assert_json("1000", "#1e3;");
        assert_json("1e3", "#1e3;");
        assert_json("1.50", "#15e-1;");
        assert_json("-0.0120", "#-12e-3;");
        assert_json("12.5E+2", "#125e1;");
        assert_json("100200.300", "#1002003e-1;");
        assert_json("123456789012345678901234567890.5", "#1234567890123456789012345678905e-1;");
}

static void test_json_that_is_none(void **state) {
        static const char *const none[] = { "",    "{",       "[1,]", "{\"a\"}", "nul",
                                            "\"a", "\"\\x\"", "1 2",  "-",       "\"\\ud800\"" };

        (void)state;
        for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
                char out[64];

                (void)snprintf(out, sizeof out, "!%s", none[i]);
                assert_json(none[i], out);
        }
}

static void test_json_deep(void **state) {
        _cleanup_buf_ struct buf in = BUF_INIT, out = BUF_INIT;
        struct proof_json j = { 0 };

        (void)state;
        for (int i = 0; i < 5000; i++)
                buf_put_u8(&in, '[');
        proof_json_put(&j, buf_str(&in), &out);
        assert_int_equal(out.p[0], '!');
        proof_json_deinit(&j);
}

/* --- rows --- */

static void row_digest(const char *columns, const char *types, struct ww_str row, uint8_t ret[PROOF_HASH],
                       struct proof_place *place) {
        struct proof_layout layout;
        struct proof_rows rows = { .layout = &layout };
        size_t n;

        assert_int_equal(proof_layout_init(&layout, "t", columns, types, strstr(columns, "at") ? "at" : ""), 0);
        assert_int_equal(proof_row(&rows, row, place, ret, &n), 0);
        assert_int_equal(n, row.n);
        proof_rows_deinit(&rows);
}

static struct ww_str row_of(struct copy *c, const char *json) {
        copy_begin(c);
        copy_row(c, 4);
        copy_bigint(c, 4711);
        copy_integer(c, -1);
        copy_timestamp(c, INT64_C(946684800000000) - 1); /* the last moment of 1999 */
        copy_jsonb(c, ww_str(json));
        assert_int_equal(c->bytes.error, 0);
        return (struct ww_str){ (const char *)c->bytes.p + 19, c->bytes.n - 19 };
}

static void test_row(void **state) {
        uint8_t a[PROOF_HASH], b[PROOF_HASH], c[PROOF_HASH];
        struct proof_place place;
        struct copy copy = { 0 };

        (void)state;
        row_digest("seq, n, at, body", "qitj", row_of(&copy, "{\"a\":1.0,\"b\":2}"), a, &place);
        assert_int_equal(place.seq, 4711);
        assert_int_equal(place.n, -1);
        assert_int_equal(place.position, 0);
        assert_int_equal(place.day, 10956);
        row_digest("seq, n, at, body", "qitj", row_of(&copy, "{\"b\": 2, \"a\": 1}"), b, &place);
        assert_memory_equal(a, b, PROOF_HASH); /* what jsonb makes of it */
        row_digest("seq, n, at, body", "qitj", row_of(&copy, "{\"b\": 2, \"a\": 2}"), b, &place);
        assert_memory_not_equal(a, b, PROOF_HASH);
        row_digest("seq, n, on, body", "qitj", row_of(&copy, "{\"b\": 2, \"a\": 1}"), c, &place);
        assert_memory_not_equal(a, c, PROOF_HASH); /* other columns */
        copy_deinit(&copy);
}

static void test_row_that_is_none(void **state) {
        struct copy copy = { 0 };
        struct ww_str row = row_of(&copy, "{}");
        struct proof_layout layout;
        struct proof_rows rows = { .layout = &layout };
        uint8_t digest[PROOF_HASH];
        struct proof_place place;
        size_t n;

        (void)state;
        assert_int_equal(proof_layout_init(&layout, "t", "seq, n, at, body", "qitj", "at"), 0);
        for (size_t cut = 0; cut < row.n; cut++)
                assert_int_equal(proof_row(&rows, (struct ww_str){ row.p, cut }, &place, digest, &n), -EBADMSG);
        assert_int_equal(proof_layout_init(&layout, "t", "seq, n", "qi", ""), 0);
        assert_int_equal(proof_row(&rows, row, &place, digest, &n), -EBADMSG);
        assert_int_equal(proof_layout_init(&layout, "t", "seq, n", "q", ""), -EINVAL);
        assert_int_equal(proof_layout_init(&layout, "t", "number", "q", ""), -EINVAL);
        assert_int_equal(proof_layout_init(&layout, "t", "seq", "q", "seq"), -EINVAL);
        proof_rows_deinit(&rows);
        copy_deinit(&copy);
}

/* --- the tree --- */

static void leaf(uint64_t i, uint8_t ret[PROOF_HASH]) {
        (void)crypto_generichash_blake2b(ret, PROOF_HASH, (const uint8_t *)&i, sizeof i, NULL, 0);
}

/* Straight from the definition. */
static void root_by_definition(uint64_t first, uint64_t n, uint8_t ret[PROOF_HASH]) {
        uint8_t both[1 + 2 * PROOF_HASH] = { 1 };
        uint64_t left = 1;

        if (n == 1) {
                uint8_t all[1 + 4 * 8 + PROOF_HASH] = { 0 };

                all[8] = (uint8_t)first; /* seq; all else of the place is 0 */
                leaf(first, all + 33);
                (void)crypto_generichash_blake2b(ret, PROOF_HASH, all, sizeof all, NULL, 0);
                return;
        }
        while (left * 2 < n)
                left *= 2;
        root_by_definition(first, left, both + 1);
        root_by_definition(first + left, n - left, both + 1 + PROOF_HASH);
        (void)crypto_generichash_blake2b(ret, PROOF_HASH, both, sizeof both, NULL, 0);
}

static void test_tree(void **state) {
        struct proof_tree tree = { 0 };

        (void)state;
        for (uint64_t n = 1; n < 70; n++) {
                uint8_t digest[PROOF_HASH], root[PROOF_HASH], wanted[PROOF_HASH];

                leaf(n - 1, digest);
                proof_tree_add(&tree, &(struct proof_place){ .seq = n - 1 }, digest);
                proof_tree_root(&tree, root);
                root_by_definition(0, n, wanted);
                assert_memory_equal(root, wanted, PROOF_HASH);
        }
        proof_tree_deinit(&tree);
}

static void test_leaves(void **state) {
        static const struct proof_place places[] = { { 5, -1, 0, 20000 },
                                                     { 5, 0, 3, 20001 },
                                                     { UINT64_C(1) << 60, 7, 0, -9 } };
        struct proof_tree tree = { 0 };
        struct proof_leaves leaves;
        uint8_t digest[PROOF_HASH];

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                leaf(i, digest);
                proof_tree_list(&tree, &places[i], digest);
        }
        leaves = proof_leaves_init(buf_str(&tree.leaves));
        for (size_t i = 0; i < 3; i++) {
                assert_true(proof_leaves_next(&leaves));
                leaf(i, digest);
                assert_memory_equal(leaves.digest, digest, PROOF_HASH);
                assert_int_equal(proof_place_compare(&leaves.place, &places[i]), 0);
                assert_int_equal(leaves.place.day, places[i].day);
        }
        assert_false(proof_leaves_next(&leaves));
        assert_false(leaves.rd.failed);
        leaves = proof_leaves_init((struct ww_str){ (const char *)tree.leaves.p, tree.leaves.n - 1 });
        while (proof_leaves_next(&leaves))
                ;
        assert_true(leaves.rd.failed);
        proof_tree_deinit(&tree);
}

/* --- segments --- */

static void test_segment(void **state) {
        struct proof_segment s = { .segment = 1, .first_seq = 1, .last_seq = 9, .sealed_at = 1, .n_parts = 2 };
        struct proof_segment other;

        (void)state;
        s.parts[0] = (struct proof_part){ .relation = "message", .columns = "seq", .types = "q", .rows = 2 };
        s.parts[1] = (struct proof_part){ .relation = "event", .columns = "seq", .types = "q", .rows = 2 };
        proof_segment_hash(&s);
        assert_string_equal(s.parts[0].relation, "event"); /* the order of the parts is no matter */
        other = s;
        other.parts[1].rows = 3;
        proof_segment_hash(&other);
        assert_memory_not_equal(s.hash, other.hash, PROOF_HASH);
        other = s;
        other.previous[31] = 1;
        proof_segment_hash(&other);
        assert_memory_not_equal(s.hash, other.hash, PROOF_HASH);
        other = s;
        proof_segment_hash(&other);
        assert_memory_equal(s.hash, other.hash, PROOF_HASH);
}

/* --- keys and checkpoints --- */

static struct proof_key key_of(char digit, const char *behind) {
        struct proof_key key;
        char text[256];

        memset(text, digit, 64);
        (void)snprintf(text + 64, sizeof text - 64, "%s", behind);
        assert_true(proof_key_read(&key, text));
        return key;
}

static void test_key(void **state) {
        const struct proof_key plain = key_of('a', ""), followed = key_of('a', "\nwardwatch-key-1 …\n"),
                               dos = key_of('a', "\r\n");
        struct proof_key key;

        (void)state;
        assert_memory_equal(&plain, &followed, sizeof plain);
        assert_memory_equal(&plain, &dos, sizeof plain);
        assert_false(proof_key_read(&key, ""));
        assert_false(proof_key_read(&key, "abcd\n"));
        assert_false(proof_key_read(&key, "key: 1"));
}

static struct ww_str without_newline(const struct buf *line) {
        return (struct ww_str){ (const char *)line->p, line->n - 1 };
}

static void test_handover(void **state) {
        const struct proof_key key = key_of('a', ""), next = key_of('b', ""), other = key_of('c', "");
        _cleanup_buf_ struct buf line = BUF_INIT, again = BUF_INIT;
        struct proof_handover h;

        (void)state;
        proof_handover_write(&key, &next, &line);
        assert_int_equal(proof_handover_read(without_newline(&line), &h), 0);
        assert_memory_equal(h.key, key.public, sizeof h.key);
        assert_memory_equal(h.next, next.public, sizeof h.next);
        proof_handover_line(&h, &again);
        assert_int_equal(line.n, again.n);
        assert_memory_equal(line.p, again.p, line.n);
        /* whoever has one of the keys makes himself neither the forerunner nor the heir of another one */
        memcpy(h.key, other.public, sizeof h.key);
        buf_reset(&again);
        proof_handover_line(&h, &again);
        assert_int_equal(proof_handover_read(without_newline(&again), &h), PROOF_E_SIGNATURE);
        for (size_t i = 0; i + 1 < line.n; i++) {
                uint8_t kept = line.p[i];
                int e;

                line.p[i] ^= 1;
                e = proof_handover_read(without_newline(&line), &h);
                assert_int_equal(e, i < strlen(PROOF_HANDOVER_WORD) ? PROOF_E_OTHER : PROOF_E_SIGNATURE);
                line.p[i] = kept;
        }
}

static void test_checkpoint(void **state) {
        const struct proof_key key = key_of('a', "");
        struct proof_checkpoint c = { .number = 12, .segment = 340, .seq = 5120, .time = 1767225600000000 }, read;

        (void)state;
        for (uint64_t since = 0; since < 2; since++) {
                _cleanup_buf_ struct buf line = BUF_INIT, again = BUF_INIT;

                c.since = since;
                proof_checkpoint_write(&c, &key, &line);
                assert_int_equal(proof_checkpoint_read(without_newline(&line), &read), 0);
                assert_memory_equal(&read, &c, sizeof c);
                proof_checkpoint_line(&read, &again);
                assert_int_equal(line.n, again.n);
                assert_memory_equal(line.p, again.p, line.n);
                assert_int_equal(memmem(line.p, line.n, "since", 5) != NULL, since > 0);
                line.p[line.n - 10] ^= 1;
                assert_int_equal(proof_checkpoint_read(without_newline(&line), &read), PROOF_E_SIGNATURE);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_json_same_meaning),
                cmocka_unit_test(test_json_numbers),
                cmocka_unit_test(test_json_that_is_none),
                cmocka_unit_test(test_json_deep),
                cmocka_unit_test(test_row),
                cmocka_unit_test(test_row_that_is_none),
                cmocka_unit_test(test_tree),
                cmocka_unit_test(test_leaves),
                cmocka_unit_test(test_segment),
                cmocka_unit_test(test_key),
                cmocka_unit_test(test_handover),
                cmocka_unit_test(test_checkpoint),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

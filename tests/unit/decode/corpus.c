/*
 * Messages that real devices and bridges sent (data/corpus.jsonl: topic, payload, what it means, source), through all
 * sensor types that we ship at once. Each must give exactly what it means, and by a type of its own family: a topic
 * that another family's type swallows is found here.
 *
 * The corpus has its own loose words for kinds; data/corpus-words.json says which of ours they are, which families wait
 * for their types, and which events a message gives beyond the meanings listed, each with its reason. What means `none`
 * may describe a device, which is no alarm, and nothing else. The site is data/corpus-site.yaml.
 */
#include "harness.h"

#include "base/span.h"

#include <jansson.h>

#define LINES      133
#define LINE_BYTES (64 * 1024)

struct corpus {
        json_t *words;
        char site[4096], types[512];
        size_t n, n_pending;
};

static FILE *open_data(const char *name) {
        const char *source = getenv("WARDWATCH_SOURCE");
        char path[512];
        FILE *f;

        assert_non_null(source);
        snprintf(path, sizeof path, "%s/tests/unit/decode/data/%s", source, name);
        f = fopen(path, "r");
        assert_non_null(f);
        return f;
}

static void corpus_init(struct corpus *c) {
        FILE *words = open_data("corpus-words.json"), *site = open_data("corpus-site.yaml");

        *c = (struct corpus){ .words = json_loadf(words, JSON_REJECT_DUPLICATES, NULL) };
        assert_non_null(c->words);
        assert_true(fread(c->site, 1, sizeof c->site - 1, site) > 0);
        assert_true(feof(site));
        snprintf(c->types, sizeof c->types, "%s/rules/sensors", getenv("WARDWATCH_SOURCE"));
        fclose(words);
        fclose(site);
}

static const char *text_of(json_t *object, const char *key) {
        return json_string_value(json_object_get(object, key));
}

static bool has_text(json_t *list, const char *text, size_t n) {
        json_t *item;
        size_t i;

        json_array_foreach(list, i, item) if (strncmp(json_string_value(item), text, n) == 0 &&
                                              json_string_value(item)[n] == 0) return true;
        return false;
}

/* Where the corpus says active or not, a state's word has both names; else any of the word's kinds will do. */
static bool kind_is(struct corpus *c, const char *kind, json_t *meaning) {
        json_t *names = json_object_get(json_object_get(c->words, "words"), text_of(meaning, "kind"));
        json_t *active = json_object_get(meaning, "active");

        if (!names)
                fail_msg("corpus-words.json has no word `%s`", text_of(meaning, "kind"));
        if (active && json_array_size(names) == 2)
                return strcmp(kind, json_string_value(json_array_get(names, json_is_false(active)))) == 0;
        return has_text(names, kind, strlen(kind));
}

static bool value_is(const struct harness_event *e, json_t *value) {
        if (!value)
                return true;
        if (json_is_number(value))
                return e->value_type == WW_NUMBER && e->number == json_number_value(value);
        return e->value_type == WW_STRING && strcmp(e->text, json_string_value(value)) == 0;
}

static int64_t time_of(json_t *meaning) {
        const char *time = text_of(meaning, "time");
        int64_t usec;

        if (!time)
                return WW_TIME_NONE;
        assert_int_equal(instant_parse(ww_str(time), 0, &usec), 0);
        return usec;
}

static const char *attribute_of(const struct harness_event *e, const char *name) {
        for (size_t i = 0; i < e->n_attrs && i < 8; i++)
                if (strcmp(e->attrs[i].name, name) == 0)
                        return e->attrs[i].text;
        return "";
}

static bool attributes_are(struct corpus *c, const struct harness_event *e, json_t *meaning) {
        json_t *name;
        size_t i;

        json_array_foreach(json_object_get(c->words, "attributes"), i, name) {
                const char *wanted = text_of(meaning, json_string_value(name));

                if (wanted && strcmp(wanted, attribute_of(e, json_string_value(name))) != 0)
                        return false;
        }
        return true;
}

static bool means(struct corpus *c, const struct harness_event *e, json_t *meaning) {
        int64_t time = time_of(meaning);

        return strcmp(e->device, text_of(meaning, "device")) == 0 && kind_is(c, e->kind, meaning) &&
               value_is(e, json_object_get(meaning, "value")) && attributes_are(c, e, meaning) &&
               (time == WW_TIME_NONE || (e->time == time && e->device_time == time));
}

static bool is_extra(struct corpus *c, const struct harness_event *e, const char *family) {
        json_t *extra;
        size_t i;

        json_array_foreach(json_object_get(c->words, "extras"), i, extra) {
                assert_non_null(text_of(extra, "why"));
                if (strcmp(text_of(extra, "family"), family) == 0 &&
                    has_text(json_object_get(extra, "kinds"), e->kind, strlen(e->kind)))
                        return true;
        }
        return false;
}

static void check_event(struct corpus *c, struct harness *h, const struct harness_event *e, json_t *line) {
        json_t *meaning = json_object_get(line, "means"), *more = json_object_get(line, "means_more"), *item;
        const char *family = text_of(line, "family");
        bool wanted = means(c, e, meaning);
        size_t i;

        json_array_foreach(more, i, item) wanted = wanted || means(c, e, item);
        if (!wanted && !is_extra(c, e, family))
                fail_msg("%s: `%s %s` is more than it means", text_of(line, "payload"), e->device, e->kind);
        if (!has_text(json_object_get(json_object_get(c->words, "families"), family), e->sensor,
                      strcspn(e->sensor, "/")))
                fail_msg("%s %s: told by `%s`, which is not of %s", text_of(line, "topic"), text_of(line, "payload"),
                         e->sensor, family);
        assert_int_equal(!!(e->flags & WW_EVENT_RETAINED), json_is_true(json_object_get(line, "retained")));
}

static void check_told(struct corpus *c, struct harness *h, json_t *meaning, const char *payload) {
        for (size_t i = 0; i < h->n; i++)
                if (means(c, &h->events[i], meaning))
                        return;
        fail_msg("%s: wanted %s %s, got %s", payload, text_of(meaning, "device"), text_of(meaning, "kind"),
                 harness_told(h));
}

static struct ww_str from_base64(const char *text, char *to, size_t max) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        unsigned bits = 0, n_bits = 0;
        size_t n = 0;

        for (; *text && *text != '='; text++) {
                assert_non_null(strchr(digits, *text));
                bits = bits << 6 | (unsigned)(strchr(digits, *text) - digits);
                n_bits += 6;
                if (n_bits < 8)
                        continue;
                n_bits -= 8;
                assert_true(n < max);
                to[n++] = (char)(bits >> n_bits & 0xff);
        }
        return (struct ww_str){ to, n };
}

/* What `line` means, of a decoder that has heard nothing yet. Without a time of its own it is received now. */
static void run_line(struct corpus *c, struct harness *h, json_t *line) {
        json_t *meaning = json_object_get(line, "means"), *item;
        const char *encoded = text_of(line, "payload_base64"), *payload = encoded ? encoded : text_of(line, "payload");
        bool retained = json_is_true(json_object_get(line, "retained"));
        char bytes[4096];
        struct ww_str sent = encoded ? from_base64(encoded, bytes, sizeof bytes) : ww_str(payload);
        size_t i;

        assert_int_equal(decode_new(&h->decode, h->types, harness_take, h), 0);
        h->now = time_of(meaning) == WW_TIME_NONE ? HARNESS_START : time_of(meaning) + WW_SECOND;
        if (harness_send_bytes(h, text_of(line, "topic"), sent, retained))
                fail_msg("%s %s: %.*s", text_of(line, "topic"), payload, WW_STR_ARG(h->report.detail));
        if (strcmp(text_of(meaning, "kind"), "none") == 0) {
                for (i = 0; i < h->n; i++)
                        if (strcmp(h->events[i].kind, text_of(json_object_get(c->words, "none_but"), "kind")) != 0)
                                fail_msg("%s: means nothing, got %s", payload, harness_told(h));
        } else {
                check_told(c, h, meaning, payload);
                json_array_foreach(json_object_get(line, "means_more"), i, item) check_told(c, h, item, payload);
                for (i = 0; i < h->n; i++)
                        check_event(c, h, &h->events[i], line);
        }
        h->decode = decode_free(h->decode);
}

static void run_corpus(struct corpus *c, struct harness *h, FILE *f) {
        static char line[LINE_BYTES];

        for (; fgets(line, sizeof line, f); c->n++) {
                json_t *object = json_loads(line, 0, NULL);
                const char *family;

                assert_non_null(object);
                family = text_of(object, "family");
                if (has_text(json_object_get(c->words, "pending"), family, strlen(family)))
                        c->n_pending++;
                else
                        run_line(c, h, object);
                json_decref(object);
        }
}

static void test_corpus(void **state) {
        _cleanup_harness_ struct harness h;
        FILE *f = open_data("corpus.jsonl");
        struct corpus c;

        corpus_init(&c);
        harness_begin(&h, c.site);
        assert_int_equal(bundle_add_path(&h.bundle, BUNDLE_SENSORS, c.types, &h.diag), 0);
        assert_int_equal(harness_compile(&h, false), 0);
        run_corpus(&c, &h, f);
        assert_int_equal(c.n, LINES);
        assert_int_equal(c.n_pending, json_integer_value(json_object_get(c.words, "pending_lines")));
        json_decref(c.words);
        fclose(f);
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
        assert_true(decode_types_count(h.types) >= 38);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_shipped_examples),
                cmocka_unit_test(test_corpus),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}

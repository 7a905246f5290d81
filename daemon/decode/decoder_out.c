/*
 * The writer of documents: what a decoder says becomes nodes in the order in which it says them, as a reader of JSON
 * would have made them. The document's own limits hold (nodes, depth); texts are made valid, so that nothing that
 * leaves here carries a NUL or a broken UTF-8 sequence.
 */
#include "base/utf8.h"
#include "decode/decoders.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

struct decoder_out {
        struct document *doc;
        decoders_publish publish;
        void *userdata;
        uint32_t open[DOCUMENT_DEPTH_MAX]; /* nodes that are not ended yet */
        size_t depth;
        size_t allocated;
        int error; /* the first one */
};

struct decoder_out *decoder_out_new(struct document *doc, decoders_publish publish, void *userdata) {
        struct decoder_out *out = arena_new(doc->arena, struct decoder_out);

        if (out)
                *out = (struct decoder_out){ .doc = doc, .publish = publish, .userdata = userdata };
        return out;
}

int decoder_out_finish(struct decoder_out *out, int r) {
        r = out->error ? out->error : r;
        if (r == -EBADMSG && !out->doc->error)
                out->doc->error = "not readable";
        return r;
}

static void latch(struct decoder_out *out, int error, const char *why) {
        if (out->error)
                return;
        out->error = error;
        out->doc->error = why;
}

int decoder_fail(struct decoder_out *out, size_t at, const char *format, ...) {
        struct ww_str why;
        char text[160];
        va_list args;

        if (out->error)
                return out->error;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        why = arena_copy(out->doc->arena, ww_str(text));
        latch(out, why.p ? -EBADMSG : -ENOMEM, why.p);
        out->doc->error_at = (uint32_t)at;
        return out->error;
}

void *decoder_alloc(struct decoder_out *out, size_t n) {
        void *p = NULL;

        if (out->error)
                return NULL;
        if (n > DECODER_ALLOC_MAX - out->allocated) {
                latch(out, -EBADMSG, "takes too much memory");
                return NULL;
        }
        out->allocated += n;
        p = arena_alloc(out->doc->arena, n ? n : 1);
        if (!p)
                latch(out, -ENOMEM, "out of memory");
        return p;
}

struct ww_str decoder_printf(struct decoder_out *out, const char *format, ...) {
        va_list args;
        char *text;
        int n;

        va_start(args, format);
        n = vsnprintf(NULL, 0, format, args);
        va_end(args);
        text = n < 0 ? NULL : decoder_alloc(out, (size_t)n + 1);
        if (!text)
                return WW_STR_NONE;
        va_start(args, format);
        vsnprintf(text, (size_t)n + 1, format, args);
        va_end(args);
        return (struct ww_str){ text, (size_t)n };
}

static uint32_t add(struct decoder_out *out, enum document_type type, struct ww_str text) {
        uint32_t node;

        if (out->error)
                return DOCUMENT_NONE;
        node = document_add(out->doc, type, text.p, text.n);
        if (node == DOCUMENT_NONE)
                latch(out, out->doc->n >= DOCUMENT_NODES_MAX ? -EBADMSG : -ENOMEM, out->doc->error);
        return node;
}

static void begin(struct decoder_out *out, enum document_type type) {
        uint32_t node = add(out, type, WW_STR(""));

        if (node == DOCUMENT_NONE)
                return;
        if (out->depth == DOCUMENT_DEPTH_MAX) {
                latch(out, -EBADMSG, "nested too deeply");
                return;
        }
        out->open[out->depth++] = node;
}

static void end(struct decoder_out *out) {
        if (out->error || out->depth == 0)
                return;
        out->depth--;
        out->doc->nodes[out->open[out->depth]].next = out->doc->n;
}

void decoder_object_begin(struct decoder_out *out) {
        begin(out, DOCUMENT_OBJECT);
}

void decoder_object_end(struct decoder_out *out) {
        end(out);
}

void decoder_array_begin(struct decoder_out *out) {
        begin(out, DOCUMENT_ARRAY);
}

void decoder_array_end(struct decoder_out *out) {
        end(out);
}

/* Each byte that is no part of a character becomes one of its own. */
static struct ww_str repaired(struct decoder_out *out, struct ww_str s) {
        static const char replacement[] = "\xEF\xBF\xBD";
        char *to = decoder_alloc(out, s.n * 3);
        size_t n = 0;

        for (size_t i = 0; to && i < s.n;) {
                size_t length = s.p[i] ? utf8_length(s.p + i, s.n - i) : 0;

                memcpy(to + n, length ? s.p + i : replacement, length ? length : 3);
                n += length ? length : 3;
                i += length ? length : 1;
        }
        return (struct ww_str){ to, to ? n : 0 };
}

static struct ww_str valid(struct decoder_out *out, struct ww_str s) {
        if (!s.p || !s.n)
                return WW_STR("");
        return document_text_valid(s) ? s : repaired(out, s);
}

void decoder_key(struct decoder_out *out, struct ww_str key) {
        struct ww_str text = valid(out, key);
        uint32_t node = add(out, DOCUMENT_STRING, text);

        if (node != DOCUMENT_NONE)
                document_set_key(&out->doc->nodes[node], bytes_head(text.p, text.n));
}

void decoder_text(struct decoder_out *out, struct ww_str text) {
        add(out, DOCUMENT_STRING, valid(out, text));
}

void decoder_hex(struct decoder_out *out, struct ww_str bytes) {
        static const char digits[] = "0123456789abcdef";
        char *to = decoder_alloc(out, bytes.n * 2);

        for (size_t i = 0; to && i < bytes.n; i++) {
                to[2 * i] = digits[(unsigned char)bytes.p[i] >> 4];
                to[2 * i + 1] = digits[(unsigned char)bytes.p[i] & 15];
        }
        add(out, DOCUMENT_STRING, (struct ww_str){ to ? to : "", to ? bytes.n * 2 : 0 });
}

static void put_number(struct decoder_out *out, struct ww_str text) {
        if (text.p)
                add(out, DOCUMENT_NUMBER, text);
}

void decoder_number(struct decoder_out *out, double number) {
        char text[40];

        if (!isfinite(number)) {
                decoder_null(out);
                return;
        }
        for (int digits = 15; digits <= 17; digits++) {
                snprintf(text, sizeof text, "%.*g", digits, number);
                if (strtod(text, NULL) == number)
                        break;
        }
        put_number(out, decoder_printf(out, "%s", text));
}

void decoder_float(struct decoder_out *out, float number) {
        char text[40];

        if (!isfinite(number)) {
                decoder_null(out);
                return;
        }
        for (int digits = 6; digits <= 9; digits++) {
                snprintf(text, sizeof text, "%.*g", digits, (double)number);
                if (strtof(text, NULL) == number)
                        break;
        }
        put_number(out, decoder_printf(out, "%s", text));
}

void decoder_integer(struct decoder_out *out, int64_t number) {
        put_number(out, decoder_printf(out, "%lld", (long long)number));
}

void decoder_unsigned(struct decoder_out *out, uint64_t number) {
        put_number(out, decoder_printf(out, "%llu", (unsigned long long)number));
}

void decoder_bool(struct decoder_out *out, bool truth) {
        add(out, truth ? DOCUMENT_TRUE : DOCUMENT_FALSE, truth ? WW_STR("true") : WW_STR("false"));
}

void decoder_null(struct decoder_out *out) {
        add(out, DOCUMENT_NULL, WW_STR("null"));
}

void decoder_put_text(struct decoder_out *out, const char *key, struct ww_str text) {
        decoder_key(out, ww_str(key));
        decoder_text(out, text);
}

void decoder_put_unsigned(struct decoder_out *out, const char *key, uint64_t number) {
        decoder_key(out, ww_str(key));
        decoder_unsigned(out, number);
}

void decoder_put_bool(struct decoder_out *out, const char *key, bool truth) {
        decoder_key(out, ww_str(key));
        decoder_bool(out, truth);
}

void decoder_publish(struct decoder_out *out, struct ww_str topic, struct ww_str payload) {
        int r;

        if (out->error || !out->publish || payload.n > DECODER_PUBLISH_MAX)
                return;
        r = out->publish(out->userdata, topic, payload);
        if (r)
                latch(out, r, "cannot publish");
}

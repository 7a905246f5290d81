#include "decode/format.h"

#include "decode/byte_text.h"
#include "decode/csv_reader.h"
#include "decode/json_reader.h"
#include "decode/pairs_reader.h"

const struct format_options format_plain = {
        .between = { ",; \t\r\n", 6 },
        .is = { "=:", 2 },
        .separator = ',',
};

static int bad(struct document *d, const char *why) {
        d->error = why;
        return -EBADMSG;
}

static int read_json(struct document *d, struct ww_str payload, const struct format_options *options) {
        if (payload.n > DOCUMENT_PAYLOAD_MAX)
                return bad(d, "larger than 256 KiB");
        return json_reader_read(d, payload);
}

#define BLANKS " \t\r\n"
#define BREAKS "\r\n"

/* The text without `blanks` around it, in `text`; -EBADMSG for what is none. */
static int trim(struct document *d, struct ww_str payload, const char *blanks, struct ww_str *text) {
        document_reset(d);
        if (payload.n > DOCUMENT_PAYLOAD_MAX)
                return bad(d, "larger than 256 KiB");
        while (payload.n && payload.p[payload.n - 1] && strchr(blanks, payload.p[payload.n - 1]))
                payload.n--;
        while (payload.n && *payload.p && strchr(blanks, *payload.p)) {
                payload.p++;
                payload.n--;
        }
        if (payload.n == 0)
                return bad(d, "empty");
        if (!document_text_valid(payload))
                return bad(d, "not UTF-8 text");
        *text = payload;
        return 0;
}

static int add_text(struct document *d, struct ww_str text) {
        return document_add(d, DOCUMENT_STRING, text.p, text.n) == DOCUMENT_NONE ? -ENOMEM : 0;
}

static int read_text(struct document *d, struct ww_str payload, const struct format_options *options) {
        int r = trim(d, payload, BLANKS, &payload);

        return r ? r : add_text(d, payload);
}

static int read_pairs(struct document *d, struct ww_str payload, const struct format_options *options) {
        int r = trim(d, payload, BLANKS, &payload);

        return r ? r : pairs_reader_read(d, payload, options);
}

static int read_csv(struct document *d, struct ww_str payload, const struct format_options *options) {
        int r = trim(d, payload, BREAKS, &payload);

        return r ? r : csv_reader_read(d, payload, options);
}

static int read_empty(struct document *d, struct ww_str payload, const struct format_options *options) {
        document_reset(d);
        if (payload.n)
                return bad(d, "not empty");
        return document_add(d, DOCUMENT_NULL, "null", 4) == DOCUMENT_NONE ? -ENOMEM : 0;
}

static int read_any(struct document *d, struct ww_str payload, const struct format_options *options) {
        document_reset(d);
        return document_add(d, DOCUMENT_NULL, "null", 4) == DOCUMENT_NONE ? -ENOMEM : 0;
}

/* The document of bytes is their hex. */
static int add_bytes(struct document *d, struct ww_str bytes) {
        struct ww_str hex = byte_text_hex(d->arena, bytes);

        d->bytes = bytes;
        return hex.p ? add_text(d, hex) : -ENOMEM;
}

static int read_written(struct document *d, struct ww_str payload, enum byte_text as, const char *why) {
        struct ww_str bytes;
        int r = trim(d, payload, BLANKS, &payload);

        r = r ? r : byte_text_read(d->arena, payload, as, &bytes);
        if (r == -EBADMSG && !d->error)
                return bad(d, why);
        return r ? r : add_bytes(d, bytes);
}

static int read_hex(struct document *d, struct ww_str payload, const struct format_options *options) {
        return read_written(d, payload, BYTE_TEXT_HEX, "not the hex of at most 16 KiB");
}

static int read_base64(struct document *d, struct ww_str payload, const struct format_options *options) {
        return read_written(d, payload, BYTE_TEXT_BASE64, "not the base64 of at most 16 KiB");
}

static int read_bytes(struct document *d, struct ww_str payload, const struct format_options *options) {
        document_reset(d);
        if (payload.n == 0 || payload.n > BYTE_TEXT_MAX)
                return bad(d, payload.n ? "larger than 16 KiB" : "empty");
        return add_bytes(d, payload);
}

/* clang-format off */
const struct format format_table[] = {
        { "json", read_json, "one JSON value (RFC 8259), usually an object", FORMAT_NO_WORDS, false },
        { "text", read_text, "bare text or a bare number, UTF-8, blanks around it removed; not empty", FORMAT_NO_WORDS, false },
        { "pairs", read_pairs, "keys with texts, `door=open; batt=82`: an object. `{pairs: {between: \";\", is: \"=\"}}`",
          FORMAT_PAIRS_WORDS, false },
        { "csv", read_csv, "a line of fields (RFC 4180): an object; several lines: an array of objects. "
          "`{csv: {columns: [time, door, badge]}}`", FORMAT_CSV_WORDS, false },
        { "hex", read_hex, "bytes as hex digits, also with blanks, colons or dashes between: their hex in small letters, "
          "for `bytes`", FORMAT_NO_WORDS, true },
        { "base64", read_base64, "bytes as base64, of either alphabet, padded or not: their hex in small letters, for `bytes`",
          FORMAT_NO_WORDS, true },
        { "bytes", read_bytes, "the payload's own bytes, up to 16 KiB: their hex in small letters, for `bytes`",
          FORMAT_NO_WORDS, true },
        { "empty", read_empty, "a payload of no bytes: a retained message was deleted", FORMAT_NO_WORDS, false },
        { "any", read_any, "any bytes, not looked at: for messages that are ignored", FORMAT_NO_WORDS, false },
#define DECODER_ROW(symbol, name, help) { name, NULL, help, FORMAT_NO_WORDS, false, &decoder_##symbol },
        DECODERS(DECODER_ROW)
#undef DECODER_ROW
};
/* clang-format on */
const size_t format_count = sizeof format_table / sizeof *format_table;

int format_find(struct ww_str name) {
        for (size_t i = 0; i < format_count; i++)
                if (ww_str_is(name, format_table[i].name))
                        return (int)i;
        return -1;
}

bool format_use_equal(const struct format_use *a, const struct format_use *b) {
        const struct format_options *x = &a->options, *y = &b->options;

        if (a->format != b->format || !ww_str_equal(x->between, y->between) || !ww_str_equal(x->is, y->is))
                return false;
        if (x->separator != y->separator || x->header != y->header || x->list != y->list ||
            x->n_columns != y->n_columns)
                return false;
        for (size_t i = 0; i < x->n_columns; i++)
                if (!ww_str_equal(x->columns[i], y->columns[i]))
                        return false;
        return true;
}

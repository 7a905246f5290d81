#include "decode/format.h"

#include "decode/json_reader.h"

static int bad(struct document *d, const char *why) {
        d->error = why;
        return -EBADMSG;
}

static int read_json(struct document *d, struct ww_str payload) {
        if (payload.n > DOCUMENT_PAYLOAD_MAX)
                return bad(d, "larger than 256 KiB");
        return json_reader_read(d, payload);
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int read_text(struct document *d, struct ww_str payload) {
        document_reset(d);
        if (payload.n > DOCUMENT_PAYLOAD_MAX)
                return bad(d, "larger than 256 KiB");
        while (payload.n && is_blank(payload.p[payload.n - 1]))
                payload.n--;
        while (payload.n && is_blank(*payload.p)) {
                payload.p++;
                payload.n--;
        }
        if (payload.n == 0)
                return bad(d, "empty");
        if (!document_text_valid(payload))
                return bad(d, "not UTF-8 text");
        return document_add(d, DOCUMENT_STRING, payload.p, payload.n) == DOCUMENT_NONE ? -ENOMEM : 0;
}

static int read_empty(struct document *d, struct ww_str payload) {
        document_reset(d);
        if (payload.n)
                return bad(d, "not empty");
        return document_add(d, DOCUMENT_NULL, "null", 4) == DOCUMENT_NONE ? -ENOMEM : 0;
}

static int read_any(struct document *d, struct ww_str payload) {
        document_reset(d);
        return document_add(d, DOCUMENT_NULL, "null", 4) == DOCUMENT_NONE ? -ENOMEM : 0;
}

const struct format format_table[] = {
        { "json", read_json, "one JSON value (RFC 8259), usually an object" },
        { "text", read_text, "bare text or a bare number, UTF-8, blanks around it removed; not empty" },
        { "empty", read_empty, "a payload of no bytes: a retained message was deleted" },
        { "any", read_any, "any bytes, not looked at: for messages that are ignored" },
#define DECODER_ROW(symbol, name, help) { name, NULL, help, &decoder_##symbol },
        DECODERS(DECODER_ROW)
#undef DECODER_ROW
};
const size_t format_count = sizeof format_table / sizeof *format_table;

int format_find(struct ww_str name) {
        for (size_t i = 0; i < format_count; i++)
                if (ww_str_is(name, format_table[i].name))
                        return (int)i;
        return -1;
}

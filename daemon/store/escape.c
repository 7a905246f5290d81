#include "store/escape.h"
#include "base/utf8.h"

#include <xxhash.h>

#define EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

static bool has_zero(uint64_t v) {
        return (v - EACH_BYTE(1)) & ~v & EACH_BYTE(0x80);
}

/* Length, in steps of eight bytes, of the ASCII at p without NUL and backslash: nearly every name is only that. */
static size_t ascii_run(const uint8_t *p, size_t n) {
        size_t i = 0;
        uint64_t v;

        for (; n - i >= sizeof v; i += sizeof v) {
                memcpy(&v, p + i, sizeof v);
                if (v & EACH_BYTE(0x80) || has_zero(v) || has_zero(v ^ EACH_BYTE('\\')))
                        break;
        }
        return i;
}

/* Length of the run at p that needs no escape. */
static size_t plain_run(const uint8_t *p, size_t n) {
        size_t i = ascii_run(p, n);

        while (i < n) {
                size_t length = p[i] == 0 || p[i] == '\\' ? 0 : utf8_length((const char *)p + i, n - i);

                if (length == 0)
                        break;
                i += length;
        }
        return i;
}

bool escape_plain(struct ww_str s) {
        return plain_run((const uint8_t *)s.p, s.n) == s.n;
}

static void octal(struct buf *out, uint8_t byte) {
        char text[4] = { '\\', (char)('0' + (byte >> 6)), (char)('0' + (byte >> 3 & 7)), (char)('0' + (byte & 7)) };

        buf_put(out, text, sizeof text);
}

void escape_text(struct buf *out, struct ww_str s) {
        const uint8_t *p = (const uint8_t *)s.p;
        size_t n = s.n;

        for (;;) {
                size_t run = plain_run(p, n);

                buf_put(out, p, run);
                if (run == n)
                        return;
                if (p[run] == '\\')
                        buf_put(out, "\\\\", 2);
                else
                        octal(out, p[run]);
                p += run + 1;
                n -= run + 1;
        }
}

/* `s` is valid UTF-8 without NUL. */
static void json_run(struct buf *out, const uint8_t *p, size_t n) {
        size_t start = 0;

        for (size_t i = 0; i < n; i++) {
                if (p[i] >= 0x20 && p[i] != '"' && p[i] != '\\')
                        continue;
                buf_put(out, p + start, i - start);
                start = i + 1;
                if (p[i] < 0x20)
                        buf_printf(out, "\\u%04x", p[i]);
                else {
                        buf_put(out, "\\", 1);
                        buf_put(out, p + i, 1);
                }
        }
        buf_put(out, p + start, n - start);
}

void escape_json(struct buf *out, struct ww_str s) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_put(out, "\"", 1);
        if (escape_plain(s))
                json_run(out, (const uint8_t *)s.p, s.n);
        else {
                escape_text(&text, s);
                json_run(out, text.p, text.n);
                if (text.error)
                        out->error = text.error;
        }
        buf_put(out, "\"", 1);
}

void escape_name(struct buf *out, struct ww_str s) {
        size_t cut = 0;
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (s.n <= ESCAPE_CUT / 4) { /* even if every byte became four */
                escape_text(out, s);
                return;
        }
        escape_text(&text, s);
        if (text.error) {
                out->error = text.error;
                return;
        }
        if (text.n <= ESCAPE_CUT) {
                buf_put(out, text.p, text.n);
                return;
        }
        while (cut < ESCAPE_CUT - 24) {
                size_t length = text.p[cut] != '\\'       ? utf8_length((const char *)text.p + cut, text.n - cut)
                                : text.p[cut + 1] == '\\' ? 2
                                                          : 4; /* an escape is not split */

                if (cut + length > ESCAPE_CUT - 24)
                        break;
                cut += length;
        }
        buf_put(out, text.p, cut);
        buf_printf(out, "…%016llx", (unsigned long long)XXH3_64bits(s.p, s.n));
}

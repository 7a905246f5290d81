/* Texts in YAML that is made here, for people to go on with. */
#include "command/sensors.h"

#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

/* Nothing that YAML, or our own reader of it, could take for something else. */
static bool is_plain(struct ww_str text) {
        static const char *const words[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };

        if (!text.n || !isalpha((unsigned char)text.p[0]))
                return false;
        for (size_t i = 0; i < text.n; i++)
                if (!isalnum((unsigned char)text.p[i]) && !strchr("_-./", text.p[i]))
                        return false;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (text.n == strlen(words[i]) && strncasecmp(text.p, words[i], text.n) == 0)
                        return false;
        return true;
}

/* A character, and how many bytes it takes; what is no UTF-8 is U+FFFD, a byte each. */
static uint32_t character(struct ww_str text, size_t at, size_t *ret_n) {
        const unsigned char *p = (const unsigned char *)text.p + at;
        size_t n = utf8_length(text.p + at, text.n - at);
        uint32_t c;

        *ret_n = n ? n : 1;
        if (n == 0)
                return 0xFFFD;
        c = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
        for (size_t i = 1; i < n; i++)
                c = c << 6 | (p[i] & 0x3Fu);
        return c;
}

/* It may stand in a line as it is: no control, no end of a line, no mark of byte order. */
static bool is_shown(uint32_t c) {
        return (c >= 0x20 && c < 0x7F) || (c >= 0xA0 && c < 0xFFFE && c != 0x2028 && c != 0x2029 && c != 0xFEFF) ||
               c >= 0x10000;
}

static bool needs_escapes(struct ww_str text) {
        size_t n;

        for (size_t i = 0; i < text.n; i += n)
                if (!is_shown(character(text, i, &n)) || (n == 1 && (unsigned char)text.p[i] >= 0x80))
                        return true;
        return false;
}

static void put_escaped(struct ww_str text, struct buf *out) {
        size_t n;

        buf_puts(out, "\"");
        for (size_t i = 0; i < text.n; i += n) {
                uint32_t c = character(text, i, &n);

                if (c == '"' || c == '\\')
                        buf_printf(out, "\\%c", (char)c);
                else if (is_shown(c) && c != 0xFFFD)
                        buf_put(out, text.p + i, n);
                else
                        buf_printf(out, "\\u%04X", (unsigned)c);
        }
        buf_puts(out, "\"");
}

void sensors_yaml_comment(struct ww_str text, struct buf *out) {
        size_t n;

        for (size_t i = 0; i < text.n; i += n) {
                bool shown = is_shown(character(text, i, &n));

                buf_put(out, shown ? text.p + i : ".", shown ? n : 1);
        }
}

void sensors_yaml_text(struct ww_str text, struct buf *out) {
        if (is_plain(text)) {
                buf_put(out, text.p, text.n);
                return;
        }
        if (needs_escapes(text)) {
                put_escaped(text, out);
                return;
        }
        buf_puts(out, "'");
        for (size_t i = 0; i < text.n; i++) {
                buf_put(out, &text.p[i], 1);
                if (text.p[i] == '\'')
                        buf_puts(out, "'");
        }
        buf_puts(out, "'");
}

void sensors_yaml_value(struct ww_value v, struct buf *out) {
        char number[32];

        (void)snprintf(number, sizeof number, "%.15g", v.type == WW_NUMBER ? v.number : 0);
        if (v.type == WW_NUMBER) /* the shortest that is the same number again */
                buf_printf(out, strtod(number, NULL) == v.number ? "%.15g" : "%.17g", v.number);
        else if (v.type == WW_STRING)
                sensors_yaml_text(v.string, out);
        else if (v.type == WW_BOOL)
                buf_puts(out, v.boolean ? "true" : "false");
        else
                buf_puts(out, "null");
}

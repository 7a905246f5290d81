#include "report/markup.h"
#include "base/utf8.h"

static const char *entity(char c) {
        switch (c) {
        case '&':
                return "&amp;";
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '"':
                return "&quot;";
        case '\'':
                return "&#39;";
        default:
                return NULL;
        }
}

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. */
static bool turns_direction(const unsigned char *p, size_t n) {
        if (n != 3 || p[0] != 0xE2)
                return false;
        if (p[1] == 0x80)
                return p[2] == 0x8E || p[2] == 0x8F || (p[2] >= 0xAA && p[2] <= 0xAE);
        return p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9;
}

void markup_text(struct buf *out, struct ww_str text) {
        for (size_t i = 0; i < text.n;) {
                const char *p = text.p + i, *name = entity(*p);
                size_t n = utf8_length(p, text.n - i);
                bool plain = n > 1 || *p == '\n' || *p == '\t' || ((unsigned char)*p >= 0x20 && *p != 0x7F);

                if (name)
                        buf_puts(out, name);
                else if (n && plain && !turns_direction((const unsigned char *)p, n))
                        buf_put(out, p, n);
                else
                        buf_puts(out, "\xEF\xBF\xBD");
                i += n ? n : 1;
        }
}

/* Texts of the rules with an incident's words in them. */
#include "response/response_internal.h"

static const char *const words[] = { "hazard", "priority", "title", "zone" };

static bool render_word(const struct subject *incident, struct ww_str word, struct buf *out) {
        if (ww_str_is(word, "incident")) {
                buf_printf(out, "%llu", (unsigned long long)incident->id);
                return true;
        }
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (ww_str_is(word, words[i])) {
                        buf_puts(out, body_text(incident, words[i]));
                        return true;
                }
        return false;
}

/* What is no word of ours stands as it is: a payload in JSON is full of braces. */
void text_render(const struct subject *incident, struct ww_str text, struct buf *out) {
        for (size_t i = 0; i < text.n; i++) {
                const char *end = text.p[i] == '{' ? memchr(text.p + i, '}', text.n - i) : NULL;
                struct ww_str word = { text.p + i + 1, end ? (size_t)(end - (text.p + i + 1)) : 0 };

                if (end && render_word(incident, word, out))
                        i += word.n + 1;
                else
                        buf_put_u8(out, (uint8_t)text.p[i]);
        }
}

struct ww_str text_cut(struct ww_str s) {
        size_t n = TITLE_MAX;

        if (s.n <= TITLE_MAX)
                return s;
        while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
                n--;
        return (struct ww_str){ s.p, n };
}

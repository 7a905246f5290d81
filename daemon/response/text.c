/* Texts of the rules with an incident's words in them. */
#include "response/response_internal.h"

/* A word that an incident does not know yet, in the language of the text around it. */
static const struct {
        const char *name, *unknown_en, *unknown_zh;
} words[] = {
        { "hazard", "an unknown hazard", "未知危险" },
        { "priority", "an unknown priority", "未知等级" },
        { "title", "an alarm without a title", "无标题警报" },
        { "zone", "an unknown place", "未知地点" },
};

/* Han characters begin with these bytes in UTF-8 (U+3000 to U+9FFF). */
static bool is_chinese(struct ww_str text) {
        for (size_t i = 0; i < text.n; i++)
                if ((unsigned char)text.p[i] >= 0xe3 && (unsigned char)text.p[i] <= 0xe9)
                        return true;
        return false;
}

struct rendering {
        const struct subject *incident;
        struct buf *out;
        bool people, chinese;
        bool unknown; /* a word was */
};

static void render_known(struct rendering *r, size_t i) {
        const char *value = body_text(r->incident, words[i].name);

        if (!*value)
                r->unknown = true;
        if (!*value && r->people)
                value = r->chinese ? words[i].unknown_zh : words[i].unknown_en;
        buf_puts(r->out, value);
}

static bool render_word(struct rendering *r, struct ww_str word) {
        if (ww_str_is(word, "incident")) {
                buf_printf(r->out, "%llu", (unsigned long long)r->incident->id);
                return true;
        }
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (ww_str_is(word, words[i].name)) {
                        render_known(r, i);
                        return true;
                }
        return false;
}

/* What is no word of ours stands as it is: a payload in JSON is full of braces. */
static void render(struct rendering *r, struct ww_str text) {
        for (size_t i = 0; i < text.n; i++) {
                const char *end = text.p[i] == '{' ? memchr(text.p + i, '}', text.n - i) : NULL;
                struct ww_str word = { text.p + i + 1, end ? (size_t)(end - (text.p + i + 1)) : 0 };

                if (end && render_word(r, word))
                        i += word.n + 1;
                else
                        buf_put_u8(r->out, (uint8_t)text.p[i]);
        }
}

bool text_render(const struct subject *incident, struct ww_str text, struct buf *out) {
        struct rendering r = { .incident = incident, .out = out };

        render(&r, text);
        return !r.unknown;
}

void text_tell(const struct subject *incident, struct ww_str text, struct buf *out) {
        struct rendering r = { .incident = incident, .out = out, .people = true, .chinese = is_chinese(text) };

        render(&r, text);
}

struct ww_str text_cut(struct ww_str s) {
        size_t n = TITLE_MAX;

        if (s.n <= TITLE_MAX)
                return s;
        while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
                n--;
        return (struct ww_str){ s.p, n };
}

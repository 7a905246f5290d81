#include "notify/template.h"

#include "base/utf8.h"

#include <stdio.h>

/* In the order of `enum word`. */
const struct template_word template_words[] = {
        { "incident", "number of the incident; nothing if there is none" },
        { "record", "number of the record that is sent, else nothing" },
        { "page", "the console's page of what is told: `incident/7`, `record/report/12`" },
        { "title", "what happened, as the rule says it" },
        { "zone", "where" },
        { "hazard", "of which kind: fire, theft …" },
        { "priority", "low, medium, high, critical" },
        { "at", "when it fell due, in UTC" },
        { "link", "the channel's `link`, filled in" },
        { "text", "the whole in one line" },
        { "recipient", "who is told" },
        { "key", "the notification's own key, the same for each attempt" },
        { "news", "alert, update or closed" },
        { "exercise", "`EXERCISE` in a drill, else nothing" },
        { "covert", "`COVERT` if nothing of it may be heard or shown where the threat could notice, else nothing" },
        { "marks", "both of these, if they hold" },
};
const size_t template_words_n = sizeof template_words / sizeof *template_words;

enum word {
        WORD_INCIDENT,
        WORD_RECORD,
        WORD_PAGE,
        WORD_TITLE,
        WORD_ZONE,
        WORD_HAZARD,
        WORD_PRIORITY,
        WORD_AT,
        WORD_LINK,
        WORD_TEXT,
        WORD_RECIPIENT,
        WORD_KEY,
        WORD_NEWS,
        WORD_EXERCISE,
        WORD_COVERT,
        WORD_MARKS,
        WORDS,
};

static size_t word_find(struct ww_str name) {
        for (size_t i = 0; i < WORDS; i++)
                if (ww_str_is(name, template_words[i].name))
                        return i;
        return WORDS;
}

/* The word in braces that begins at `at`; n = 0: there is none. */
static struct ww_str word_at(struct ww_str text, size_t at) {
        const char *end = text.p[at] == '{' ? memchr(text.p + at, '}', text.n - at) : NULL;

        return end ? (struct ww_str){ text.p + at + 1, (size_t)(end - text.p) - at - 1 } : WW_STR_NONE;
}

static bool doubled(struct ww_str text, size_t at) {
        return at + 1 < text.n && text.p[at] == '{' && text.p[at + 1] == '{';
}

int template_check(struct ww_str text, struct diag_pos pos, const char *what, struct diag *d) {
        const char *names[WORDS];
        int r = 0;

        for (size_t i = 0; i < WORDS; i++)
                names[i] = template_words[i].name;
        for (size_t i = 0; i < text.n; i++) {
                struct ww_str word = doubled(text, i) ? WW_STR_NONE : word_at(text, i);

                if (doubled(text, i))
                        i++;
                else if (text.p[i] == '{' && word_find(word) == WORDS)
                        r = diag_error(d, pos, word.n ? diag_suggest(word, names, WORDS) : "a brace is written `{{`",
                                       "%s: unknown word `{%.*s}`", what, WW_STR_ARG(word));
        }
        return r;
}

/* Ends a line, or turns the writing round, in some program that shows it. */
static bool character_harmful(const unsigned char *p, size_t n) {
        unsigned code;

        if (n == 1)
                return *p < 0x20 || *p == 0x7f;
        if (n == 2)
                return p[0] == 0xc2 && p[1] < 0xa0; /* U+0080 to U+009F */
        if (n != 3 || (p[0] & 0xf0) != 0xe0)
                return false;
        code = (unsigned)(p[0] & 0x0f) << 12 | (unsigned)(p[1] & 0x3f) << 6 | (unsigned)(p[2] & 0x3f);
        return (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x200e ||
               code == 0x200f || code == 0xfeff || code >= 0xfffe;
}

void template_put_value(struct ww_str text, size_t max, struct buf *out) {
        size_t end = out->n + max;

        for (size_t i = 0; i < text.n;) {
                size_t n = utf8_length(text.p + i, text.n - i);

                if (out->n + (n ? n : 1) > end)
                        return;
                if (n == 0)
                        buf_puts(out, "?");
                else if (character_harmful((const unsigned char *)text.p + i, n))
                        buf_puts(out, " ");
                else
                        buf_put(out, text.p + i, n);
                i += n ? n : 1;
        }
}

static struct ww_str marks_of(const struct notification *n) {
        if (notification_exercise(n))
                return notification_covert(n) ? WW_STR("EXERCISE COVERT") : WW_STR("EXERCISE");
        return notification_covert(n) ? WW_STR("COVERT") : WW_STR_NONE;
}

static void put_page(const struct notification *n, struct buf *out) {
        const json_t *record = notification_record(n);
        const char *kind = json_string_value(json_object_get(record, "kind"));

        if (record)
                buf_printf(out, "record/%s/%lld", kind ? kind : "",
                           (long long)json_integer_value(json_object_get(record, "id")));
        else
                buf_printf(out, "incident/%llu", (unsigned long long)notification_number(n, "incident"));
}

static void put_word(enum word word, const struct notification *n, struct ww_str link, struct buf *out) {
        static const char *const news[] = {
                [NOTIFICATION_FIRST] = "alert", [NOTIFICATION_AGAIN] = "update", [NOTIFICATION_CLOSED] = "closed"
        };
        const char *name = word == WORD_AT ? "due_at" : template_words[word].name;
        struct ww_str value = ww_str(notification_text(n, name));

        switch (word) {
        case WORD_INCIDENT:
                if (notification_number(n, name))
                        buf_printf(out, "%llu", (unsigned long long)notification_number(n, name));
                return;
        case WORD_PAGE:
                put_page(n, out);
                return;
        case WORD_RECORD:
                value = ww_str(notification_record_number(n));
                break;
        case WORD_LINK:
                value = link;
                break;
        case WORD_NEWS:
                value = ww_str(news[notification_news(n)]);
                break;
        case WORD_EXERCISE:
                value = notification_exercise(n) ? WW_STR("EXERCISE") : WW_STR_NONE;
                break;
        case WORD_COVERT:
                value = notification_covert(n) ? WW_STR("COVERT") : WW_STR_NONE;
                break;
        case WORD_MARKS:
                value = marks_of(n);
                break;
        case WORD_TITLE:
        case WORD_ZONE:
        case WORD_HAZARD:
        case WORD_PRIORITY:
        case WORD_AT:
        case WORD_TEXT:
        case WORD_RECIPIENT:
        case WORD_KEY:
        case WORDS:
                break;
        }
        template_put_value(value, TEMPLATE_VALUE_MAX, out);
}

bool template_fits(struct ww_str text, const struct notification *n) {
        for (size_t i = 0; i < text.n; i++) {
                size_t found = doubled(text, i) ? WORDS : word_find(word_at(text, i));

                if (doubled(text, i))
                        i++;
                else if ((found == WORD_INCIDENT && !notification_number(n, "incident")) ||
                         (found == WORD_RECORD && !notification_record(n)))
                        return false;
        }
        return true;
}

void template_put(struct ww_str text, const struct notification *n, struct ww_str link, struct buf *out) {
        for (size_t i = 0; i < text.n; i++) {
                struct ww_str word = doubled(text, i) ? WW_STR_NONE : word_at(text, i);
                size_t found = word.n ? word_find(word) : WORDS;

                if (doubled(text, i))
                        i++;
                if (found == WORDS) {
                        buf_put(out, text.p + i, 1);
                        continue;
                }
                put_word((enum word)found, n, link, out);
                i += word.n + 1;
        }
}

/* What a payload is: the formats that sensor types can read, the strictest first. */
#include "command/sensors_draft.h"

#include "decode/document.h"
#include "decode/format.h"

#define PAIRS_MAX 64

/* ---- key=value ---- */

static bool is_key(struct ww_str s) {
        for (size_t i = 0; i < s.n; i++)
                if (strchr(" \t\"'{}[]/", s.p[i]))
                        return false;
        return s.n > 0 && s.n <= 40 && !(s.p[0] >= '0' && s.p[0] <= '9');
}

static bool add_pair(json_t *object, struct ww_str pair) {
        size_t n = 0;

        while (n < pair.n && pair.p[n] != '=' && pair.p[n] != ':')
                n++;
        if (n == pair.n || !is_key((struct ww_str){ pair.p, n }))
                return false;
        return json_object_setn_new(object, pair.p, n, json_stringn(pair.p + n + 1, pair.n - n - 1)) == 0;
}

/* NULL: it is none */
static json_t *read_pairs(struct ww_str text) {
        json_t *object = json_object();
        size_t n = 0;
        bool good = object != NULL;

        while (good && text.n) {
                size_t length = 0;

                while (length < text.n && !strchr(",; \n", text.p[length]))
                        length++;
                if (length)
                        good = add_pair(object, (struct ww_str){ text.p, length }) && ++n < PAIRS_MAX;
                length += length < text.n;
                text.p += length;
                text.n -= length;
        }
        if (good && n)
                return object;
        json_decref(object);
        return NULL;
}

/* ---- the whole ---- */

static struct ww_str trimmed(struct ww_str s) {
        while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
                s.n--;
        while (s.n && strchr(" \t\r\n", *s.p)) {
                s.p++;
                s.n--;
        }
        return s;
}

void draft_read(struct draft *d, struct draft_sample *sample) {
        struct ww_str text = trimmed(sample->payload);

        sample->format = DRAFT_EMPTY;
        if (!sample->payload.n)
                return;
        sample->format = DRAFT_BYTES;
        if (!text.n || !document_text_valid(text))
                return;
        sample->format = DRAFT_JSON;
        sample->body = text.p[0] == '{' || text.p[0] == '[' ? json_loadb(text.p, text.n, 0, NULL) : NULL;
        if (sample->body)
                return;
        sample->format = DRAFT_PAIRS;
        sample->body = format_find(WW_STR("pairs")) >= 0 ? read_pairs(text) : NULL;
        if (sample->body)
                return;
        sample->format = DRAFT_TEXT;
        sample->body = json_stringn(text.p, text.n);
}

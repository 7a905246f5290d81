/* Texts in YAML that is made here, for people to go on with. */
#include "command/sensors.h"

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

static bool needs_escapes(struct ww_str text) {
        for (size_t i = 0; i < text.n; i++)
                if ((unsigned char)text.p[i] < 0x20 || (unsigned char)text.p[i] >= 0x7f)
                        return true;
        return false;
}

static void put_escaped(struct ww_str text, struct buf *out) {
        json_t *value = json_stringn(text.p ? text.p : "", text.n);
        _cleanup_free_ char *escaped = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;

        buf_puts(out, escaped ? escaped : "\"\\uFFFD\"");
        json_decref(value);
}

/* json's escapes are YAML's, too, but for what stands beyond the first plane */
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

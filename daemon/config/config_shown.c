/*
 * The text of a configuration file as it may be shown under a message. What a known key says is shown, but for the
 * database's URL; of everything else only the key, since it may be a secret under a name that we do not know. Hidden
 * characters are stars, so that columns stay what they are.
 */
#include "config/config_internal.h"
#include "config/file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_BYTES_MAX (1024 * 1024)

static bool is_harmless(struct ww_str key) {
        if (ww_str_is(key, "url"))
                return false;
        for (size_t i = 0; i < config_keys_n; i++)
                if (ww_str_equal(config_key_group(&config_keys[i]), key) ||
                    ww_str_is(key, config_key_leaf(&config_keys[i])))
                        return true;
        return false;
}

/* the key that the line begins with; none: an item of a list, or more of the value */
static struct ww_str key_of(struct ww_str line) {
        size_t from = 0, to;

        while (from < line.n && line.p[from] == ' ')
                from++;
        for (to = from; to < line.n && (isalnum((unsigned char)line.p[to]) || line.p[to] == '_'); to++)
                ;
        return to > from && to < line.n && line.p[to] == ':' ? (struct ww_str){ line.p + from, to - from }
                                                             : WW_STR_NONE;
}

/* all keys of the line are, also those of `{host: x, port: 1}`; one in quotes is not looked at */
static bool keys_are_harmless(struct ww_str line) {
        for (size_t at = 0, from = 0; at < line.n; at++) {
                unsigned char c = (unsigned char)line.p[at];

                if (isalnum(c) || c == '_')
                        continue;
                if (c == ':' && at + 1 < line.n && line.p[at + 1] == ' ' &&
                    !is_harmless((struct ww_str){ line.p + from, at - from }))
                        return false;
                from = at + 1;
        }
        return true;
}

static void put_stars(struct buf *out, struct ww_str s) {
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\r')
                        buf_put_u8(out, (uint8_t)s.p[i]);
                else if (((unsigned char)s.p[i] & 0xc0) != 0x80) /* one for a character */
                        buf_put_u8(out, '*');
}

/* `hide`: what the newest key says; it goes for the lines below that go on with it, too */
static void put_line(bool *hide, struct ww_str line, struct buf *out) {
        struct ww_str key = key_of(line);
        size_t n = key.n ? (size_t)(key.p + key.n + 1 - line.p) : 0;

        if (key.n)
                *hide = !is_harmless(key);
        *hide = *hide || !keys_are_harmless(line);
        buf_put(out, line.p, *hide ? n : line.n);
        if (*hide)
                put_stars(out, (struct ww_str){ line.p + n, line.n - n });
        buf_put_u8(out, '\n');
}

int config_shown(const char *file, struct buf *out) {
        _cleanup_free_ char *text = NULL;
        bool hide = true;
        struct ww_str left;
        int r = file_read(file, CONFIG_BYTES_MAX, &text, &left.n);

        if (r)
                return r;
        for (left.p = text; left.n;) {
                const char *end = memchr(left.p, '\n', left.n);
                size_t n = end ? (size_t)(end - left.p) : left.n;

                put_line(&hide, (struct ww_str){ left.p, n }, out);
                n += end != NULL;
                left.p += n;
                left.n -= n;
        }
        return out->error;
}

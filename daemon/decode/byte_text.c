#include "decode/byte_text.h"

#include <sodium.h>

const char *const byte_text_names[] = { "hex", "base64" };
const size_t byte_text_names_n = sizeof byte_text_names / sizeof *byte_text_names;

static bool read_hex(struct ww_str text, unsigned char *to, size_t room, size_t *ret_n) {
        const char *end;

        if (text.n >= 2 && text.p[0] == '0' && (text.p[1] | 0x20) == 'x') {
                text.p += 2;
                text.n -= 2;
        }
        return sodium_hex2bin(to, room, text.p, text.n, " :-\t\r\n", ret_n, &end) == 0 && end == text.p + text.n;
}

static bool read_base64(struct ww_str text, unsigned char *to, size_t room, size_t *ret_n) {
        bool url = text.n && (memchr(text.p, '-', text.n) || memchr(text.p, '_', text.n));
        const char *end;

        while (text.n && text.p[text.n - 1] == '=')
                text.n--;
        return sodium_base642bin(to, room, text.p, text.n, " \t\r\n", ret_n, &end,
                                 url ? sodium_base64_VARIANT_URLSAFE_NO_PADDING
                                     : sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
               end == text.p + text.n;
}

int byte_text_read(struct arena *arena, struct ww_str text, enum byte_text as, struct ww_str *ret) {
        size_t room = text.n < BYTE_TEXT_MAX ? text.n : BYTE_TEXT_MAX, n = 0;
        unsigned char *to = arena_alloc(arena, room + 1);

        if (!to)
                return -ENOMEM;
        if (!(as == BYTE_TEXT_HEX ? read_hex : read_base64)(text, to, room, &n))
                return -EBADMSG;
        *ret = (struct ww_str){ (const char *)to, n };
        return 0;
}

struct ww_str byte_text_hex(struct arena *arena, struct ww_str bytes) {
        size_t n = 2 * bytes.n;
        char *to = arena_alloc(arena, n + 1);

        if (!to)
                return WW_STR_NONE;
        sodium_bin2hex(to, n + 1, (const unsigned char *)bytes.p, bytes.n);
        return (struct ww_str){ to, n };
}

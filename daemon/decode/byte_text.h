#pragma once
/* Bytes that are written as text: hex and base64. */
#include "base/arena.h"

#define BYTE_TEXT_MAX (16u * 1024u) /* bytes; what is longer is refused */

enum byte_text {
        BYTE_TEXT_HEX,    /* digits in any case; blanks, colons and dashes between them, 0x before them */
        BYTE_TEXT_BASE64, /* either alphabet, padded or not; blanks and line breaks in it */
};
/** "hex", "base64" in the enum's order. */
extern const char *const byte_text_names[];
extern const size_t byte_text_names_n;

/** The bytes of `text`, in `arena`. 0, -EBADMSG (it is none, or of more than BYTE_TEXT_MAX bytes), -ENOMEM. */
int byte_text_read(struct arena *arena, struct ww_str text, enum byte_text as, struct ww_str *ret);
/** Lower-case hex in `arena`; .p NULL without memory. */
struct ww_str byte_text_hex(struct arena *arena, struct ww_str bytes);

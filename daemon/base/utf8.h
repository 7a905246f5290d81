#pragma once
/* Well-formed UTF-8 (Unicode table 3-7): no overlong form, no surrogate, nothing above U+10FFFF. */
#include <stddef.h>

/** utf8_length of what does not begin with ASCII. */
size_t utf8_length_beyond_ascii(const char *p, size_t n);

/** Bytes of the character at `p`, where `n` ≥ 1 bytes are left: 1 to 4, 0 if there is none. */
static inline size_t utf8_length(const char *p, size_t n) {
        return (unsigned char)p[0] < 0x80 ? 1 : utf8_length_beyond_ascii(p, n);
}

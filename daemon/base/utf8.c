#include "base/utf8.h"

/* what the second byte may be depends on the first */
static const struct lead {
        unsigned char first, last, low, high, length;
} leads[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static size_t utf8_check(const struct lead *lead, const unsigned char *p, size_t n) {
        if (n < lead->length || p[1] < lead->low || p[1] > lead->high)
                return 0;
        for (size_t i = 2; i < lead->length; i++)
                if (p[i] < 0x80 || p[i] > 0xbf)
                        return 0;
        return lead->length;
}

size_t utf8_length_beyond_ascii(const char *p, size_t n) {
        const unsigned char *bytes = (const unsigned char *)p;

        for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
                if (bytes[0] >= leads[i].first && bytes[0] <= leads[i].last)
                        return utf8_check(&leads[i], bytes, n);
        return 0;
}

#include "command/plain.h"

void plain_put_to(FILE *f, const char *s) {
        const unsigned char *p = (const unsigned char *)s;

        for (; *p; p++) {
                if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) { /* U+0080 to U+009F: CSI is one of them */
                        (void)putc('.', f);
                        p++;
                } else {
                        (void)putc(*p < 0x20 || *p == 0x7f ? '.' : *p, f);
                }
        }
}

void plain_put(const char *s) {
        plain_put_to(stdout, s);
}

void plain_put_column(const char *s, size_t columns) {
        size_t n = 0;

        plain_put(s);
        for (; *s; s++)
                n += ((unsigned char)*s & 0xc0) != 0x80;
        while (n++ < columns)
                (void)putchar(' ');
}

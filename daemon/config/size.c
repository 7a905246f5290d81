#include "config/size.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>

static const struct {
        const char *name;
        int64_t bytes;
} units[] = {
        { "TiB", INT64_C(1) << 40 },
        { "GiB", INT64_C(1) << 30 },
        { "MiB", INT64_C(1) << 20 },
        { "KiB", INT64_C(1) << 10 },
        { "", 1 },
};

#define N_UNITS (sizeof units / sizeof *units)

int size_parse(struct ww_str text, int64_t *ret_bytes) {
        int64_t v = 0;
        size_t at = 0;

        for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9'; at++)
                if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, text.p[at] - '0', &v))
                        return -EINVAL;
        if (at == 0)
                return -EINVAL;
        text.p += at;
        text.n -= at;
        for (size_t i = 0; i < N_UNITS; i++)
                if (ww_str_is(text, units[i].name)) {
                        if (__builtin_mul_overflow(v, units[i].bytes, &v))
                                return -EINVAL;
                        *ret_bytes = v;
                        return 0;
                }
        return -EINVAL;
}

void size_format(int64_t bytes, char out[static 32]) {
        size_t i = 0;

        while (i < N_UNITS - 1 && (bytes == 0 || bytes % units[i].bytes != 0))
                i++;
        (void)snprintf(out, 32, "%" PRId64 "%s", bytes / units[i].bytes, units[i].name);
}

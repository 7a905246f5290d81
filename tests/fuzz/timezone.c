/* A time zone's file from hostile bytes: refused with a reason, or whole: time runs forward and is found again. */
#include "config/timezone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool condition) {
        if (!condition)
                abort();
}

static void ask(const struct timezone_table *z, int64_t t) {
        int64_t running = timezone_running(z, t);

        must(running >= timezone_wall(z, t));
        must(timezone_running(z, t + WW_HOUR) >= running);
        must(timezone_first(z, running) <= t);
        must(timezone_first(z, running + 1) > t);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        _cleanup_(timezone_freep) struct timezone_table *z = NULL;
        const char *problem = NULL;
        int r = timezone_read(&z, (struct ww_str){ (const char *)bytes, n }, &problem);

        must((r == 0 && z && !problem) || (r == -EBADMSG && !z && problem));
        for (int64_t year = -200; z && year < 1000; year += 1)
                ask(z, year * 365 * WW_DAY + year * 7919 * WW_SECOND);
        return 0;
}

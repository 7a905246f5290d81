#include "config/timezone.h"

static int64_t clamp(int64_t t) {
        return t < -TIMEZONE_LIMIT ? -TIMEZONE_LIMIT : t > TIMEZONE_LIMIT ? TIMEZONE_LIMIT : t;
}

int64_t timezone_wall(const struct timezone_table *z, int64_t t) {
        return clamp(t);
}

int64_t timezone_running(const struct timezone_table *z, int64_t t) {
        return clamp(t);
}

int64_t timezone_first(const struct timezone_table *z, int64_t local) {
        return clamp(local);
}

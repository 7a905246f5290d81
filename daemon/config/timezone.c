/*
 * A table of segments in which the offset is constant. The Gregorian calendar repeats itself every 400 years, weekdays
 * included, and so does every rule of a time zone: the table holds one such cycle behind the last irregular entry, and
 * a later instant is asked as one of that cycle. So no question has to work out a rule.
 */
#include "config/timezone_internal.h"

#define CYCLE (INT64_C(146097) * WW_DAY)

static int64_t clamp(int64_t t) {
        return t < -TIMEZONE_LIMIT ? -TIMEZONE_LIMIT : t > TIMEZONE_LIMIT ? TIMEZONE_LIMIT : t;
}

/* How far back `t` has to be taken to be in the table. */
static int64_t cycles_back(const struct timezone_table *z, int64_t t) {
        if (z->cycle == WW_TIME_NEVER || t < z->cycle + CYCLE)
                return 0;
        return (t - z->cycle) / CYCLE * CYCLE;
}

static size_t segment_of(const struct timezone_table *z, int64_t t) {
        size_t low = 1, high = z->n;

        while (low < high) { /* first that begins after t */
                size_t middle = low + (high - low) / 2;

                if (z->segments[middle].from <= t)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low - 1;
}

int64_t timezone_wall(const struct timezone_table *z, int64_t t) {
        t = clamp(t);
        return z ? t + z->segments[segment_of(z, t - cycles_back(z, t))].offset : t;
}

int64_t timezone_running(const struct timezone_table *z, int64_t t) {
        int64_t back, local;
        size_t at;

        t = clamp(t);
        if (!z)
                return t;
        back = cycles_back(z, t);
        at = segment_of(z, t - back);
        local = t - back + z->segments[at].offset;
        if (at && z->segments[at - 1].shown > local)
                local = z->segments[at - 1].shown - 1;
        return local + back;
}

/* The first segment by whose end more than `local` has been shown; `shown` never falls. */
static size_t segment_showing(const struct timezone_table *z, int64_t local) {
        size_t low = 0, high = z->n - 1;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (z->segments[middle].shown <= local)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

int64_t timezone_first(const struct timezone_table *z, int64_t local) {
        const struct timezone_segment *s;
        int64_t back, t;

        local = clamp(local);
        if (!z)
                return local;
        back = cycles_back(z, local);
        s = &z->segments[segment_showing(z, local - back)];
        t = local - back - s->offset;
        return (t > s->from ? t : s->from) + back;
}

int timezone_add(struct timezone_table *z, int64_t from, int64_t offset) {
        const int64_t limit = TIMEZONE_LIMIT / WW_SECOND;
        struct timezone_segment *room = z->segments;

        if (from > limit)
                return 0;
        from = from < -limit ? -limit : from;
        if (z->n && room[z->n - 1].offset == offset * WW_SECOND)
                return 0;
        if (z->n == z->capacity) {
                size_t capacity = z->capacity ? 2 * z->capacity : 64;

                room = reallocarray(room, capacity, sizeof *room);
                if (!room)
                        return -ENOMEM;
                z->segments = room;
                z->capacity = capacity;
        }
        room[z->n++] = (struct timezone_segment){ .from = from * WW_SECOND, .offset = offset * WW_SECOND };
        return 0;
}

struct timezone_table *timezone_free(struct timezone_table *z) {
        if (z)
                free(z->segments);
        free(z);
        return NULL;
}

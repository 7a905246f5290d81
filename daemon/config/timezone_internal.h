#pragma once
/* A time zone as a table, shared by timezone.c (questions), timezone_tzif.c and timezone_rule.c (answers). */
#include "config/timezone.h"

/* From `from` on, until the next, the wall is `offset` ahead of UTC. */
struct timezone_segment {
        int64_t from, offset;
        int64_t shown; /* local times below it have been shown by the segment's end */
};

struct timezone_table {
        struct timezone_segment *segments; /* [0].from is before everything; ascending */
        size_t n, capacity;
        int64_t cycle; /* from here on all repeats every 400 years; WW_TIME_NEVER: no need, the last segment lasts */
};

/* What holds after the last entry of the file: a POSIX TZ text such as CET-1CEST,M3.5.0,M10.5.0/3. */
enum timezone_day {
        TIMEZONE_JULIAN, /* Jn: 1 to 365, 29 February is not counted */
        TIMEZONE_YEAR,   /* n: 0 to 365 */
        TIMEZONE_MONTH,  /* Mm.w.d: the w-th (5 = last) weekday d of month m; 0 = Sunday */
};

struct timezone_when {
        enum timezone_day kind;
        int month, week, day;
        int64_t time; /* seconds after midnight, perhaps of another day */
};

struct timezone_rule {
        int64_t standard, summer; /* seconds ahead of UTC */
        bool has_summer;
        struct timezone_when begin, end; /* of summer time */
};

/** False if the text is no such rule. */
bool timezone_rule_parse(struct ww_str text, struct timezone_rule *ret);
/** Adds what the rule says from the year of `last` on, for 400 years and some more; `last` is in seconds.
 *  0 or -ENOMEM. */
int timezone_rule_apply(const struct timezone_rule *rule, struct timezone_table *z, int64_t last);

/** Ascending; an entry that changes nothing is left out. Seconds. 0 or -ENOMEM. */
int timezone_add(struct timezone_table *z, int64_t from, int64_t offset);

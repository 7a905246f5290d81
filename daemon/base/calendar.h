#pragma once
/* Dates as days since 1970-01-01 in the proleptic Gregorian calendar; total for every day that fits. */
#include <stdbool.h>
#include <stdint.h>

struct calendar_date {
        int64_t year;
        int month, day; /* from 1 */
};

int64_t calendar_day(struct calendar_date date); /* 30 February is taken as 1 or 2 March */
struct calendar_date calendar_date(int64_t day);
/** True if there is such a date: 2023-02-29 is none. */
bool calendar_has(struct calendar_date date);
/** 0 = Monday … 6 = Sunday. */
int calendar_weekday(int64_t day);

/*
 * Counted in days from a year that begins in March: the leap day is then the last of its year, and no table of month
 * lengths is needed to count.
 */
#include "base/calendar.h"

int64_t calendar_day(struct calendar_date c) {
        int64_t year = c.year - (c.month <= 2);
        int64_t era = (year >= 0 ? year : year - 399) / 400;
        int64_t year_of_era = year - era * 400;
        int64_t day_of_year = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
        int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

        return era * 146097 + day_of_era - 719468;
}

struct calendar_date calendar_date(int64_t day) {
        int64_t z = day + 719468;
        int64_t era = (z >= 0 ? z : z - 146096) / 146097;
        int64_t day_of_era = z - era * 146097;
        int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
        int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        int month_from_march = (int)((5 * day_of_year + 2) / 153);
        int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

        return (struct calendar_date){
                .year = year_of_era + era * 400 + (month <= 2),
                .month = month,
                .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
        };
}

bool calendar_has(struct calendar_date date) {
        struct calendar_date back;

        if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31)
                return false;
        back = calendar_date(calendar_day(date));
        return back.month == date.month && back.day == date.day;
}

int calendar_weekday(int64_t day) {
        return (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

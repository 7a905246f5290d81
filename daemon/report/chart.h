#pragma once
/*
 * Charts as SVG, in the spirit of ISA-101: everything grey, colour only for what is beyond its target. Each is drawn
 * 680 wide, scales to the page, and has its numbers as text for who cannot see it.
 */
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define CHART_POINTS 5000 /* more are not drawn */

struct chart_point {
        const char *label; /* may be hostile: it is escaped */
        double value;
        double at;   /* of a line: when it begins, in any unit */
        bool beyond; /* its target: coloured */
};

struct chart {
        const char *title; /* for who cannot see it */
        const struct chart_point *points;
        size_t n;
        double limit; /* a dashed line; 0 = none */
        double end;   /* of a line: when the last value ends */
        const char *end_label;
        bool time_label; /* labels are times: to the minute will do */
};

/** One bar a point, with its label and number. */
void chart_bars(const struct chart *c, struct buf *out);
/** A step line: each value holds until the next. */
void chart_line(const struct chart *c, struct buf *out);
/** Bars that fall, and the line of what they are together; `total`: of all, also those that are not drawn. */
void chart_pareto(const struct chart *c, double total, struct buf *out);

struct chart_percentile_row {
        const char *label;
        double median, p80, p985, limit80, limit985; /* seconds */
};
/** A row each: a bar from the median to p98.5 with a mark at p80, and both limits. */
void chart_percentiles(const char *title, const struct chart_percentile_row *rows, size_t n, struct buf *out);

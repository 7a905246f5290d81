#include "correlate/score.h"

#include <math.h>
#include <wardwatch/time.h>

#define HALVINGS_MAX 64

/* e^(−x) for 0 ≤ x < ln 2, by its series: the terms behind the last are below 2^−60 of the sum */
static double exp_series(double x) {
        double sum = 1;

        for (int i = 17; i >= 1; i--)
                sum = 1 - x * sum / i;
        return sum;
}

double score_decay(int64_t delta, int64_t half) {
        static const double ln2 = 0.693147180559945309417232121458;
        int64_t whole = delta / half;

        if (whole >= HALVINGS_MAX)
                return 0;
        return ldexp(exp_series((double)(delta % half) / (double)half * ln2), -(int)whole);
}

struct curve {
        double s, bound;
        int64_t since, half;
        bool strict;
};

static bool above(const struct curve *c, int64_t t) {
        double v = c->s * score_decay(t - c->since, c->half);

        return c->strict ? v > c->bound : v >= c->bound;
}

/* Narrows the search by an estimate; what the estimate is good for is asked of the curve itself. */
static void narrow(const struct curve *c, int64_t *low, int64_t *high) {
        double estimate = ((double)c->since + log2(c->s / c->bound) * (double)c->half) / WW_MSEC;
        int64_t near, below;

        if (!(estimate > (double)*low && estimate < (double)*high))
                return;
        near = (int64_t)estimate;
        below = near - 2 > *low ? near - 2 : *low;
        if (near + 2 < *high && above(c, below * WW_MSEC) && !above(c, (near + 2) * WW_MSEC)) {
                *low = below;
                *high = near + 2;
        }
}

int64_t score_crossing(double s, int64_t since, int64_t half, double bound, bool strict, int64_t after) {
        struct curve c = { s, bound, since, half, strict };
        int64_t low = since / WW_MSEC, high;

        if (bound < 0 || (bound == 0 && !strict) || !above(&c, since))
                return WW_TIME_NEVER;
        high = (since + HALVINGS_MAX * half) / WW_MSEC + 1; /* by then it is nothing */
        narrow(&c, &low, &high);
        while (high - low > 1) {
                int64_t middle = low + (high - low) / 2;

                if (above(&c, middle * WW_MSEC))
                        low = middle;
                else
                        high = middle;
        }
        return high * WW_MSEC > after ? high * WW_MSEC : WW_TIME_NEVER;
}

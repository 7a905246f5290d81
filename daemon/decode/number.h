#pragma once
#include <math.h>

/** A number that arithmetic made, without the dust behind its digits: 3 × 0.1 is 0.3. One that is not near a decimal of
 *  nine places stays what it is. */
static inline double number_tidy(double v) {
        double r = nearbyint(v * 1e9) / 1e9;

        return fabs(v) < 1e6 && fabs(r - v) <= 1e-14 * fabs(v) ? r : v;
}

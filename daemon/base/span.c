#include "base/span.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>

__extension__ typedef __int128 int128;

struct span_unit {
        const char *name;
        int64_t usec;
};

/* largest first: span_format takes the first that divides */
static const struct span_unit units[] = {
        { "d", WW_DAY }, { "h", WW_HOUR }, { "m", WW_MINUTE }, { "s", WW_SECOND }, { "ms", WW_MSEC }, { "us", WW_USEC },
};

#define DIGITS_MAX   18 /* so that a run of them fits into int64_t */
#define DECIMALS_MAX 9

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* Takes 1 to `max` digits from the front of *text. */
static int digits_take(struct ww_str *text, size_t max, int64_t *ret, size_t *ret_n) {
        int64_t v = 0;
        size_t n = 0;

        while (n < text->n && is_digit(text->p[n])) {
                if (n == max)
                        return -EINVAL;
                v = v * 10 + (text->p[n] - '0');
                n++;
        }
        if (n == 0)
                return -EINVAL;
        text->p += n;
        text->n -= n;
        *ret = v;
        *ret_n = n;
        return 0;
}

static int64_t power_of_ten(size_t n) {
        int64_t v = 1;

        while (n-- > 0)
                v *= 10;
        return v;
}

static const struct span_unit *unit_find(struct ww_str name) {
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
                if (ww_str_is(name, units[i].name))
                        return &units[i];
        return NULL;
}

int span_parse(struct ww_str text, int64_t *ret_usec) {
        int64_t whole, decimals = 0;
        size_t n, n_decimals = 0;
        const struct span_unit *unit;
        int128 usec;

        if (digits_take(&text, DIGITS_MAX, &whole, &n) < 0)
                return -EINVAL;
        if (text.n && text.p[0] == '.') {
                text.p++;
                text.n--;
                if (digits_take(&text, DECIMALS_MAX, &decimals, &n_decimals) < 0)
                        return -EINVAL;
        }
        unit = unit_find(text);
        if (!unit)
                return -EINVAL;
        usec = (int128)whole * unit->usec + (int128)decimals * unit->usec / power_of_ten(n_decimals);
        if (usec >= WW_TIME_NEVER)
                return -EINVAL;
        *ret_usec = (int64_t)usec;
        return 0;
}

void span_format(int64_t usec, char out[static 32]) {
        const struct span_unit *unit = &units[3];

        for (size_t i = 0; usec && i < sizeof units / sizeof *units; i++) {
                unit = &units[i];
                if (usec % unit->usec == 0)
                        break;
        }
        (void)snprintf(out, 32, "%" PRId64 "%s", usec / unit->usec, unit->name);
}

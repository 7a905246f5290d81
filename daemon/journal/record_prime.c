/*
 * What primed a reload, as its record says it: "prime FROM_SEQ FROM_TIME" in the place of a command's id. Text, because
 * people read it in a dump; read only as it was written, so that a record has one form.
 */
#include <wardwatch/record.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ww_prime_format(const struct ww_prime *prime, char out[static WW_PRIME_MAX]) {
        (void)snprintf(out, WW_PRIME_MAX, "prime %" PRIu64 " %" PRId64, prime->from_seq, prime->from_time);
}

/* The numbers as they stand; whether they were written so is looked at afterwards. */
static bool prime_numbers(const char *text, struct ww_prime *ret) {
        char *end;

        if (strncmp(text, "prime ", 6) != 0)
                return false;
        ret->from_seq = strtoull(text + 6, &end, 10);
        if (*end != ' ')
                return false;
        ret->from_time = strtoll(end + 1, &end, 10);
        return *end == 0 && ret->from_seq > 0;
}

bool ww_prime_parse(struct ww_str id, struct ww_prime *ret) {
        char text[WW_PRIME_MAX], again[WW_PRIME_MAX];
        struct ww_prime prime;

        if (id.n == 0 || id.n >= sizeof text)
                return false;
        memcpy(text, id.p, id.n);
        text[id.n] = 0;
        if (!prime_numbers(text, &prime))
                return false;
        ww_prime_format(&prime, again);
        if (!ww_str_is(id, again))
                return false;
        *ret = prime;
        return true;
}

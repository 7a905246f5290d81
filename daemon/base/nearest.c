/* "did you mean": the name nearest to a wrong one, by edits (a swap of two neighbours is one edit). */
#include "base/diag.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_ 63 /* longer names are not compared */
#define SHORT_MIN 3  /* letters of an abbreviation */
#define LIST_MAX  12 /* so many names are listed where none is near */

static unsigned min3(unsigned a, unsigned b, unsigned c) {
        unsigned m = a < b ? a : b;

        return m < c ? m : c;
}

static bool same(char a, char b) {
        return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment distance in three rows. */
static unsigned edits(struct ww_str a, struct ww_str b) {
        unsigned rows[3][NAME_MAX_ + 1];

        for (unsigned j = 0; j <= b.n; j++)
                rows[0][j] = j;
        for (unsigned i = 1; i <= a.n; i++) {
                unsigned *now = rows[i % 3], *before = rows[(i - 1) % 3], *earlier = rows[(i + 1) % 3];

                now[0] = i;
                for (unsigned j = 1; j <= b.n; j++) {
                        now[j] = min3(before[j] + 1, now[j - 1] + 1, before[j - 1] + !same(a.p[i - 1], b.p[j - 1]));
                        if (i > 1 && j > 1 && same(a.p[i - 1], b.p[j - 2]) && same(a.p[i - 2], b.p[j - 1]) &&
                            earlier[j - 2] + 1 < now[j])
                                now[j] = earlier[j - 2] + 1;
                }
        }
        return rows[a.n % 3][b.n];
}

/* The one name that is longer, or a little shorter, at its end: `prio` of `priority`, `monday` of `mon`. */
static const char *abbreviated(struct ww_str name, const char *const *names, size_t n) {
        const char *found = NULL;

        for (size_t i = 0; i < n && name.n >= SHORT_MIN; i++) {
                size_t length = strlen(names[i]), common = length < name.n ? length : name.n;

                if (common < SHORT_MIN || length + SHORT_MIN < name.n || memcmp(names[i], name.p, common) != 0)
                        continue;
                if (found)
                        return NULL;
                found = names[i];
        }
        return found;
}

const char *diag_nearest(struct ww_str name, const char *const *names, size_t n) {
        unsigned limit = (unsigned)(name.n / 3), best = UINT32_MAX;
        const char *found = NULL;

        if (name.n == 0 || name.n > NAME_MAX_)
                return NULL;
        limit = limit < 1 ? 1 : limit > 3 ? 3 : limit;
        for (size_t i = 0; i < n; i++) {
                struct ww_str candidate = ww_str(names[i]);
                unsigned distance;

                if (candidate.n == 0 || candidate.n > NAME_MAX_)
                        continue;
                if (candidate.n == 1 && name.n == 1) /* all of these are near each other */
                        continue;
                distance = edits(name, candidate);
                if (distance <= limit && distance < best) {
                        best = distance;
                        found = names[i];
                }
        }
        return found;
}

const char *diag_suggest(struct ww_str name, const char *const *names, size_t n) {
        static _Thread_local char text[1024];
        const char *nearest = diag_nearest(name, names, n);
        int at;

        if (!nearest)
                nearest = abbreviated(name, names, n);
        if (nearest) {
                (void)snprintf(text, sizeof text, "did you mean `%s`?", nearest);
                return text;
        }
        if (n == 0)
                return NULL;
        at = snprintf(text, sizeof text, n == 1 ? "there is only: " : "one of: ");
        for (size_t i = 0; i < n && i < LIST_MAX && at < (int)sizeof text; i++)
                at += snprintf(text + at, sizeof text - (size_t)at, "%s%s", i ? ", " : "", names[i]);
        if (n > LIST_MAX && at < (int)sizeof text)
                (void)snprintf(text + at, sizeof text - (size_t)at, ", …");
        return text;
}

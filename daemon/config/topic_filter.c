#include "config/topic_filter.h"

#define FILTER_BYTES_MAX 65535 /* MQTT 5, 1.5.4 */

/* Takes the first level off; *ended when it was the last. "a/" has two levels, the second one empty. */
static struct ww_str level_take(struct ww_str *filter, bool *ended) {
        const char *slash = filter->n ? memchr(filter->p, '/', filter->n) : NULL;
        struct ww_str level = *filter;

        *ended = !slash;
        if (!slash) {
                *filter = WW_STR_NONE;
                return level;
        }
        level.n = (size_t)(slash - filter->p);
        filter->p = slash + 1;
        filter->n -= level.n + 1;
        return level;
}

static bool is_hash(struct ww_str level) {
        return ww_str_is(level, "#");
}

static bool is_plus(struct ww_str level) {
        return ww_str_is(level, "+");
}

static const char *level_fault(struct ww_str level, bool last) {
        for (size_t i = 0; i < level.n; i++) {
                if ((unsigned char)level.p[i] < 0x20)
                        return "it holds a control character";
                if ((level.p[i] == '#' || level.p[i] == '+') && level.n > 1)
                        return "# and + stand for whole levels only";
        }
        return is_hash(level) && !last ? "# can only be the last level" : NULL;
}

const char *topic_filter_fault(struct ww_str filter) {
        const char *fault = NULL;
        bool ended = false;

        if (filter.n == 0)
                return "it is empty";
        if (filter.n > FILTER_BYTES_MAX)
                return "it is longer than 65535 bytes";
        if (filter.n >= 7 && memcmp(filter.p, "$share/", 7) == 0)
                return "a shared subscription hands messages to others and loses their order";
        while (!fault && !ended) {
                struct ww_str level = level_take(&filter, &ended);

                fault = level_fault(level, ended);
        }
        return fault;
}

/* "a/#" matches "a" too; so what is left after a filter has ended may be one level `#`. */
static bool rest_is_hash(struct ww_str rest, bool ended) {
        return !ended && is_hash(rest);
}

bool topic_filter_overlap(struct ww_str a, struct ww_str b) {
        bool a_ended = false, b_ended = false, first = true;

        for (;;) {
                struct ww_str la = level_take(&a, &a_ended), lb = level_take(&b, &b_ended);
                bool wild = is_hash(la) || is_plus(la) || is_hash(lb) || is_plus(lb);
                const struct ww_str *literal = is_hash(la) || is_plus(la) ? &lb : &la;

                /* a wildcard in the first level does not match topics that begin with $ (MQTT 5, 4.7.2) */
                if (first && wild && literal->n && literal->p[0] == '$')
                        return false;
                if (is_hash(la) || is_hash(lb))
                        return true;
                if (!wild && !ww_str_equal(la, lb))
                        return false;
                if (a_ended && b_ended)
                        return true;
                if (first && (a_ended || b_ended) && (la.n == 0 || lb.n == 0))
                        return false; /* they meet in the empty topic only, which there is not */
                if (a_ended || b_ended)
                        return rest_is_hash(a, a_ended) || rest_is_hash(b, b_ended);
                first = false;
        }
}

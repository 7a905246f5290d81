#include "correlate/lists_stub.h"

#define WEAK __attribute__((weak))

WEAK const struct ww_mute *correlate_rules_mutes(const struct correlate_rules *rules, size_t *ret_n) {
        *ret_n = 0;
        return NULL;
}

WEAK int correlate_mode(struct correlate *c, struct ww_str mode, bool on, int64_t now) {
        return CORRELATE_E_UNKNOWN;
}

WEAK int correlate_list(struct correlate *c, struct ww_str list, struct ww_str member, bool add, int64_t until,
                        int64_t now) {
        return CORRELATE_E_UNKNOWN;
}

WEAK bool correlate_exercise(const struct correlate *c) {
        return false;
}

WEAK bool correlate_mode_on(const struct correlate *c, uint32_t mode) {
        return false;
}

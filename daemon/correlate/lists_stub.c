#include "correlate/lists_stub.h"
#include "correlate/state.h"

#define WEAK __attribute__((weak))

static bool switched[64];

WEAK const struct ww_mute *correlate_rules_mutes(const struct correlate_rules *rules, size_t *ret_n) {
        *ret_n = 0;
        return NULL;
}

WEAK int correlate_mode(struct correlate *c, struct ww_str mode, bool on, int64_t now) {
        uint32_t i = site_mode_find(c->rules->site, mode);

        if (i == SITE_NONE)
                return CORRELATE_E_UNKNOWN;
        switched[i % 64] = on;
        return 0;
}

WEAK int correlate_list(struct correlate *c, struct ww_str list, struct ww_str member, bool add, int64_t until,
                        int64_t now) {
        return site_list_find(c->rules->site, list) == SITE_NONE ? CORRELATE_E_UNKNOWN : 0;
}

WEAK bool correlate_exercise(const struct correlate *c) {
        for (uint32_t i = 0; i < site_mode_count(c->rules->site); i++)
                if (switched[i % 64] && site_mode(c->rules->site, i)->exercise)
                        return true;
        return false;
}

WEAK bool correlate_mode_on(const struct correlate *c, uint32_t mode) {
        return switched[mode % 64];
}

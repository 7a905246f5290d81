/* What stood at a moment of the past, beside the events: with it a shadow begins. */
#include "correlate/standing.h"
#include "correlate/state.h"

bool correlate_blind_at(const struct correlate *c, int64_t time) {
        for (size_t i = c->n_blind; i--;)
                if (c->blind[i].from <= time)
                        return time < c->blind[i].to;
        return false;
}

bool correlate_mode_at(const struct correlate *c, uint32_t mode, int64_t time) {
        return standing_mode(c->standing, mode, time);
}

int correlate_members_each(const struct correlate *c, correlate_member_visit visit, void *userdata) {
        return standing_members_each(c->standing, visit, userdata);
}

/* The table of states and events as people read it: what the machine does, tried out over all regions and inputs. */
#include "alarm/machine.h"

enum {
        REGIONS = 2 * 2 * 2 * 2 * 2 * 3,
        VARIANTS = 2 * 2 * 2 * 2 * 3,
};

static struct ww_alarm_regions regions_of(unsigned i) {
        return (struct ww_alarm_regions){
                .active = i & 1,
                .acknowledged = i >> 1 & 1,
                .latched = i >> 2 & 1,
                .suppressed = i >> 3 & 1,
                .out_of_service = i >> 4 & 1,
                .shelved = (enum ww_shelved)(i >> 5),
        };
}

static struct machine_input input_of(enum ww_cause cause, unsigned i) {
        return (struct machine_input){
                .cause = cause,
                .instant = i & 1,
                .manual = i >> 1 & 1,
                .suppress = i >> 2 & 1,
                .other = i >> 3 & 1,
                .priority = (enum ww_priority)(WW_PRIORITY_LOW + (i >> 4)),
                .evidence = true,
                .shelved = WW_SHELVED_TIMED,
        };
}

static struct ww_alarm alarm_of(struct ww_alarm_regions regions, const struct machine_input *in) {
        struct ww_alarm a;

        machine_init(&a);
        a.version = 1;
        a.priority = a.priority_unack = WW_PRIORITY_MEDIUM;
        a.regions = regions;
        a.instant = in->instant;
        a.stale = in->cause == WW_CAUSE_SOURCE_BACK;
        return a;
}

unsigned machine_outcomes(enum ww_alarm_state state, enum ww_cause cause, unsigned *ret_sounds) {
        unsigned states = 0;

        *ret_sounds = 0;
        for (unsigned i = 0; i < REGIONS * VARIANTS; i++) {
                struct machine_input in = input_of(cause, i % VARIANTS);
                struct ww_alarm a = alarm_of(regions_of(i / VARIANTS), &in);
                bool sounds = false;
                unsigned to;

                if (ww_alarm_state(&a.regions) != state || machine_apply(&a, &in, &sounds))
                        continue;
                to = 1u << ww_alarm_state(&a.regions);
                states |= to;
                *ret_sounds |= sounds ? to : 0;
        }
        return states;
}

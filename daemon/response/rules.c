/* What the files say, looked up. */
#include "response/rules.h"

struct response_rules *response_rules_free(struct response_rules *rules) {
        if (!rules)
                return NULL;
        arena_deinit(&rules->arena);
        free(rules);
        return NULL;
}

size_t response_rules_count(const struct response_rules *rules) {
        return rules->n_procedures + rules->n_escalations;
}

#define FIND(type, list, name_of)                                                                                      \
        const struct type *rules_##type(const struct response_rules *rules, struct ww_str name) {                      \
                for (size_t i = 0; i < rules->n_##list; i++)                                                           \
                        if (ww_str_equal(rules->list[i].name_of, name))                                                \
                                return &rules->list[i];                                                                \
                return NULL;                                                                                           \
        }

FIND(procedure, procedures, name)
FIND(disposition, dispositions, code)
FIND(channel, channels, name)
FIND(recipient, recipients, name)
FIND(post, posts, name)

static bool zone_within(const struct site *site, uint32_t zone, uint32_t outer) {
        while (zone != SITE_NONE && zone != outer)
                zone = site_zone(site, zone)->parent;
        return zone != SITE_NONE;
}

bool rules_match(const struct response_rules *rules, const struct response_match *match,
                 const struct response_case *of) {
        bool there = match->n_zones == 0;

        for (size_t i = 0; !there && i < match->n_zones; i++)
                there = zone_within(rules->site, of->zone, match->zones[i]);
        return there && (!match->hazards || match->hazards & 1U << of->hazard) &&
               (!match->priorities || match->priorities & 1U << of->priority) &&
               (match->exercise < 0 || match->exercise == (int)of->exercise) &&
               (match->schedule == SITE_NONE || site_schedule_open(rules->site, match->schedule, of->opened));
}

int response_rules_compile(struct response_rules **ret, const struct bundle *bundle, const struct site *site,
                           struct diag *d) {
        struct response_rules *rules = calloc(1, sizeof *rules);

        if (!rules)
                return -ENOMEM;
        rules->site = site;
        rules->from = WW_PRIORITY_MEDIUM;
        rules->gather_within = 30 * WW_MINUTE;
        rules->hold_max = 4 * WW_HOUR;
        *ret = rules;
        return 0;
}

/* What the files say, looked up. */
#include "response/rules.h"

struct response_rules *response_rules_free(struct response_rules *rules) {
        if (!rules)
                return NULL;
        for (size_t i = 0; i < rules->n_procedures; i++)
                free(rules->procedures[i].steps);
        for (size_t i = 0; i < rules->n_escalations; i++)
                free(rules->escalations[i].steps);
        free(rules->procedures);
        free(rules->dispositions);
        free(rules->escalations);
        free(rules->channels);
        free(rules->recipients);
        free(rules->posts);
        arena_deinit(&rules->arena);
        free(rules);
        return NULL;
}

const char *const step_words[STEP_WORDS] = {
        [STEP_WORD_HAZARD] = "hazard", [STEP_WORD_PRIORITY] = "priority", [STEP_WORD_TITLE] = "title",
        [STEP_WORD_ZONE] = "zone",     [STEP_WORD_EXERCISE] = "exercise",
};

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

bool response_rules_channel(const struct response_rules *rules, size_t i, struct ww_str *ret_name,
                            struct diag_pos *ret_pos) {
        if (i >= rules->n_channels)
                return false;
        *ret_name = rules->channels[i].name;
        *ret_pos = rules->channels[i].pos;
        return true;
}

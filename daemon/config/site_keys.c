/* Every key of a site's files, with what the reference in rules/README.md says of it. */
#include "config/site_internal.h"

#define KEYS_MAX 16

const struct site_key site_file_keys[] = {
        { "site", "the site's name; an id", site_read_name },
        { "timezone", "a name such as Europe/Berlin or America/Sao_Paulo; without it UTC", site_read_timezone },
        { "zones", "list of zones", site_read_zones },
        { "assets", "list of assets", site_read_assets },
        { "lists", "named lists of words, `\"@name\"` in a rule: `maternity: [nurse-maternity, midwife]`",
          site_read_lists },
        { "holidays", "dates with what is celebrated: `12-25: Christmas Day`", site_read_holidays },
        { "schedules", "named schedules, `schedule(name)` in a rule", site_read_schedules },
        { "modes", "named modes, `mode(name)` in a rule", site_read_modes },
        { "plans", "list of floor plans, for the console's map", site_read_plans },
        { "clients", "list of who connects to the broker, for its ACL (`wardwatch broker acl`)", site_read_clients },
        { "alarms", "how alarms are acknowledged, hidden and grouped", site_read_alarms },
        { "kinds", "list of kinds of events that this house has beside the built-in ones", site_read_kinds },
};
const size_t site_file_keys_n = sizeof site_file_keys / sizeof *site_file_keys;

const struct site_key site_zone_keys[] = {
        { "zone", "its id", NULL },
        { "title", "what people read", NULL },
        { "type", "ward, floor, building, room, …; a word of your choice, and a word that `by:` of a rule may name",
          NULL },
        { "in", "the zone that it is part of", NULL },
        { "key_area", "true: more is at stake here than elsewhere (drug store, nursery, server room)", NULL },
        { "adjacent", "a zone or a list of zones next to it; said of one of the two it holds for both", NULL },
};
const size_t site_zone_keys_n = sizeof site_zone_keys / sizeof *site_zone_keys;

const struct site_key site_asset_keys[] = {
        { "asset", "its id", NULL },
        { "title", "what people read", NULL },
        { "device", "the device's name as its sensor type says it, or `TYPE/NAME`", NULL },
        { "class", "door, badge, fridge, …; a word of your choice that rules select by", NULL },
        { "zone", "where it is", NULL },
        { "parent", "the asset that it depends on (gateway, switch, power supply); a list if there are several", NULL },
        { "parents", "another word for `parent`", NULL },
        { "supervision", "silent for longer is a fault: `25h`; 1s to 400d", NULL },
};
const size_t site_asset_keys_n = sizeof site_asset_keys / sizeof *site_asset_keys;

const struct site_key site_mode_keys[] = {
        { "title", "what people read", NULL },
        { "initially", "true: on until somebody turns it off; default false", NULL },
        { "exercise", "true: what happens while it is on is a drill, and raises no real alarm; default false", NULL },
};
const size_t site_mode_keys_n = sizeof site_mode_keys / sizeof *site_mode_keys;

const struct site_key site_alarms_keys[] = {
        { "acknowledge_expires",
          "by priority, how long an acknowledgement holds: `{critical: 30m}`; then the alarm wants "
          "one again. 1m to 30d, or `never`, which holds for all that is not said",
          NULL },
        { "shelve_max",
          "by hazard, for how long at most an alarm may be shelved: `{fire: never, default: 8h}`. 1m to 7d, or "
          "`never`; without it 8h. Alarms of the classes fire, panic, duress, infant, tamper are never shelved",
          NULL },
        { "out_of_service_max", "for how long at most something may be out of service; 1h to 400d, without it 30d",
          NULL },
        { "reason_required", "priorities whose acknowledgement needs a reason; without it `[high, critical]`", NULL },
        { "first_out_by",
          "types of zones: of all alarms of a hazard in such a zone, the first is told from those that follow; "
          "without it `[ward, area]`. Elsewhere each zone is by itself",
          NULL },
};
const size_t site_alarms_keys_n = sizeof site_alarms_keys / sizeof *site_alarms_keys;

const struct site_key site_kind_keys[] = {
        { "kind", "its name: `mri.quench`; of a state the name of the state: `bed`", NULL },
        { "nature", "state, pulse or measurement", NULL },
        { "active", "of a state: the value that rules wait for: `bed.left`", NULL },
        { "normal", "of a state: the other one: `bed.occupied`", NULL },
        { "unit", "of a measurement: `microtesla`", NULL },
        { "title", "what people read", NULL },
};
const size_t site_kind_keys_n = sizeof site_kind_keys / sizeof *site_kind_keys;

const struct site_key site_plan_keys[] = {
        { "plan", "its id", NULL },
        { "title", "what people read", NULL },
        { "file", "the picture: an SVG file beside the file that names it, or in a folder below it, up to 1 MiB",
          NULL },
        { "zone", "what it is a plan of: a floor, a building", NULL },
        { "zones",
          "where which zone is: its id, and the corners of its outline in the units of the picture's viewBox, "
          "`W3: \"10,10 90,10 90,60 10,60\"`",
          NULL },
};
const size_t site_plan_keys_n = sizeof site_plan_keys / sizeof *site_plan_keys;

const struct site_key site_day_keys[] = {
        { "mon", "also tue, wed, thu, fri, sat, sun", NULL },
        { "mon-fri", "from one weekday to another, also over the week's end: `fri-mon`", NULL },
        { "sat sun", "several, with blanks between", NULL },
        { "daily", "all seven", NULL },
        { "holidays", "the dates under `holidays:`; not said: a holiday counts as the weekday that it is", NULL },
        { "12-24", "that date of every year; also `12-24..01-02`", NULL },
        { "2026-12-24", "one date; also `2026-08-01..2026-08-14`; 1970 to 2199", NULL },
};
const size_t site_day_keys_n = sizeof site_day_keys / sizeof *site_day_keys;

const struct site_key site_hours_words[] = {
        { "\"08:00-18:00\"", "from its first instant to before its last; \"22:00-06:00\" ends on the next day", NULL },
        { "[\"08:00-12:00\", \"13:00-18:00\"]", "several, which do not overlap", NULL },
        { "open", "the whole day, as \"00:00-24:00\"", NULL },
        { "closed", "not at all; so is a weekday of which nothing is said", NULL },
        { "like sun", "of holidays and dates: as on that weekday", NULL },
};
const size_t site_hours_words_n = sizeof site_hours_words / sizeof *site_hours_words;

const struct site_key *site_key_find(const struct site_key *keys, size_t n, struct ww_str name) {
        for (size_t i = 0; i < n; i++)
                if (ww_str_is(name, keys[i].name))
                        return &keys[i];
        return NULL;
}

static size_t names_of(const struct site_key *keys, size_t n, const char *names[static KEYS_MAX]) {
        for (size_t i = 0; i < n && i < KEYS_MAX; i++)
                names[i] = keys[i].name;
        return n < KEYS_MAX ? n : KEYS_MAX;
}

int site_keys_check(struct site_compiler *c, const struct yaml_node *n, const char *what, const struct site_key *keys,
                    size_t n_keys) {
        const char *names[KEYS_MAX];

        return yaml_known_keys(n, what, names, names_of(keys, n_keys, names), c->d);
}

const char *site_key_nearest(const struct site_key *keys, size_t n, struct ww_str name) {
        const char *names[KEYS_MAX];

        return diag_nearest(name, names, names_of(keys, n, names));
}

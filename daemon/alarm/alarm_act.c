/* Who may do what to an alarm, and what has to be said with it: one row per act, checks in the order of the row. */
#include "alarm/alarms.h"

enum {
        NEEDS_VERSION = 1 << 0,       /* and refuses one that is outdated */
        NEEDS_REASON = 1 << 1,        /* always */
        NEEDS_REASON_URGENT = 1 << 2, /* for the priorities that the site says */
        DESK = ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR | ALARM_ROLE_ADMINISTRATOR,
        BOARD = ALARM_ROLE_SUPERVISOR | ALARM_ROLE_ADMINISTRATOR,
        SHOP = ALARM_ROLE_MAINTENANCE | ALARM_ROLE_ADMINISTRATOR,
};

struct act_row {
        unsigned roles, needs;
        const char *words; /* what it needs, for people */
};

static const struct act_row rows[WW_CAUSE_MAX_] = {
        [WW_CAUSE_ACKNOWLEDGE] = { DESK, NEEDS_VERSION | NEEDS_REASON_URGENT,
                                   "the version that was seen; a reason for the priorities in `reason_required`" },
        [WW_CAUSE_UNACKNOWLEDGE] = { DESK, 0, "" },
        [WW_CAUSE_RESET] = { DESK, NEEDS_REASON, "a reason: the note of the inspection" },
        [WW_CAUSE_SHELVE] = { BOARD, NEEDS_REASON, "a reason; an end within `shelve_max`, or one-shot" },
        [WW_CAUSE_UNSHELVE] = { BOARD, 0, "" },
        [WW_CAUSE_OUT_OF_SERVICE] = { SHOP, NEEDS_REASON,
                                      "a reason; a work order; an end within `out_of_service_max`; a "
                                      "second person in a key area, or in an emergency `break_glass`" },
        [WW_CAUSE_RETURN_TO_SERVICE] = { SHOP, 0, "" },
        [WW_CAUSE_SILENCE] = { DESK, 0, "" },
};

const char *const alarm_role_names[] = { "operator", "supervisor", "maintenance",
                                         "auditor",  "integrator", "administrator" };
const size_t alarm_role_names_n = sizeof alarm_role_names / sizeof *alarm_role_names;

struct alarm_act_row alarm_act_row(enum ww_cause verb) {
        const struct act_row none = { 0, 0, "" }, *row = (size_t)verb < WW_CAUSE_MAX_ ? &rows[verb] : &none;

        return (struct alarm_act_row){ row->roles, row->words ? row->words : "" };
}

const struct alarm_refusal alarm_refusals[ALARM_E_MAX_] = {
        [ALARM_E_UNKNOWN] = { "unknown-alarm", "there is no alarm of that number that is not normal",
                              "`wardwatch alarms` lists them" },
        [ALARM_E_STATE] = { "state", "the alarm is not in a state in which this can be done",
                            "look at its state; it may have changed meanwhile" },
        [ALARM_E_CHANGED] = { "changed", "it was raised again, or its priority rose, since the version that you saw",
                              "look at it again and repeat with its version" },
        [ALARM_E_VERSION_NEEDED] = { "version-needed", "an acknowledgement carries the version that you saw",
                                     "give the `version` (--version) that you saw" },
        [ALARM_E_REASON_NEEDED] = { "reason-needed", "this needs a reason",
                                    "give a `reason` (--reason TEXT): what you saw or did" },
        [ALARM_E_ROLE] = { "role", "your role does not allow this", "ask somebody who may" },
        [ALARM_E_PROTECTED] = { "protected",
                                "fire, panic, duress, infant and tamper alarms cannot be shelved, nor "
                                "those of hazards of which the site says so",
                                "acknowledge it, or take the device out of service under a work order" },
        [ALARM_E_LIMIT] = { "limit", "that is no time ahead, or longer than is allowed",
                            "give `until` (--until 2h): ahead, and no later than the site allows" },
        [ALARM_E_WORK_ORDER_NEEDED] = { "work-order-needed", "out of service needs a work order",
                                        "give `work_order` (--work-order TEXT)" },
        [ALARM_E_SECOND_PERSON_NEEDED] = { "second-person-needed", "a key area needs a second person",
                                           "give `second_person` (--second-person NAME), another than yourself; in an "
                                           "emergency `break_glass` (--break-glass), which is recorded" },
};

static bool blank(struct ww_str s) {
        for (size_t i = 0; i < s.n; i++)
                if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
                        return false;
        return true;
}

static int check_version(const struct ww_alarm *alarm, const struct alarm_act *act, unsigned needs) {
        if (!act->version)
                return needs & NEEDS_VERSION ? ALARM_E_VERSION_NEEDED : 0;
        return act->version < alarm->alarmed_version || act->version > alarm->version ? ALARM_E_CHANGED : 0;
}

static int check_reason(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act,
                        unsigned needs) {
        bool urgent = a->limits->reason_required & (1u << alarm->priority | 1u << alarm->priority_unack);

        if (!(needs & NEEDS_REASON) && !(needs & NEEDS_REASON_URGENT && urgent))
                return 0;
        return blank(act->reason) ? ALARM_E_REASON_NEEDED : 0;
}

static int check_end(int64_t until, int64_t now, int64_t limit) {
        return until <= now || until - now > limit ? ALARM_E_LIMIT : 0;
}

/* The hidden state has an end, whatever else ends it: a one-shot without one gets the longest that is allowed. */
static int check_shelve(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act, int64_t now,
                        struct machine_input *in) {
        int64_t limit = a->limits->shelve_max[alarm->hazard];
        bool open = act->one_shot && (act->until == 0 || act->until == WW_TIME_NONE);

        if (!limit)
                return ALARM_E_PROTECTED;
        in->shelved = act->one_shot ? WW_SHELVED_ONE_SHOT : WW_SHELVED_TIMED;
        in->until = open ? now + limit : act->until;
        return check_end(in->until, now, limit);
}

static bool in_key_area(const struct alarms *a, const struct ww_alarm *alarm) {
        uint32_t zone = a->mutes.site ? site_zone_find(a->mutes.site, alarm->zone) : SITE_NONE;

        return zone != SITE_NONE && site_zone_key_area(a->mutes.site, zone);
}

static struct ww_str person(struct ww_str s) {
        const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;

        if (colon)
                s = (struct ww_str){ colon + 1, s.n - (size_t)(colon + 1 - s.p) };
        for (; s.n && s.p[0] == ' '; s.n--)
                s.p++;
        for (; s.n && s.p[s.n - 1] == ' ';)
                s.n--;
        return s;
}

bool alarm_same_person(struct ww_str a, struct ww_str b) {
        return ww_str_equal(person(a), person(b));
}

static bool second_person_given(const struct alarm_act *act) {
        return !blank(act->second_person) && !alarm_same_person(act->second_person, act->actor);
}

bool alarm_act_breaks_glass(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act) {
        return act->verb == WW_CAUSE_OUT_OF_SERVICE && act->break_glass && !second_person_given(act) &&
               in_key_area(a, alarm);
}

static int check_out_of_service(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act,
                                int64_t now, struct machine_input *in) {
        if (blank(act->work_order))
                return ALARM_E_WORK_ORDER_NEEDED;
        if (!act->break_glass && !second_person_given(act) && in_key_area(a, alarm))
                return ALARM_E_SECOND_PERSON_NEEDED;
        in->until = act->until;
        return check_end(act->until, now, a->limits->out_of_service_max);
}

/* Would the machine take it? On a copy, so that the refusal that helps most comes first. */
static int check_state(const struct ww_alarm *alarm, const struct machine_input *in) {
        struct ww_alarm copy = *alarm;
        struct machine_input probe = *in;
        bool annunciate;

        if (in->cause == WW_CAUSE_SHELVE)
                probe.shelved = WW_SHELVED_TIMED;
        return machine_apply(&copy, &probe, &annunciate);
}

int alarm_act_check(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act, int64_t now,
                    struct machine_input *ret) {
        const struct act_row *row;
        int r;

        *ret = (struct machine_input){ .cause = act->verb, .now = now, .time = now };
        if ((size_t)act->verb >= WW_CAUSE_MAX_ || !rows[act->verb].roles)
                return ALARM_E_STATE; /* no act of people */
        row = &rows[act->verb];
        if (!(row->roles & act->roles))
                return ALARM_E_ROLE;
        r = check_state(alarm, ret);
        if (!r)
                r = check_version(alarm, act, row->needs);
        if (!r)
                r = check_reason(a, alarm, act, row->needs);
        if (!r && act->verb == WW_CAUSE_SHELVE)
                r = check_shelve(a, alarm, act, now, ret);
        if (!r && act->verb == WW_CAUSE_OUT_OF_SERVICE)
                r = check_out_of_service(a, alarm, act, now, ret);
        return r;
}

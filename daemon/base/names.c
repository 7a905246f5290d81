/* Names of the numbers in <wardwatch/alarm.h>, and the one derivation of the state that people see. */
#include "base/error.h"
#include <wardwatch/alarm.h>
#include <wardwatch/change.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *const hazard_names[WW_HAZARD_MAX_] = {
        [WW_HAZARD_FIRE] = "fire",           [WW_HAZARD_THEFT] = "theft",       [WW_HAZARD_ROBBERY] = "robbery",
        [WW_HAZARD_EXPLOSION] = "explosion", [WW_HAZARD_SABOTAGE] = "sabotage", [WW_HAZARD_FRAUD] = "fraud",
        [WW_HAZARD_LOSS] = "loss",           [WW_HAZARD_DISASTER] = "disaster", [WW_HAZARD_SYSTEM] = "system",
};

static const char *const priority_names[] = {
        [WW_PRIORITY_LOW] = "low",
        [WW_PRIORITY_MEDIUM] = "medium",
        [WW_PRIORITY_HIGH] = "high",
        [WW_PRIORITY_CRITICAL] = "critical",
};

static const char *const alarm_state_names[WW_ALARM_STATE_MAX_] = {
        [WW_ALARM_NORM] = "NORM",   [WW_ALARM_UNACK] = "UNACK",     [WW_ALARM_ACKED] = "ACKED",
        [WW_ALARM_RTNUN] = "RTNUN", [WW_ALARM_LATCHED] = "LATCHED", [WW_ALARM_SHLVD] = "SHLVD",
        [WW_ALARM_DSUPR] = "DSUPR", [WW_ALARM_OOSRV] = "OOSRV",
};

static const char *const cause_names[WW_CAUSE_MAX_] = {
        [WW_CAUSE_RAISE] = "RAISE",
        [WW_CAUSE_AGAIN] = "AGAIN",
        [WW_CAUSE_CLEAR] = "CLEAR",
        [WW_CAUSE_REGRADE] = "REGRADE",
        [WW_CAUSE_ACKNOWLEDGE] = "ACKNOWLEDGE",
        [WW_CAUSE_UNACKNOWLEDGE] = "UNACKNOWLEDGE",
        [WW_CAUSE_RESET] = "RESET",
        [WW_CAUSE_ACK_EXPIRED] = "ACK_EXPIRED",
        [WW_CAUSE_SHELVE] = "SHELVE",
        [WW_CAUSE_UNSHELVE] = "UNSHELVE",
        [WW_CAUSE_SHELVING_ENDED] = "SHELVING_ENDED",
        [WW_CAUSE_SUPPRESS] = "SUPPRESS",
        [WW_CAUSE_UNSUPPRESS] = "UNSUPPRESS",
        [WW_CAUSE_OUT_OF_SERVICE] = "OUT_OF_SERVICE",
        [WW_CAUSE_RETURN_TO_SERVICE] = "RETURN_TO_SERVICE",
        [WW_CAUSE_SILENCE] = "SILENCE",
        [WW_CAUSE_SOURCE_LOST] = "SOURCE_LOST",
        [WW_CAUSE_SOURCE_BACK] = "SOURCE_BACK",
        [WW_CAUSE_CONFIG_REMOVED] = "CONFIG_REMOVED",
        [WW_CAUSE_REFUTED] = "REFUTED",
        [WW_CAUSE_SHIFT_ENDED] = "SHIFT_ENDED",
};

static const char *const subject_names[WW_SUBJECT_MAX_] = {
        [WW_SUBJECT_INCIDENT] = "incident",
        [WW_SUBJECT_STEP] = "step",
        [WW_SUBJECT_NOTE] = "note",
        [WW_SUBJECT_DISPOSITION] = "disposition",
        [WW_SUBJECT_APPROVAL] = "approval",
        [WW_SUBJECT_DISPATCH] = "dispatch",
        [WW_SUBJECT_OPERATOR] = "operator",
        [WW_SUBJECT_GUARD] = "guard",
        [WW_SUBJECT_SHIFT] = "shift",
        [WW_SUBJECT_HANDOVER] = "handover",
        [WW_SUBJECT_ESCALATION] = "escalation",
        [WW_SUBJECT_NOTIFICATION] = "notification",
        [WW_SUBJECT_FLOOD] = "flood",
        [WW_SUBJECT_MEMBER] = "member",
        [WW_SUBJECT_RECORD] = "record",
        [WW_SUBJECT_POST] = "post",
};

/* A number from a damaged record must not index past a table. */
static const char *name_at(const char *const *names, size_t n, size_t at) {
        return at < n && names[at] ? names[at] : "?";
}

static bool name_find(const char *const *names, size_t n, struct ww_str name, size_t *ret) {
        for (size_t i = 0; i < n; i++)
                if (names[i] && ww_str_is(name, names[i])) {
                        *ret = i;
                        return true;
                }
        return false;
}

const char *ww_hazard_name(enum ww_hazard hazard) {
        return name_at(hazard_names, COUNT(hazard_names), (size_t)hazard);
}

bool ww_hazard_find(struct ww_str name, enum ww_hazard *ret) {
        size_t at;

        if (!name_find(hazard_names, COUNT(hazard_names), name, &at))
                return false;
        *ret = (enum ww_hazard)at;
        return true;
}

const char *ww_priority_name(enum ww_priority priority) {
        return name_at(priority_names, COUNT(priority_names), (size_t)priority);
}

bool ww_priority_find(struct ww_str name, enum ww_priority *ret) {
        size_t at;

        if (!name_find(priority_names, COUNT(priority_names), name, &at))
                return false;
        *ret = (enum ww_priority)at;
        return true;
}

/* What hides comes first: whoever took an alarm out of service sees that, whatever runs beneath it. */
enum ww_alarm_state ww_alarm_state(const struct ww_alarm_regions *regions) {
        if (regions->out_of_service)
                return WW_ALARM_OOSRV;
        if (regions->suppressed)
                return WW_ALARM_DSUPR;
        if (regions->shelved != WW_SHELVED_NO)
                return WW_ALARM_SHLVD;
        if (regions->active)
                return regions->acknowledged ? WW_ALARM_ACKED : WW_ALARM_UNACK;
        if (!regions->acknowledged)
                return WW_ALARM_RTNUN;
        return regions->latched ? WW_ALARM_LATCHED : WW_ALARM_NORM;
}

const char *ww_alarm_state_name(enum ww_alarm_state state) {
        return name_at(alarm_state_names, COUNT(alarm_state_names), (size_t)state);
}

const char *ww_cause_name(enum ww_cause cause) {
        return name_at(cause_names, COUNT(cause_names), (size_t)cause);
}

static const char *const sound_names[] = {
        [WW_SOUND_NONE] = "none", [WW_SOUND_LOW] = "low",           [WW_SOUND_MEDIUM] = "medium",
        [WW_SOUND_HIGH] = "high", [WW_SOUND_CRITICAL] = "critical",
};

/* Whoever calls for help, or burns, is heard as urgent whatever a rule makes of it. */
static const enum ww_sound sound_least[WW_CLASS_MAX_] = {
        [WW_CLASS_GENERAL] = WW_SOUND_LOW, [WW_CLASS_FIRE] = WW_SOUND_HIGH,   [WW_CLASS_PANIC] = WW_SOUND_HIGH,
        [WW_CLASS_DURESS] = WW_SOUND_HIGH, [WW_CLASS_INFANT] = WW_SOUND_HIGH, [WW_CLASS_TAMPER] = WW_SOUND_LOW,
};

static enum ww_sound sound_of(enum ww_class klass, enum ww_priority priority) {
        enum ww_sound sound = (unsigned)priority < COUNT(sound_names) ? (enum ww_sound)priority : WW_SOUND_CRITICAL;
        enum ww_sound least = (unsigned)klass < WW_CLASS_MAX_ ? sound_least[klass] : WW_SOUND_LOW;

        return sound > least ? sound : least;
}

enum ww_sound ww_alarm_sound(const struct ww_alarm *alarm) {
        enum ww_alarm_state state = ww_alarm_state(&alarm->regions);

        if (alarm->silenced || (state != WW_ALARM_UNACK && state != WW_ALARM_RTNUN))
                return WW_SOUND_NONE;
        return sound_of(alarm->klass, alarm->priority_unack);
}

enum ww_sound ww_transition_sound(const struct ww_transition *t) {
        return t->annunciate ? sound_of(t->alarm.klass, t->alarm.priority) : WW_SOUND_NONE;
}

const char *ww_sound_name(enum ww_sound sound) {
        return name_at(sound_names, COUNT(sound_names), (size_t)sound);
}

const char *ww_subject_name(enum ww_subject subject) {
        return name_at(subject_names, COUNT(subject_names), (size_t)subject);
}

bool ww_subject_find(struct ww_str name, enum ww_subject *ret) {
        size_t at;

        if (!name_find(subject_names, COUNT(subject_names), name, &at))
                return false;
        *ret = (enum ww_subject)at;
        return true;
}

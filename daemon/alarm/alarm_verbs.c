#include "alarm/alarm_verbs.h"

#include <stdio.h>

#include "base/diag.h"
#include "base/span.h"

const struct alarm_verb alarm_verbs[] = {
        { "ack", "alarm version [reason]", WW_CAUSE_ACKNOWLEDGE, "acknowledge" },
        { "unack", "alarm [version] [reason]", WW_CAUSE_UNACKNOWLEDGE, "take an acknowledgement back" },
        { "reset", "alarm reason [version]", WW_CAUSE_RESET, "end a latched alarm after inspection" },
        { "silence", "alarm [version] [reason]", WW_CAUSE_SILENCE, "silence the sound, nothing else" },
        { "shelve", "alarm reason [until] [one_shot] [version]", WW_CAUSE_SHELVE,
          "hide for a time, or until it clears once" },
        { "unshelve", "alarm [version] [reason]", WW_CAUSE_UNSHELVE, "show it again" },
        { "out-of-service", "alarm reason until work_order [second_person] [break_glass] [version]",
          WW_CAUSE_OUT_OF_SERVICE, "take out of service under a work order" },
        { "return-to-service", "alarm [version] [reason]", WW_CAUSE_RETURN_TO_SERVICE, "put back into service" },
};
const size_t alarm_verbs_n = sizeof alarm_verbs / sizeof *alarm_verbs;

const struct alarm_verb *alarm_verb_find(const char *name) {
        for (size_t i = 0; name && i < alarm_verbs_n; i++) {
                if (strcmp(alarm_verbs[i].name, name) == 0)
                        return &alarm_verbs[i];
        }
        return NULL;
}

/* A member that may be left out: missing and null are the same. */
static int get_text(json_t *body, const char *name, struct ww_str *ret, char *why, size_t why_size) {
        json_t *value = json_object_get(body, name);

        if (!value || json_is_null(value))
                return 0;
        if (!json_is_string(value)) {
                (void)snprintf(why, why_size, "`%s` must be a string", name);
                return -1;
        }
        *ret = (struct ww_str){ json_string_value(value), json_string_length(value) };
        return 0;
}

static int get_number(json_t *body, const char *name, uint64_t *ret, char *why, size_t why_size) {
        json_t *value = json_object_get(body, name);

        if (!value || json_is_null(value))
                return 0;
        if (!json_is_integer(value) || json_integer_value(value) < 0) {
                (void)snprintf(why, why_size, "`%s` must be a whole number, 0 or more", name);
                return -1;
        }
        *ret = (uint64_t)json_integer_value(value);
        return 0;
}

int alarm_verb_until(json_t *body, int64_t now, int64_t *ret, char *why, size_t why_size) {
        struct ww_str text = WW_STR_NONE;
        int64_t span;

        if (get_text(body, "until", &text, why, why_size))
                return -1;
        if (text.n == 0)
                return 0;
        if (span_parse(text, &span) == 0 && span < WW_TIME_NEVER - now) {
                *ret = now + span;
                return 0;
        }
        if (instant_parse(text, 0, ret) == 0)
                return 0;
        (void)snprintf(why, why_size, "`until` must be a time such as 2026-01-31T18:00:00Z, or a span such as 2h");
        return -1;
}

int alarm_verb_parse(json_t *body, struct ww_str actor, int64_t now, struct alarm_act *ret, char *why,
                     size_t why_size) {
        const struct alarm_verb *verb = alarm_verb_find(json_string_value(json_object_get(body, "cmd")));
        struct alarm_act act = { .actor = actor, .until = WW_TIME_NONE };
        uint64_t roles = 0;

        if (!verb) {
                (void)snprintf(why, why_size, "no such command");
                return -1;
        }
        act.verb = verb->cause;
        act.one_shot = json_is_true(json_object_get(body, "one_shot"));
        act.break_glass = json_is_true(json_object_get(body, "break_glass"));
        if (get_number(body, "alarm", &act.alarm, why, why_size) ||
            get_number(body, "version", &act.version, why, why_size) ||
            get_number(body, "roles", &roles, why, why_size) || get_text(body, "reason", &act.reason, why, why_size) ||
            get_text(body, "work_order", &act.work_order, why, why_size) ||
            get_text(body, "second_person", &act.second_person, why, why_size) ||
            alarm_verb_until(body, now, &act.until, why, why_size))
                return -1;
        if (act.alarm == 0) {
                (void)snprintf(why, why_size, "`alarm` is missing: which one?");
                return -1;
        }
        act.roles = (unsigned)roles;
        *ret = act;
        return 0;
}

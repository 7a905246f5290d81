/*
 * Commands, as the journal has them: {"cmd": verb, "roles": set, "edition": number, …} by an actor. Each gets one reply
 * record. What the edition is for says response/verbs.h.
 */
#include "pipeline_internal.h"

#include "alarm/alarm_verbs.h"
#include "journal/record_json.h"
#include "notices.h"

int pipeline_reply(struct pipeline *p, const struct ww_input *input, json_t *answer) {
        struct ww_output output = { .type = WW_OUTPUT_REPLY };
        char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
        int r;

        output.reply = (struct ww_reply){ .id = input->id,
                                          .ok = json_is_true(json_object_get(answer, "ok")),
                                          .body = ww_str(text) };
        r = text ? replies_put(p->replies, input->topic, input->id, output.reply.body) : -ENOMEM;
        if (!r)
                r = pipeline_put(p, &output);
        free(text);
        json_decref(answer);
        return r;
}

json_t *pipeline_ok(const struct ww_input *input) {
        return json_pack("{s:o, s:b}", "id", record_json_str(input->id), "ok", 1);
}

json_t *pipeline_refused(const struct ww_input *input, const char *name, const char *text, const char *cure) {
        return json_pack("{s:o, s:b, s:{s:s, s:s, s:s}}", "id", record_json_str(input->id), "ok", 0, "error", "name",
                         name, "text", text, "cure", cure);
}

/* A worker's notice. */
static int command_notice(struct pipeline *p, const struct ww_input *input, json_t *body) {
        const char *name = json_string_value(json_object_get(body, "name"));
        const char *subject = json_string_value(json_object_get(body, "subject"));
        const char *text = json_string_value(json_object_get(body, "text"));
        const struct notice_kind *kind = name ? notice_find(ww_str(name)) : NULL;
        int r;

        if (!kind || !kind->workers)
                return pipeline_reply(p, input,
                                      pipeline_refused(input, "unknown-notice", "no such notice",
                                                       "workers say those that the table marks for them"));
        r = pipeline_say(p, ww_str(name), ww_str(subject), ww_str(text));
        return r ? r : pipeline_reply(p, input, pipeline_ok(input));
}

#define SIGN_ROLES (ALARM_ROLE_INTEGRATOR | ALARM_ROLE_ADMINISTRATOR)

static bool is_hash(const char *text) {
        return text && strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

/* Who answers for a rule set: the record is the signature. It changes nothing, so it may come before the set does. */
static int command_sign(struct pipeline *p, const struct ww_input *input, json_t *body) {
        const char *reason = json_string_value(json_object_get(body, "reason"));
        json_t *answer;

        if (!((unsigned)json_integer_value(json_object_get(body, "roles")) & SIGN_ROLES))
                answer = pipeline_refused(input, "role", "integrators and administrators sign rules",
                                          "ask one of them");
        else if (!is_hash(json_string_value(json_object_get(body, "hash"))))
                answer = pipeline_refused(input, "malformed", "`hash` must be that of a rule set, 32 hex digits",
                                          "`wardwatch reload` says it");
        else if (!reason || !*reason)
                answer = pipeline_refused(input, "reason-needed", "this needs a reason", "say why");
        else
                answer = pipeline_ok(input);
        return pipeline_reply(p, input, answer);
}

/* The reset is the one act that correlation hears of: the latched episode ends. */
static int command_reset(struct pipeline *p, const struct ww_alarm *alarm, int64_t now) {
        _cleanup_free_ char *rule = strndup(alarm->rule.p ? alarm->rule.p : "", alarm->rule.n);
        _cleanup_free_ char *key = strndup(alarm->key.p ? alarm->key.p : "", alarm->key.n);

        if (!rule || !key)
                return -ENOMEM;
        return correlate_reset(p->correlate, ww_str(rule), ww_str(key), alarm->exercise, now);
}

static int command_act(struct pipeline *p, const struct ww_input *input, const struct alarm_act *act) {
        const struct ww_alarm *alarm = NULL;
        int refused = alarms_act(p->alarms, act, input->time, &alarm);
        json_t *answer;
        int r = 0;

        if (refused < 0)
                return refused;
        if (refused)
                answer = pipeline_refused(input, alarm_refusals[refused].name, alarm_refusals[refused].text,
                                          alarm_refusals[refused].cure);
        else
                answer = pipeline_ok(input);
        if (answer && alarm)
                json_object_set_new(answer, "alarm", record_json_alarm(alarm));
        if (answer && alarm && !refused && alarm_act_breaks_glass(p->alarms, alarm, act))
                json_object_set_new(answer, "glass_broken", json_true());
        if (!refused && alarm && act->verb == WW_CAUSE_RESET)
                r = command_reset(p, alarm, input->time);
        if (r) {
                json_decref(answer);
                return r;
        }
        return pipeline_reply(p, input, answer);
}

/* What is no act on an alarm. */
static const struct {
        const char *verb;
        int (*run)(struct pipeline *p, const struct ww_input *input, json_t *body);
} verbs[] = {
        { "notice", command_notice },   { "mode", pipeline_mode },     { "list", pipeline_list },
        { "event", pipeline_manual },   { "record", pipeline_record }, { "record-read", pipeline_record },
        { "rules-sign", command_sign }, { "tip", pipeline_tip },
};

/* What people do about incidents: the stage answers itself. */
static int command_response(struct pipeline *p, const struct ww_input *input, json_t *body, bool *ret_ours) {
        unsigned roles = (unsigned)json_integer_value(json_object_get(body, "roles"));
        json_t *answer = NULL;
        int r = response_command(p->response, body, input->topic, roles, input->time, &answer);

        *ret_ours = r != RESPONSE_E_UNKNOWN;
        if (r)
                return *ret_ours ? r : 0;
        if (json_object_set_new(answer, "id", record_json_str(input->id)) < 0) {
                json_decref(answer);
                return -ENOMEM;
        }
        return pipeline_reply(p, input, answer);
}

/* What an operator may joins what the command socket grants by itself. */
static int command_grant(struct pipeline *p, const struct ww_input *input, json_t *body) {
        unsigned own = (unsigned)json_integer_value(json_object_get(body, "roles"));
        unsigned granted = json_is_object(body) ? response_operator_roles(p->response, input->topic) : 0;

        return granted && json_object_set_new(body, "roles", json_integer(own | granted)) < 0 ? -ENOMEM : 0;
}

static int command_run(struct pipeline *p, const struct ww_input *input, json_t *body) {
        const char *verb = json_string_value(json_object_get(body, "cmd"));
        struct alarm_act act;
        char why[256];
        bool ours;
        int r;

        for (size_t i = 0; verb && i < sizeof verbs / sizeof *verbs; i++)
                if (strcmp(verb, verbs[i].verb) == 0)
                        return verbs[i].run(p, input, body);
        r = command_response(p, input, body, &ours);
        if (r || ours)
                return r;
        if (alarm_verb_parse(body, input->topic, input->time, &act, why, sizeof why))
                return pipeline_reply(p, input, pipeline_refused(input, "malformed", why, "see `wardwatch help`"));
        return command_act(p, input, &act);
}

int pipeline_command(struct pipeline *p, const struct ww_input *input) {
        json_t *body = json_loadb(input->payload.p, input->payload.n, 0, NULL);
        int r = command_grant(p, input, body);

        if (!r)
                r = command_run(p, input, body);
        json_decref(body);
        return r;
}

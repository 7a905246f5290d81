/*
 * What people switch and enter while the rules stay: modes of the site, members of its lists. Commands like all others:
 * what was asked for and what was answered are records, and the rules see the change from its record on.
 */
#include "pipeline_internal.h"

#include "alarm/alarm_verbs.h"
#include "journal/record_json.h"

#define MODE_ROLES (ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR)
#define LIST_ROLES (ALARM_ROLE_SUPERVISOR | ALARM_ROLE_INTEGRATOR)

/* A command's members; strings are borrowed from the body. */
struct lists_request {
        const char *name, *member;
        bool on; /* on, or add */
        int64_t until;
        char why[256]; /* "" = well formed */
};

static const char *lists_text(json_t *body, const char *member, struct lists_request *q) {
        const char *text = json_string_value(json_object_get(body, member));

        if ((!text || !*text) && !q->why[0])
                (void)snprintf(q->why, sizeof q->why, "`%s` must be a text that is not empty", member);
        return text;
}

static bool lists_bool(json_t *body, const char *member, struct lists_request *q) {
        json_t *value = json_object_get(body, member);

        if (!json_is_boolean(value) && !q->why[0])
                (void)snprintf(q->why, sizeof q->why, "`%s` must be true or false", member);
        return json_is_true(value);
}

/* The reason is for those who read the record: any text, or none. */
static void lists_reason(json_t *body, struct lists_request *q) {
        json_t *reason = json_object_get(body, "reason");

        if (reason && !json_is_null(reason) && !json_is_string(reason) && !q->why[0])
                (void)snprintf(q->why, sizeof q->why, "`reason` must be a string");
}

static bool lists_may(json_t *body, unsigned roles) {
        return (unsigned)json_integer_value(json_object_get(body, "roles")) & roles;
}

static int lists_refuse(struct pipeline *p, const struct ww_input *input, const char *name, const char *text,
                        const char *cure) {
        return pipeline_reply(p, input, pipeline_refused(input, name, text, cure));
}

/* No such mode, or list: perhaps another was meant. */
static int lists_unknown(struct pipeline *p, const struct ww_input *input, const char *what, const char *name,
                         const char *nearest) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        _cleanup_buf_ struct buf cure = BUF_INIT;
        _cleanup_buf_ struct buf refusal = BUF_INIT;

        buf_printf(&refusal, "unknown-%s", what);
        buf_printf(&text, "the site has no %s `%s`", what, name);
        if (nearest)
                buf_printf(&cure, "did you mean `%s`?", nearest);
        else
                buf_printf(&cure, "name it under `%ss:` in a file of the site, and reload", what);
        buf_put_u8(&text, 0);
        buf_put_u8(&cure, 0);
        buf_put_u8(&refusal, 0);
        if (text.error || cure.error || refusal.error)
                return -ENOMEM;
        return lists_refuse(p, input, (char *)refusal.p, (char *)text.p, (char *)cure.p);
}

/* --- modes --- */

int pipeline_mode(struct pipeline *p, const struct ww_input *input, json_t *body) {
        const struct site *site = p->ruleset->site;
        struct lists_request q = { .why = "" };
        json_t *answer;
        int r;

        q.name = lists_text(body, "name", &q);
        q.on = lists_bool(body, "on", &q);
        lists_reason(body, &q);
        if (q.why[0])
                return lists_refuse(p, input, "malformed", q.why, "see `wardwatch help mode`");
        if (!lists_may(body, MODE_ROLES))
                return lists_refuse(p, input, "role", "your role does not allow this",
                                    "operators and supervisors switch modes");
        r = correlate_mode(p->correlate, ww_str(q.name), q.on, input->time);
        if (r == CORRELATE_E_UNKNOWN)
                return lists_unknown(p, input, "mode", q.name, site_nearest_mode(site, ww_str(q.name)));
        if (r)
                return r;
        answer = pipeline_ok(input);
        if (answer)
                json_object_set_new(answer, "mode", json_pack("{s:s, s:b}", "name", q.name, "on", q.on));
        return pipeline_reply(p, input, answer);
}

/* --- lists --- */

/* A stay in a list may end by itself; one that is removed is out for good. */
static void lists_until(json_t *body, int64_t now, struct lists_request *q) {
        bool given = !q->why[0] && json_is_string(json_object_get(body, "until"));

        q->until = WW_TIME_NEVER;
        if (q->why[0] || alarm_verb_until(body, now, &q->until, q->why, sizeof q->why))
                return;
        if (given && !q->on)
                (void)snprintf(q->why, sizeof q->why, "`until` goes with adding: who is removed is removed at once");
        else if (q->until <= now)
                (void)snprintf(q->why, sizeof q->why, "`until` is no time ahead");
}

static json_t *list_answer(const struct ww_input *input, const struct lists_request *q) {
        json_t *answer = pipeline_ok(input);
        json_t *list = json_pack("{s:s, s:s, s:b}", "name", q->name, "member", q->member, "in", q->on);

        if (list && q->on && q->until != WW_TIME_NEVER)
                json_object_set_new(list, "until", record_json_time(q->until));
        if (answer)
                json_object_set(answer, "list", list);
        json_decref(list);
        return answer;
}

int pipeline_list(struct pipeline *p, const struct ww_input *input, json_t *body) {
        const struct site *site = p->ruleset->site;
        struct lists_request q = { .why = "" };
        int r;

        q.name = lists_text(body, "name", &q);
        q.member = lists_text(body, "member", &q);
        q.on = lists_bool(body, "add", &q);
        lists_until(body, input->time, &q);
        lists_reason(body, &q);
        if (q.why[0])
                return lists_refuse(p, input, "malformed", q.why, "see `wardwatch help list`");
        if (!lists_may(body, LIST_ROLES))
                return lists_refuse(p, input, "role", "your role does not allow this",
                                    "supervisors and integrators change lists");
        r = correlate_list(p->correlate, ww_str(q.name), ww_str(q.member), q.on, q.until);
        if (r == CORRELATE_E_UNKNOWN)
                return lists_unknown(p, input, "list", q.name, site_nearest_list(site, ww_str(q.name)));
        return r ? r : pipeline_reply(p, input, list_answer(input, &q));
}

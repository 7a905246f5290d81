/* A command at work: what it says, whether this person may, and the answer. */
#include "response/response_internal.h"

#include "alarm/alarm_verbs.h"

#include <stdarg.h>
#include <stdio.h>

int call_refuse(struct response_call *c, enum response_refusal refusal, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(c->why, sizeof c->why, format, ap);
        va_end(ap);
        return (int)refusal;
}

int call_text(struct response_call *c, const char *name, bool must, struct ww_str *ret) {
        const json_t *value = json_object_get(c->request, name);

        *ret = WW_STR("");
        if ((!value || json_is_null(value)) && !must)
                return 0;
        if (!json_is_string(value) || (must && !json_string_length(value)))
                return call_refuse(c, REFUSED_MALFORMED, "`%s` must be a text%s", name, must ? ", and not empty" : "");
        if (json_string_length(value) > TEXT_MAX)
                return call_refuse(c, REFUSED_MALFORMED, "`%s` may have %d bytes", name, TEXT_MAX);
        *ret = (struct ww_str){ json_string_value(value), json_string_length(value) };
        return 0;
}

int call_number(struct response_call *c, const char *name, bool must, uint64_t *ret) {
        const json_t *value = json_object_get(c->request, name);

        *ret = 0;
        if ((!value || json_is_null(value)) && !must)
                return 0;
        if (!json_is_integer(value) || json_integer_value(value) < 0)
                return call_refuse(c, REFUSED_MALFORMED, "`%s` must be a whole number, 0 or more", name);
        *ret = (uint64_t)json_integer_value(value);
        return 0;
}

int call_bool(struct response_call *c, const char *name, bool *ret) {
        const json_t *value = json_object_get(c->request, name);

        *ret = json_is_true(value);
        if (value && !json_is_null(value) && !json_is_boolean(value))
                return call_refuse(c, REFUSED_MALFORMED, "`%s` must be true or false", name);
        return 0;
}

enum response_edition call_edition(const struct response_call *c) {
        json_int_t edition = json_integer_value(json_object_get(c->request, "edition"));

        return edition > 0 && edition < EDITION_MAX_ ? (enum response_edition)edition : EDITION_FIRST;
}

static json_t *words_of(const char *text) {
        json_t *list = json_array();

        while (list && *text) {
                size_t n = strcspn(text, ", ");

                if (n && json_array_append_new(list, json_stringn(text, n)) < 0) {
                        json_decref(list);
                        return NULL;
                }
                text += n + (text[n] != 0);
        }
        return list;
}

int call_words(struct response_call *c, const char *name, bool must, json_t **ret) {
        json_t *value = json_object_get(c->request, name), *entry;
        size_t i;

        if (must ? !json_is_array(value) && !json_string_length(value)
                 : value && !json_is_null(value) && !json_is_array(value) && !json_is_string(value))
                return call_refuse(c, REFUSED_MALFORMED, "`%s` must be a list of texts", name);
        json_array_foreach(value, i, entry) {
                if (!json_is_string(entry))
                        return call_refuse(c, REFUSED_MALFORMED, "`%s` must be a list of texts", name);
        }
        *ret = json_is_array(value) ? json_incref(value)
                                    : words_of(json_is_string(value) ? json_string_value(value) : "");
        return *ret ? 0 : -ENOMEM;
}

int call_until(struct response_call *c, const char *name, int64_t *ret) {
        json_t *renamed = json_pack("{s:O*}", "until", json_object_get(c->request, name));
        int r = renamed ? 0 : -ENOMEM;

        *ret = WW_TIME_NONE;
        if (!r && alarm_verb_until(renamed, c->act.now, ret, c->why, sizeof c->why))
                r = REFUSED_MALFORMED;
        json_decref(renamed);
        return r;
}

/* A newer version is harmless unless a person made it, or more is at stake: those note it as `acted`. */
static int call_version(struct response_call *c, const struct subject *s) {
        uint64_t version, acted = body_number(s, "acted_version");
        int r = call_number(c, "version", false, &version);

        if (r || !version || version >= (acted ? acted : s->version))
                return r;
        return call_refuse(c, REFUSED_CHANGED, "it is version %llu now: %s by %s", (unsigned long long)s->version,
                           s->what, s->actor);
}

int call_kept(struct response_call *c, enum ww_subject kind, struct subject **ret) {
        const char *name = ww_subject_name(kind);
        uint64_t id;
        int r = call_number(c, name, true, &id);

        if (r)
                return r;
        *ret = subject_find(c->r, kind, id);
        if (!*ret || !(*ret)->version)
                return call_refuse(c, REFUSED_UNKNOWN, "there is no %s %llu", name, (unsigned long long)id);
        return call_version(c, *ret);
}

int call_subject(struct response_call *c, enum ww_subject kind, struct subject **ret) {
        int r = call_kept(c, kind, ret);

        if (r || subject_live(c->r, *ret))
                return r;
        return call_refuse(c, REFUSED_STATE, "%s %llu is over", ww_subject_name(kind), (unsigned long long)(*ret)->id);
}

int call_room(struct response_call *c, const struct subject *incident, enum ww_subject kind) {
        size_t n = 0;

        for (const struct subject *s = incident->first; s; s = s->next)
                n += s->kind == kind;
        return n < INCIDENT_NOTES ? 0
                                  : call_refuse(c, REFUSED_LIMIT, "an incident may have %d of them", INCIDENT_NOTES);
}

/* --- the whole of it --- */

static json_t *call_answer(const struct response_call *c, int refusal, json_t *told) {
        const struct response_refused *row = &response_refusals[refusal];
        char text[400];

        if (!refusal)
                return json_pack("{s:b, s:O}", "ok", 1, "changes", told);
        if (refusal == REFUSED_MALFORMED)
                (void)snprintf(text, sizeof text, "%s", c->why);
        else
                (void)snprintf(text, sizeof text, "%s%s%s", row->text, c->why[0] ? ": " : "", c->why);
        return json_pack("{s:b, s:{s:s, s:s, s:s}}", "ok", 0, "error", "name", row->name, "text", text, "cure",
                         row->cure);
}

static int call_run(struct response_call *c) {
        int r;

        if (c->verb->roles && !(c->verb->roles & c->roles))
                return REFUSED_ROLE;
        r = call_text(c, "reason", false, &c->act.reason);
        if (r)
                return r;
        if (c->verb->reason && !c->act.reason.n)
                return REFUSED_REASON;
        return c->verb->run(c);
}

int response_command(struct response *r, json_t *request, struct ww_str actor, unsigned roles, int64_t now,
                     json_t **ret_answer) {
        struct response_call c = {
                .r = r,
                .verb = response_verb_find(json_string_value(json_object_get(request, "cmd"))),
                .request = request,
                .act = { actor, WW_STR_NONE, now },
                .roles = roles,
        };
        int result;

        if (!c.verb)
                return RESPONSE_E_UNKNOWN;
        r->told = json_array();
        result = r->told ? call_run(&c) : -ENOMEM;
        if (result >= 0)
                *ret_answer = call_answer(&c, result, r->told);
        r->refused += result > 0;
        json_decref(r->told);
        r->told = NULL;
        response_free_gone(r);
        if (result < 0)
                return result;
        return *ret_answer ? 0 : -ENOMEM;
}

/* A command at work: which record, may this person do this now, and the answer. */
#include "records/records_internal.h"

#include "base/diag.h"
#include "journal/record_json.h"

#include <stdarg.h>
#include <stdio.h>

enum refusal {
        REFUSAL_MALFORMED = 1,
        REFUSAL_KIND,
        REFUSAL_ACT,
        REFUSAL_ROLE,
        REFUSAL_REASON,
        REFUSAL_UNKNOWN,
        REFUSAL_STATE,
        REFUSAL_CHANGED,
        REFUSAL_SAME_PERSON,
        REFUSAL_INCOMPLETE,
        REFUSAL_LIMIT,
        REFUSAL_MAX_,
};

static const struct {
        const char *name, *text, *cure;
} refusals[REFUSAL_MAX_] = {
        [REFUSAL_MALFORMED] = { "malformed", "the request is not right", "see `wardwatch help record`" },
        [REFUSAL_KIND] = { "unknown-kind", "there is no such kind of records", "`wardwatch record` lists them" },
        [REFUSAL_ACT] = { "unknown-act", "this kind has no such act", "`wardwatch record KIND` lists them" },
        [REFUSAL_ROLE] = { "role", "your role does not allow this", "ask a supervisor, or an administrator" },
        [REFUSAL_REASON] = { "reason-needed", "this needs a reason", "say why" },
        [REFUSAL_UNKNOWN] = { "unknown", "there is no such record open",
                              "`wardwatch records` lists what is open, `wardwatch query record-story --record NUMBER` "
                              "tells of "
                              "what is over" },
        [REFUSAL_STATE] = { "state", "it does not apply as it stands",
                            "`wardwatch record KIND` says from which states" },
        [REFUSAL_CHANGED] = { "changed", "it has changed since the version that you saw", "look again, and repeat" },
        [REFUSAL_SAME_PERSON] = { "same-person", "the second person must be another one", "let somebody else do it" },
        [REFUSAL_INCOMPLETE] = { "incomplete", "what it brings is not right", "give it as NAME=VALUE" },
        [REFUSAL_LIMIT] = { "limit", "there are too many open ones of this kind", "end what is over" },
};

struct call {
        struct records *r;
        json_t *request;
        const struct records_who *who;
        struct record_by by;
        const struct record_kind *kind;
        const struct record_act *act; /* NULL: `amend` */
        struct record *rec;
        char why[320];
};

static int refuse(struct call *c, enum refusal refusal, const char *format, ...) _printf_(3, 4);
static int refuse(struct call *c, enum refusal refusal, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(c->why, sizeof c->why, format, ap);
        va_end(ap);
        return (int)refusal;
}

/* --- which --- */

static int find_kind(struct call *c, const char *name) {
        const struct record_kinds *kinds = c->r->kinds;
        const char *names[KINDS_MAX];

        c->kind = name ? record_kind_find(kinds, ww_str(name)) : NULL;
        if (c->kind)
                return 0;
        for (size_t i = 0; i < kinds->n_kinds; i++)
                names[i] = kinds->kinds[i].name.p;
        return refuse(c, REFUSAL_KIND, "`%.60s`; %s", name ? name : "",
                      kinds->n_kinds ? diag_suggest(ww_str(name), names, kinds->n_kinds) : "paths.records has none");
}

static int find_act(struct call *c, const char *name) {
        const char *names[KIND_ACTS_MAX + 1];
        size_t n;

        c->act = name ? record_kind_act(c->kind, ww_str(name)) : NULL;
        if (c->act || (name && strcmp(name, "amend") == 0))
                return 0;
        for (n = 0; n < c->kind->n_acts; n++)
                names[n] = c->kind->acts[n].name.p;
        names[n++] = "amend";
        return refuse(c, REFUSAL_ACT, "`%.60s`; %s", name ? name : "", diag_suggest(ww_str(name), names, n));
}

static int find_record(struct call *c) {
        const json_t *which = json_object_get(c->request, "record");
        const char *number = json_string_value(which);

        c->rec = number ? record_find_number(c->r, ww_str(number))
                        : record_find_id(c->r, (uint64_t)json_integer_value(which));
        if (!c->rec && !number && !json_is_integer(which))
                return refuse(c, REFUSAL_MALFORMED, "`record` must be the number of one: HZ-3");
        if (!c->rec && number)
                return refuse(c, REFUSAL_UNKNOWN, "`%.60s`", number);
        return c->rec ? 0 : refuse(c, REFUSAL_UNKNOWN, "%lld", (long long)json_integer_value(which));
}

static int right_record(struct call *c) {
        const json_t *version = json_object_get(c->request, "version");
        size_t state;
        int e = find_record(c);

        if (e)
                return e;
        if (c->rec->kind != c->kind)
                return refuse(c, REFUSAL_UNKNOWN, "%s is a `%s`", c->rec->number, record_text(c->rec, "kind"));
        if (version && !json_is_null(version) && !json_is_integer(version))
                return refuse(c, REFUSAL_MALFORMED, "`version` must be a number");
        if (json_integer_value(version) && (uint64_t)json_integer_value(version) < c->rec->version)
                return refuse(c, REFUSAL_CHANGED, "it is version %llu now: %s by %s",
                              (unsigned long long)c->rec->version, c->rec->what, c->rec->actor);
        state = record_state(c->rec);
        if (c->act && (state == SIZE_MAX || !(c->act->from & 1U << state)))
                return refuse(c, REFUSAL_STATE, "%s is `%s`", c->rec->number, record_text(c->rec, "state"));
        return 0;
}

/* --- who --- */

static int right_person(struct call *c) {
        const unsigned usual = ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR;
        const json_t *by = c->rec ? json_object_get(c->rec->body, "by") : NULL;

        if (!((c->act ? c->act->roles : usual) & c->who->roles))
                return refuse(c, REFUSAL_ROLE, "%s", "");
        if (c->kind->read && !(c->kind->read & c->who->roles) && !(c->act && c->act->opens))
                return refuse(c, REFUSAL_ROLE, "this record is not open to everybody");
        for (size_t i = 0; c->act && i < c->act->n_other_than; i++) {
                const char *person = json_string_value(
                        json_object_get(json_object_get(by, c->act->other_than[i].p), "by"));

                if (person && ww_str_is(c->by.actor, person))
                        return refuse(c, REFUSAL_SAME_PERSON, "%s did `%.*s`", person,
                                      WW_STR_ARG(c->act->other_than[i]));
        }
        return 0;
}

static int right_reason(struct call *c) {
        const json_t *reason = json_object_get(c->request, "reason");

        if (reason && !json_is_null(reason) &&
            (!json_is_string(reason) || json_string_length(reason) > RECORD_TEXT_BYTES))
                return refuse(c, REFUSAL_MALFORMED, "`reason` must be a text of at most %d bytes", RECORD_TEXT_BYTES);
        c->by.reason = ww_str(json_string_value(reason) ? json_string_value(reason) : "");
        return (!c->act || c->act->reason) && !c->by.reason.n ? refuse(c, REFUSAL_REASON, "%s", "") : 0;
}

/* --- the whole --- */

static int act_run(struct call *c) {
        json_t *given = json_object_get(c->request, "fields");
        struct record_draft draft = { .kind = c->kind, .act = c->act };
        struct field_why why = { "" };
        struct record *rec;
        int e;

        if (given && !json_is_null(given) && !json_is_object(given))
                return refuse(c, REFUSAL_MALFORMED, "`fields` must be a group of names and values");
        e = record_draft_fill(c->r, &draft, c->rec, given, &c->by, &why);
        if (e > 0)
                e = refuse(c, REFUSAL_INCOMPLETE, "%s", why.text);
        if (!e)
                e = record_draft_do(c->r, &draft, c->rec, &c->by,
                                    c->who->exercise || json_is_true(json_object_get(c->request, "exercise")), &rec);
        record_draft_deinit(&draft);
        return e;
}

static int record_act_command(struct call *c) {
        int e = find_kind(c, json_string_value(json_object_get(c->request, "kind")));

        if (!e)
                e = find_act(c, json_string_value(json_object_get(c->request, "act")));
        if (!e && !(c->act && c->act->opens))
                e = right_record(c);
        if (!e)
                e = right_person(c);
        if (!e)
                e = right_reason(c);
        if (!e && c->act && c->act->opens && !record_room(c->r, c->kind)) {
                c->r->full++;
                e = refuse(c, REFUSAL_LIMIT, "%lld", (long long)c->kind->max);
        }
        return e ? e : act_run(c);
}

/* Who reads a restricted record has it in the journal: the command is its own record. */
static int record_read_command(struct call *c, json_t **ret) {
        _cleanup_free_ char *text = NULL;
        struct ww_change change;
        unsigned read;
        int e = find_record(c);

        if (e)
                return e;
        read = c->rec->kind ? c->rec->kind->read : ALARM_ROLE_SUPERVISOR | ALARM_ROLE_AUDITOR;
        if (read && !(read & c->who->roles))
                return refuse(c, REFUSAL_ROLE, "this record is not open to everybody");
        e = record_as_change(c->rec, &change, &text);
        *ret = e ? NULL : record_json_change(&change);
        return *ret ? 0 : -ENOMEM;
}

static json_t *answer_of(const struct call *c, int refusal, json_t *read) {
        char text[400];

        if (read)
                return json_pack("{s:b, s:o}", "ok", 1, "record", read);
        if (!refusal)
                return json_pack("{s:b, s:O}", "ok", 1, "changes", c->r->told);
        (void)snprintf(text, sizeof text, "%s%s%s", refusals[refusal].text, c->why[0] ? ": " : "", c->why);
        return json_pack("{s:b, s:{s:s, s:s, s:s}}", "ok", 0, "error", "name", refusals[refusal].name, "text", text,
                         "cure", refusals[refusal].cure);
}

int records_command(struct records *r, json_t *request, const struct records_who *who, json_t **ret_answer) {
        const char *verb = json_string_value(json_object_get(request, "cmd"));
        struct call c = { .r = r, .request = request, .who = who, .by = { .actor = who->actor, .now = who->now } };
        json_t *read = NULL;
        int e = 0;

        r->told = json_array();
        if (!r->told)
                return -ENOMEM;
        e = verb && strcmp(verb, "record-read") == 0 ? record_read_command(&c, &read) : record_act_command(&c);
        if (e >= 0)
                *ret_answer = answer_of(&c, e, read);
        r->refused += e > 0;
        json_decref(r->told);
        r->told = NULL;
        records_free_gone(r);
        if (e < 0)
                return e;
        return *ret_answer ? 0 : -ENOMEM;
}

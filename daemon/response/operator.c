/*
 * Operators: who may act, and what. Their roles join those that the command socket grants by itself.
 *
 * Roles that decide (over alarms that others see no more, over the rules, over people) take two administrators:
 *
 *     operator-add, operator-roles ──► as asked               none of them is new, or the glass is broken
 *                                  ──► asked ──approve──► so  by another administrator, who is not the person itself
 *                                            ──reject, or 15 min──► as before
 */
#include "response/people.h"

#include "journal/record_json.h"
#include "response/verbs_run.h"

#define APPROVAL_TIME (15 * WW_MINUTE)
#define DECIDING      (unsigned)(ALARM_ROLE_SUPERVISOR | ALARM_ROLE_INTEGRATOR | ALARM_ROLE_ADMINISTRATOR)
#define COUNT(table)  (sizeof(table) / sizeof *(table))

static const struct {
        const char *name;
        unsigned role;
} roles[] = {
        { "operator", ALARM_ROLE_OPERATOR },       { "supervisor", ALARM_ROLE_SUPERVISOR },
        { "maintenance", ALARM_ROLE_MAINTENANCE }, { "auditor", ALARM_ROLE_AUDITOR },
        { "integrator", ALARM_ROLE_INTEGRATOR },   { "administrator", ALARM_ROLE_ADMINISTRATOR },
};

/* --- roles --- */

static unsigned role_of(const char *name) {
        for (size_t i = 0; name && i < COUNT(roles); i++)
                if (strcmp(name, roles[i].name) == 0)
                        return roles[i].role;
        return 0;
}

static unsigned roles_in(const struct subject *s) {
        unsigned set = 0;
        json_t *entry;
        size_t i;

        json_array_foreach(json_object_get(s->body, "roles"), i, entry) set |= role_of(json_string_value(entry));
        return set;
}

static void set_roles(struct subject *s, unsigned set) {
        json_t *list = json_array();

        for (size_t i = 0; i < COUNT(roles); i++)
                if (set & roles[i].role)
                        s->failed |= json_array_append_new(list, json_string(roles[i].name)) < 0;
        body_set(s, "roles", list);
}

/* `may`, for `roles` is what the socket says of who asks. */
static int call_roles(struct response_call *c, bool must, unsigned *ret) {
        json_t *list, *entry;
        size_t i;
        int r = call_words(c, "may", must, &list);

        if (r)
                return r;
        *ret = 0;
        json_array_foreach(list, i, entry) {
                unsigned role = role_of(json_string_value(entry));

                if (!role && !r)
                        r = call_refuse(c, REFUSED_MALFORMED,
                                        "`%s` is no role: operator, supervisor, maintenance, auditor, integrator, "
                                        "administrator",
                                        json_string_value(entry));
                *ret |= role;
        }
        json_decref(list);
        return r;
}

unsigned response_operator_roles(const struct response *r, struct ww_str name) {
        const struct subject *s = people_find(r, WW_SUBJECT_OPERATOR, "name", name);

        return s ? roles_in(s) : 0;
}

/* --- names --- */

/* What stands as an actor in records, and is no person. */
static bool is_reserved(struct ww_str name) {
        static const char *const reserved[] = { "event", "procedure", "system", "timer" };

        for (size_t i = 0; i < COUNT(reserved); i++)
                if (ww_str_is(name, reserved[i]))
                        return true;
        return false;
}

static bool is_login(struct ww_str name) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
        static const char local[] = "unix:"; /* a user of this machine */

        if (name.n > sizeof local - 1 && memcmp(name.p, local, sizeof local - 1) == 0)
                name = (struct ww_str){ name.p + sizeof local - 1, name.n - (sizeof local - 1) };
        return strspn(name.p, letters) == name.n && !is_reserved(name);
}

static int call_login(struct response_call *c, struct ww_str *ret) {
        int r = call_person_name(c, "name", ret);

        if (r)
                return r;
        if (!is_login(*ret))
                return call_refuse(
                        c, REFUSED_MALFORMED,
                        "`name` takes letters, digits, `.`, `_`, `-`; `unix:NAME` is a user of this machine");
        if (people_find(c->r, WW_SUBJECT_OPERATOR, "name", *ret))
                return call_refuse(c, REFUSED_STATE, "there is an operator `%.*s` already", WW_STR_ARG(*ret));
        return 0;
}

/* --- the second person --- */

static struct subject *asked_for(const struct response *r, const struct subject *s) {
        struct subject *a, *next;

        HASH_ITER(hh, r->subjects, a, next) {
                if (a->kind == WW_SUBJECT_APPROVAL && !a->incident && !a->ended && body_number(a, "operator") == s->id)
                        return a;
        }
        return NULL;
}

static int ask(struct response *r, const struct subject *s, unsigned set, const struct act *act) {
        struct subject *a = subject_new(r, WW_SUBJECT_APPROVAL, NULL);

        if (!a)
                return -ENOMEM;
        body_set_number(a, "operator", s->id);
        body_set_name(a, "name", body_text(s, "name"));
        set_roles(a, set);
        body_set_text(a, "asked_by", act->actor);
        body_set_time(a, "asked_at", act->now);
        body_set_time(a, "expires_at", act->now + APPROVAL_TIME);
        body_set_name(a, "answered_by", "");
        body_set_name(a, "state", "pending");
        return subject_changed(r, a, "asked", act);
}

int operator_approver(struct response_call *c, const struct subject *approval) {
        if (!(c->roles & ALARM_ROLE_ADMINISTRATOR))
                return call_refuse(c, REFUSED_ROLE, "roles are for an administrator to approve");
        return ww_str_is(c->act.actor, body_text(approval, "name")) ? REFUSED_SAME_PERSON : 0;
}

int operator_approve(struct response_call *c, struct subject *approval) {
        struct subject *s = subject_find(c->r, WW_SUBJECT_OPERATOR, body_number(approval, "operator"));
        unsigned set = roles_in(approval);
        int r;

        if (!s)
                return call_refuse(c, REFUSED_STATE, "the operator is gone");
        body_set_text(approval, "answered_by", c->act.actor);
        body_set_name(approval, "state", "approved");
        r = people_end(c->r, approval, "approved", &c->act);
        if (r)
                return r;
        set_roles(s, set);
        body_set_text(s, "approved_by", c->act.actor);
        body_set_bool(s, "break_glass", false);
        return subject_changed(c->r, s, "roles-approved", &c->act);
}

/* --- acts --- */

struct grant {
        unsigned set; /* wanted */
        bool broken;  /* the glass */
        bool ask;     /* a second administrator */
};

static int grant_of(struct response_call *c, unsigned has, bool must, struct grant *ret) {
        bool broken;
        int r = call_roles(c, must, &ret->set);

        if (!r)
                r = call_bool(c, "break_glass", &broken);
        if (r)
                return r;
        ret->ask = ret->set & ~has & DECIDING;
        ret->broken = broken && ret->ask;
        ret->ask &= !ret->broken;
        return ret->broken && !c->act.reason.n ? REFUSED_REASON : 0;
}

int verb_operator_add(struct response_call *c) {
        struct ww_str name, title;
        struct grant grant;
        struct subject *s;
        int r = call_login(c, &name);

        if (!r)
                r = call_text(c, "title", false, &title);
        if (!r)
                r = grant_of(c, 0, false, &grant);
        if (!r)
                r = people_room(c, WW_SUBJECT_OPERATOR, OPERATORS_MAX);
        if (r)
                return r;
        s = subject_new(c->r, WW_SUBJECT_OPERATOR, NULL);
        if (!s)
                return -ENOMEM;
        body_set_text(s, "name", name);
        body_set_text(s, "title", title);
        set_roles(s, grant.ask ? grant.set & ~DECIDING : grant.set);
        body_set_name(s, "state", "active");
        body_set_text(s, "added_by", c->act.actor);
        body_set_time(s, "added_at", c->act.now);
        body_set_name(s, "approved_by", "");
        body_set_bool(s, "break_glass", grant.broken);
        r = subject_changed(c->r, s, grant.broken ? "added-glass-broken" : "added", &c->act);
        return r || !grant.ask ? r : ask(c->r, s, grant.set, &c->act);
}

int verb_operator_roles(struct response_call *c) {
        struct subject *s;
        struct grant grant;
        int r = call_person(c, WW_SUBJECT_OPERATOR, &s);

        if (!r)
                r = grant_of(c, roles_in(s), true, &grant);
        if (!r && asked_for(c->r, s))
                r = call_refuse(c, REFUSED_APPROVAL_PENDING, "roles of %s", body_text(s, "name"));
        if (r)
                return r;
        if (grant.ask)
                return ask(c->r, s, grant.set, &c->act);
        set_roles(s, grant.set);
        body_set_name(s, "approved_by", "");
        body_set_bool(s, "break_glass", grant.broken);
        return subject_changed(c->r, s, grant.broken ? "roles-glass-broken" : "roles-changed", &c->act);
}

int verb_operator_remove(struct response_call *c) {
        struct subject *s, *asked;
        int r = call_person(c, WW_SUBJECT_OPERATOR, &s);

        if (r)
                return r;
        asked = asked_for(c->r, s);
        if (asked) {
                body_set_name(asked, "state", "void");
                r = people_end(c->r, asked, "void", &c->act);
        }
        body_set_name(s, "state", "removed");
        set_roles(s, 0);
        return r ? r : people_end(c->r, s, "removed", &c->act);
}

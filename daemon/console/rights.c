/*
 * What somebody may can end while he is logged in: the engine tells that an operator's roles changed, and that
 * credentials did.
 *
 *     roles         each stream of that name shows from there on what he may see now, and ends if that is nothing
 *     credentials   whose password or second factor is newer than what a session was begun with, or who is no user any
 *                   more, logs in again; keys are asked for again, and their streams begin anew
 *
 * Which credentials are newer says the auth process, not the notice: one may have passed while this process was away,
 * or too far behind the feed. So it is asked whenever the live state came anew, too.
 */
#include "console/console_internal.h"

#include <string.h>

#define WHY "the credentials changed"

const json_t *users_find(const json_t *users, const char *name) {
        const json_t *user;
        size_t i;

        json_array_foreach(users, i, user) {
                const char *other = json_string_value(json_object_get(user, "name"));

                if (other && strcmp(other, name) == 0)
                        return user;
        }
        return NULL;
}

static bool outdated(const struct session *s, const json_t *users) {
        const json_t *user = users_find(users, s->name);
        const char *text = json_string_value(json_object_get(user, "changed_at"));
        int64_t changed;

        return s->kind == SESSION_PERSON &&
               (!user || (text && instant_parse(ww_str(text), 0, &changed) == 0 && changed > s->proved));
}

static void on_users(void *userdata, const json_t *answer) {
        struct console *c = userdata;
        const json_t *users = json_object_get(answer, "users");

        c->users_asked = false;
        if (!json_is_array(users))
                return; /* it is away: rights_turn asks again */
        c->users_due = false;
        for (struct session *s = sessions_first(c->sessions), *next; s; s = next) {
                next = s->next;
                if (outdated(s, users))
                        sessions_end(c->sessions, s, WHY);
        }
}

void rights_turn(struct console *c) {
        if (!c->users_due || c->users_asked || !c->config->auth.enabled)
                return;
        c->users_asked = true;
        auth_link_ask(c->auth, json_pack("{s:s}", "cmd", "who"), on_users, c);
}

static void look_again(struct console *c) {
        memset(c->keys, 0, sizeof c->keys);
        c->users_due = true;
        rights_turn(c);
}

void rights_line(struct console *c, const json_t *line) {
        const json_t *change = json_object_get(line, "change");
        const json_t *notice = json_object_get(json_object_get(line, "notice"), "notice");
        const char *subject = json_string_value(json_object_get(change, "subject"));
        const char *said = json_string_value(json_object_get(notice, "name"));

        if (json_object_get(line, "live_end"))
                look_again(c);
        else if (subject && strcmp(subject, "operator") == 0)
                streams_rights(c, json_string_value(json_object_get(json_object_get(change, "body"), "name")));
        if (!said || strcmp(said, "credentials-changed") != 0)
                return;
        streams_keys(c, json_string_value(json_object_get(notice, "subject")));
        look_again(c);
}

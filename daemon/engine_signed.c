/*
 * Who has signed which rule set (`rules-sign`), and how many have to before it comes into force (rules.sign_off).
 *
 * The signatures are commands in the journal, and stay in the record. What is kept here is what a reload asks: set and
 * person of the newest ones, in the journal's meta, written in the transaction of the command. They are no state of the
 * pipeline: whether a set is offered is decided outside of it, and what was taken is replayed as it was.
 *
 * The first set of a new journal is taken as it is: nobody could have signed it, and without rules nothing is watched.
 * It is said (`rules-unsigned`).
 */
#include "engine_internal.h"

#include "base/log.h"

#include <stdio.h>

#define META "rules.signed"

static const char *const sign_offs[] = { "off", "one", "two" };

size_t engine_signed_needed(const struct engine *e) {
        for (size_t i = 0; i < sizeof sign_offs / sizeof *sign_offs; i++)
                if (strcmp(e->config->rules.sign_off, sign_offs[i]) == 0)
                        return i;
        return 0;
}

static void add(struct engine *e, const char *hash, const char *person) {
        struct engine_signature *s = e->signatures;

        for (size_t i = 0; i < e->n_signatures; i++)
                if (strcmp(s[i].hash, hash) == 0 && strcmp(s[i].person, person) == 0)
                        return;
        if (e->n_signatures == ENGINE_SIGNATURES_MAX)
                memmove(s, s + 1, --e->n_signatures * sizeof *s); /* the oldest: it signs again */
        s = &s[e->n_signatures++];
        (void)snprintf(s->hash, sizeof s->hash, "%s", hash);
        (void)snprintf(s->person, sizeof s->person, "%s", person);
}

void engine_signed_load(struct engine *e) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        char *rest, *line;

        if (journal_get_meta(e->journal, META, &text) != 0)
                return;
        buf_put_u8(&text, 0);
        rest = text.error ? NULL : (char *)text.p;
        while (rest && (line = strsep(&rest, "\n"))) {
                char *person = strchr(line, ' ');

                if (!person)
                        continue;
                *person++ = '\0';
                add(e, line, person);
        }
}

static void put(struct engine *e) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        int r;

        for (size_t i = 0; i < e->n_signatures; i++)
                buf_printf(&text, "%s %s\n", e->signatures[i].hash, e->signatures[i].person);
        r = text.error ? text.error : journal_put_meta(e->journal, META, buf_str(&text));
        if (r)
                engine_fatal("cannot write who signed the rules", r);
}

void engine_signed_note(struct engine *e, const struct engine_command *command) {
        json_t *body = strstr(command->body, "\"rules-sign\"") ? json_loads(command->body, 0, NULL) : NULL;
        json_t *reply = body && command->reply ? json_loads(command->reply, 0, NULL) : NULL;
        const char *cmd = json_string_value(json_object_get(body, "cmd"));

        if (cmd && strcmp(cmd, "rules-sign") == 0 && json_is_true(json_object_get(reply, "ok"))) {
                add(e, json_string_value(json_object_get(body, "hash")), command->actor);
                put(e);
        }
        json_decref(body);
        json_decref(reply);
}

json_t *engine_signed_by(const struct engine *e, const char *hash) {
        json_t *persons = json_array();

        for (size_t i = 0; i < e->n_signatures; i++)
                if (strcmp(e->signatures[i].hash, hash) == 0)
                        (void)json_array_append_new(persons, json_string(e->signatures[i].person));
        return persons;
}

size_t engine_signed_count(const struct engine *e, const char *hash) {
        size_t n = 0;

        for (size_t i = 0; i < e->n_signatures; i++)
                n += strcmp(e->signatures[i].hash, hash) == 0;
        return n;
}

void engine_signed_say(struct engine *e, const char *hash) {
        if (engine_signed_count(e, hash) == 0)
                engine_say(e, "rules-unsigned", NULL, "set %s came into force, and nobody had signed it", hash);
}

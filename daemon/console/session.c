#include "console/session.h"

#include "base/log.h"
#include "base/span.h"
#include "console/kept.h"
#include <wardwatch/time.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME   "sessions"
#define WRITE_AFTER WW_MINUTE /* of what is no beginning and no end */

struct sessions {
        struct sessions_options options;
        struct session *first;
        size_t n;
        uint64_t next_number;
        bool dirty, urgent;
        int64_t written;
};

static const char *const kinds[] = { [SESSION_PERSON] = "person", [SESSION_WALLBOARD] = "wallboard" };

/* --- the file --- */

static json_t *describe(const struct session *s) {
        return json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:b}", "number", (json_int_t)s->number,
                         "kind", kinds[s->kind], "name", s->name, "source", s->source, "hash", s->hash, "began",
                         (json_int_t)s->began, "seen", (json_int_t)s->seen, "proved", (json_int_t)s->proved, "ends",
                         (json_int_t)s->ends, "locked", s->locked, "given", s->given);
}

/* Without fsync: who loses power logs in again. */
static void write_file(struct sessions *s, int64_t now) {
        json_t *list = json_array();
        int r;

        for (const struct session *one = s->first; one; one = one->next)
                (void)json_array_append_new(list, describe(one));
        r = kept_write(
                s->options.dir_fd, FILE_NAME,
                json_pack("{s:i, s:I, s:o}", "version", 1, "next", (json_int_t)s->next_number, "sessions", list));
        if (r)
                log_warning("console-sessions", NULL, "cannot be written: %s; after a restart people log in again",
                            strerror(-r));
        s->dirty = s->urgent = false;
        s->written = now;
}

static void copy_text(const json_t *o, const char *name, char *out, size_t size) {
        const char *text = json_string_value(json_object_get(o, name));

        (void)snprintf(out, size, "%s", text ? text : "");
}

static struct session *read_one(const json_t *o, int64_t now) {
        struct session *s = calloc(1, sizeof *s);
        const char *kind = json_string_value(json_object_get(o, "kind"));

        if (!s)
                return NULL;
        s->number = (uint64_t)json_integer_value(json_object_get(o, "number"));
        s->kind = kind && strcmp(kind, kinds[SESSION_WALLBOARD]) == 0 ? SESSION_WALLBOARD : SESSION_PERSON;
        copy_text(o, "name", s->name, sizeof s->name);
        copy_text(o, "source", s->source, sizeof s->source);
        copy_text(o, "hash", s->hash, sizeof s->hash);
        s->began = json_integer_value(json_object_get(o, "began"));
        s->seen = json_integer_value(json_object_get(o, "seen"));
        s->proved = json_integer_value(json_object_get(o, "proved"));
        if (!s->proved) /* a file of before */
                s->proved = s->began;
        s->ends = json_integer_value(json_object_get(o, "ends"));
        s->locked = json_is_true(json_object_get(o, "locked"));
        s->given = json_is_true(json_object_get(o, "given"));
        if (strlen(s->hash) == 64 && s->number && *s->name && s->ends > now)
                return s;
        free(s);
        return NULL;
}

static void read_file(struct sessions *s, int64_t now) {
        json_t *root = kept_read(s->options.dir_fd, FILE_NAME), *one;
        struct session **at = &s->first;
        size_t i;

        json_array_foreach(json_object_get(root, "sessions"), i, one) {
                *at = s->n < SESSIONS_MAX ? read_one(one, now) : NULL;
                if (!*at)
                        continue;
                s->n++;
                if ((*at)->number > s->next_number)
                        s->next_number = (*at)->number;
                at = &(*at)->next;
        }
        if ((uint64_t)json_integer_value(json_object_get(root, "next")) > s->next_number)
                s->next_number = (uint64_t)json_integer_value(json_object_get(root, "next"));
        json_decref(root);
}

/* --- life --- */

int sessions_new(struct sessions **ret, const struct sessions_options *options, int64_t now) {
        struct sessions *s = sodium_init() < 0 ? NULL : calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->options = *options;
        s->written = now;
        read_file(s, now);
        *ret = s;
        return 0;
}

struct sessions *sessions_free(struct sessions *s) {
        if (!s)
                return NULL;
        write_file(s, 0);
        while (s->first) {
                struct session *one = s->first;

                s->first = one->next;
                free(one);
        }
        free(s);
        return NULL;
}

/* --- finding --- */

static void hash_token(const char *token, char hash[65]) {
        uint8_t bytes[32];

        (void)crypto_generichash(bytes, sizeof bytes, (const uint8_t *)token, strlen(token), NULL, 0);
        sodium_bin2hex(hash, 65, bytes, sizeof bytes);
}

void sessions_csrf(const char *token, char csrf[SESSION_CSRF_SIZE]) {
        static const uint8_t key[crypto_generichash_KEYBYTES_MIN] = "wardwatch csrf";
        uint8_t bytes[16];

        (void)crypto_generichash(bytes, sizeof bytes, (const uint8_t *)token, strlen(token), key, sizeof key);
        sodium_bin2hex(csrf, SESSION_CSRF_SIZE, bytes, sizeof bytes);
}

/* What is compared are hashes: how long it takes says nothing about the token. */
struct session *sessions_find(struct sessions *s, const char *token) {
        char hash[65];
        struct session *one = s->first;

        hash_token(token, hash);
        while (one && strcmp(one->hash, hash) != 0)
                one = one->next;
        return one;
}

struct session *sessions_number(struct sessions *s, uint64_t number) {
        struct session *one = s->first;

        while (one && one->number != number)
                one = one->next;
        return one;
}

struct session *sessions_first(struct sessions *s) {
        return s->first;
}

size_t sessions_count(const struct sessions *s) {
        return s->n;
}

/* --- beginning and ending --- */

/* Newest first: the last of a person is the oldest. */
static struct session *oldest(const struct sessions *s, const char *name, size_t *ret_n) {
        struct session *found = NULL;

        *ret_n = 0;
        for (struct session *one = s->first; one; one = one->next) {
                if (name && strcmp(one->name, name) != 0)
                        continue;
                found = one;
                (*ret_n)++;
        }
        return found;
}

static void make_room(struct sessions *s, const char *name) {
        size_t n;
        struct session *old = oldest(s, name, &n);

        if (old && n >= SESSIONS_OF_ONE)
                sessions_end(s, old, "too many sessions of one person");
        old = oldest(s, NULL, &n);
        if (old && n >= SESSIONS_MAX)
                sessions_end(s, old, "too many sessions");
}

struct session *sessions_begin(struct sessions *s, enum session_kind kind, const char *name, const char *source,
                               int64_t now, char token[SESSION_TOKEN_SIZE]) {
        struct session *one = calloc(1, sizeof *one);
        uint8_t bytes[32];

        if (!one)
                return NULL;
        make_room(s, name);
        randombytes_buf(bytes, sizeof bytes);
        sodium_bin2hex(token, SESSION_TOKEN_SIZE, bytes, sizeof bytes);
        *one = (struct session){
                .next = s->first, .number = ++s->next_number, .kind = kind, .began = now, .seen = now, .proved = now
        };
        one->ends = now + (kind == SESSION_WALLBOARD ? SESSION_WALL_TIME : s->options.max);
        (void)snprintf(one->name, sizeof one->name, "%s", name);
        (void)snprintf(one->source, sizeof one->source, "%s", source);
        hash_token(token, one->hash);
        s->first = one;
        s->n++;
        write_file(s, now); /* before its browser knows it */
        return one;
}

void sessions_end(struct sessions *s, struct session *session, const char *why) {
        struct session **at = &s->first;

        s->options.changed(s->options.userdata, session, true, why);
        while (*at != session)
                at = &(*at)->next;
        *at = session->next;
        s->n--;
        s->dirty = s->urgent = true;
        free(session);
}

void sessions_end_of(struct sessions *s, const char *name, const struct session *but, const char *why) {
        for (struct session *one = s->first, *next; one; one = next) {
                next = one->next;
                if (one != but && one->kind == SESSION_PERSON && strcmp(one->name, name) == 0)
                        sessions_end(s, one, why);
        }
}

void sessions_touch(struct sessions *s, struct session *session, int64_t now) {
        session->seen = now;
        s->dirty = true;
}

void sessions_proved(struct sessions *s, struct session *session, int64_t now) {
        session->proved = now;
        write_file(s, now); /* as long as it is older than its password in the file, a restart would end it */
}

static void lock(struct sessions *s, struct session *session, const char *why) {
        session->locked = true;
        s->dirty = s->urgent = true;
        s->options.changed(s->options.userdata, session, false, why);
}

void sessions_lock(struct sessions *s, struct session *session) {
        if (!session->locked && session->kind == SESSION_PERSON)
                lock(s, session, "locked by hand");
}

void sessions_unlock(struct sessions *s, struct session *session, int64_t now) {
        session->locked = false;
        session->seen = session->proved = now;
        s->dirty = s->urgent = true;
        s->options.changed(s->options.userdata, session, false, "unlocked");
}

void sessions_turn(struct sessions *s, int64_t now) {
        for (struct session *one = s->first, *next; one; one = next) {
                next = one->next;
                if (now >= one->ends) {
                        sessions_end(s, one, "its time was over");
                } else if (one->kind == SESSION_PERSON && !one->locked && now - one->seen > s->options.idle) {
                        lock(s, one, "nobody acted");
                }
        }
        if (s->urgent || (s->dirty && now - s->written > WRITE_AFTER))
                write_file(s, now);
}

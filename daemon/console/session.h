#pragma once
/*
 * Who is logged in. A session is known by 256 random bits that only its browser has: here, and in the file, stands
 * their hash. The file (state.dir/console/sessions) lets a control room go on where it was when this process is started
 * anew.
 *
 *     new at log-in ──► open ── by hand, or nobody acted for `idle` ──► locked ── password again ──► open
 *                         └──────── ended, or `session_max` after the log-in ────────► gone, with its streams
 *
 * A locked session shows what it showed: alarms must not vanish from the wall because nobody touched a mouse.
 */
#include "base/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SESSION_TOKEN_SIZE 65 /* hex of 256 bits */
#define SESSION_CSRF_SIZE  33
#define SESSIONS_MAX       2000
#define SESSIONS_OF_ONE    20 /* of one person: the oldest makes room */
#define SESSION_WALL_TIME  (400 * WW_DAY)

enum session_kind { SESSION_PERSON, SESSION_WALLBOARD };

struct session {
        struct session *next;
        uint64_t number; /* by which others name it */
        enum session_kind kind;
        char name[72]; /* of the operator; of a screen its title */
        char source[48];
        char hash[65];
        int64_t began, seen; /* wall clock, µs */
        int64_t proved;      /* when the credentials were right */
        int64_t ends;
        bool locked;
        bool given; /* somebody else chose the password: nothing but choosing another */
        size_t streams;
};

struct sessions;

struct sessions_options {
        int dir_fd;   /* of the folder of the file; borrowed */
        int64_t idle; /* µs */
        int64_t max;
        void *userdata;
        /* It ended, or was locked (`ended` false); `why` for the record. The session is still there. */
        void (*changed)(void *userdata, struct session *s, bool ended, const char *why);
};

/** With what the file has and is not over at `now`. 0, -errno; a file that cannot be read is as none. */
int sessions_new(struct sessions **ret, const struct sessions_options *options, int64_t now);
struct sessions *sessions_free(struct sessions *s); /* they stay in the file */
/** A new one; `token` goes to the browser and nowhere else. NULL without memory. */
struct session *sessions_begin(struct sessions *s, enum session_kind kind, const char *name, const char *source,
                               int64_t now, char token[SESSION_TOKEN_SIZE]);
/** NULL: none of that token. */
struct session *sessions_find(struct sessions *s, const char *token);
struct session *sessions_number(struct sessions *s, uint64_t number);
struct session *sessions_first(struct sessions *s);
void sessions_csrf(const char *token, char csrf[SESSION_CSRF_SIZE]);
/** Somebody acted. */
void sessions_touch(struct sessions *s, struct session *session, int64_t now);
/** By hand: as if nobody had acted. */
void sessions_lock(struct sessions *s, struct session *session);
void sessions_unlock(struct sessions *s, struct session *session, int64_t now);
/** The credentials are new, and were just given. */
void sessions_proved(struct sessions *s, struct session *session, int64_t now);
void sessions_end(struct sessions *s, struct session *session, const char *why);
/** All of a person but one (NULL: all). */
void sessions_end_of(struct sessions *s, const char *name, const struct session *but, const char *why);
/** Locks and ends what is due, and writes the file if there is something new. Every second or so. */
void sessions_turn(struct sessions *s, int64_t now);
size_t sessions_count(const struct sessions *s);

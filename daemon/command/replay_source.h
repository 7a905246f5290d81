#pragma once
/*
 * Where a replay's inputs come from: lines of JSON, or PostgreSQL's history. Either gives the inputs one by one, in the
 * journal's order, and holds no more of them than it needs for the next.
 */
#include "config/config.h"
#include <wardwatch/record.h>

enum {
        REPLAY_E_END = 1, /* nothing more */
        REPLAY_E_TOLD,    /* it cannot go on; why stands on stderr */
};

/* an alarm of the recording, by what it is the same alarm in another run */
struct replay_alarm {
        struct ww_str rule, key;
        bool exercise;
};

struct replay_source {
        void *userdata;
        /** 0 and the next input, borrowed until the next call; REPLAY_E_*; -errno. */
        int (*next)(void *userdata, struct ww_input *ret);
        /** The recording's alarm of that number, borrowed until the next call. 0; REPLAY_E_END: it says nothing of it;
         *  REPLAY_E_TOLD; -errno. */
        int (*alarm)(void *userdata, uint64_t id, struct replay_alarm *ret);
        void (*close)(void *userdata);
        int64_t from; /* alarms before are not told: what comes before only sets the scene; NONE = tell all */
        /** A reload among the inputs was primed with this one. NULL: it is not known beforehand. */
        bool (*primes)(void *userdata, uint64_t seq);
};

/* All of it instants; NONE and NEVER = not given. */
struct replay_range {
        int64_t from, to;
        int64_t warm_up; /* µs before `from` that are fed, and not told */
};

/** `name`: a file, "-" = standard input. `start`: time of the first line that has none; NONE: such a line is an error.
 *  `step`: from a line without time to the next. 0, REPLAY_E_TOLD, -errno. */
int replay_file_open(struct replay_source *ret, const char *name, const struct replay_range *range, int64_t start,
                     int64_t step);

struct replay_database {
        const char *url;           /* libpq connection string */
        const char *password_file; /* "" = none */
        const char *user;          /* as behalf_login */
        const char *journal;       /* its number in the database, NULL = the only one */
        uint64_t alarm; /* without `journal`: of several the one in which it was raised last; 0 = nothing is chosen */
        bool recorded;  /* the rules in force before `from` come first */
};

/** Texts of `database` are borrowed until it is closed. 0, REPLAY_E_TOLD, -errno. */
int replay_history_open(struct replay_source *ret, const struct replay_database *database,
                        const struct replay_range *range);

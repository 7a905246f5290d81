#pragma once
/* What `wardwatch replay` and `wardwatch explain` share: what is replayed, and over what. */
#include "command/replay_print.h"
#include "command/replay_side.h"

enum {
        REPLAY_E_DIFFERS = 3, /* beside those of the source: two rule sets gave different alarms */
};

struct replay_options {
        const char *file; /* NULL: PostgreSQL's history */
        const char *rules, *other, *database, *journal;
        uint64_t alarm; /* what it is about: chooses among journals as replay_database does; 0 = nothing */
        struct replay_range range;
        int64_t start, step, near;
        bool recorded, progress;
};

/** An instant as RFC 3339, or so long ago; `text` NULL: `none`. 0 or -EINVAL. */
int replay_parse_time(const char *text, int64_t none, int64_t *ret);

/** The one that the options name, else the configuration's; its texts are theirs. `url` "": there is none. */
struct replay_database replay_database_of(const struct config *config, const struct replay_options *options);

/** 0, REPLAY_E_TOLD, -errno. */
int replay_open(struct replay_source *ret, const struct config *config, const struct replay_options *options);

struct replay_run {
        struct replay_side *sides[2];
        size_t n_sides;
        uint64_t messages;
        int (*turn)(void *userdata, int64_t time); /* after each input; NULL = nobody listens */
        void *userdata;
};

/** Every input of the source through every side. 0, REPLAY_E_TOLD, -errno, or what ended it. */
int replay_run(struct replay_run *run, const struct replay_source *source, const struct replay_options *options);

/** replay_difference.c: the first side with `side`, the other with the rules `other` (stolen). 0, REPLAY_E_DIFFERS and
 *  as above. */
int replay_difference_run(struct replay_run *run, const struct replay_source *source,
                          const struct replay_options *options, bool json, struct ruleset *other,
                          struct replay_side_options *side);

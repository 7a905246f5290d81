#pragma once
/* What the parts of `wardwatch sensors` share: where messages come from, and what the types make of them. */
#include "command/command_internal.h"
#include "command/replay_source.h"
#include "ruleset.h"

struct sensors {
        const struct command_args *args;
        const char *name; /* of the part, for messages: "try" */
        struct config config;
        struct ruleset *rules;
};

/** Configuration, and its types and site compiled. 0, or an exit code; why stands on stderr. */
int sensors_open(struct sensors *s, const char *name, const struct command_args *args);
void sensors_close(struct sensors *s);
/** Wrong usage, told: 2. */
int sensors_usage(const char *name, const char *what, const char *cure);
/** 0, REPLAY_E_TOLD and -errno as an exit code; the last is told. */
int sensors_exit(const char *name, int r);

/* ---- sensors_source.c: messages that were recorded ---- */

enum { SENSORS_FROM, SENSORS_TO, SENSORS_DATABASE, SENSORS_JOURNAL, SENSORS_OWN };
#define SENSORS_SOURCE_OPTIONS                                                                                         \
        [SENSORS_FROM] = { "--from", 0, "TIME", "messages from then on: RFC 3339, or a span ago (2h)" },               \
        [SENSORS_TO] = { "--to", 0, "TIME", "messages before then" },                                                  \
        [SENSORS_DATABASE] = { "--database", 'd', "CONNINFO", "history of this database, not the daemon's journal" },  \
        [SENSORS_JOURNAL] = { "--journal", 0, "N", "history: of which journal, if the database holds several" }

/** `file`: JSON lines or what `mosquitto_sub -v` writes, "-" = standard input; NULL: the daemon's journal where it may
 *  be read, else the history in PostgreSQL. Inputs that are no messages come along. 0, or an exit code, told. */
int sensors_source_open(const struct sensors *s, const char *file, struct replay_source *ret);
/* sensors_file.c; 0, REPLAY_E_TOLD, -errno */
int sensors_file_open(struct replay_source *ret, const char *name, int64_t from, int64_t to);
/* sensors_journal.c; 0, REPLAY_E_END: there is none, or it is not for this user; -errno */
int sensors_journal_open(struct replay_source *ret, const char *dir, int64_t from, int64_t to);

/* ---- sensors_player.c: what becomes of them ---- */

struct sensors_message { /* borrowed for the call */
        const struct ww_input *input;
        const char *reason;            /* NULL: understood; "no-type" … */
        struct ww_str detail;          /* of the reason */
        struct ww_str sensor, message; /* that took it, or tried */
        bool ignored;                  /* it is known, and means nothing */
        size_t events;
        struct ww_str silent; /* without an event: why its first entry told none; "" = it has no entry */
};

struct sensors_watch {
        void *userdata;
        int (*event)(void *userdata, const struct ww_event *e);          /* 0 or -errno; NULL = nobody minds */
        void (*saying)(void *userdata, const struct decode_saying *s);   /* NULL = nobody minds */
        int (*message)(void *userdata, const struct sensors_message *m); /* behind all that came of it; 0 or -errno */
};

struct sensors_player;
/** `rules` and `watch` are borrowed. 0, -ENOMEM. */
int sensors_player_new(struct sensors_player **ret, const struct ruleset *rules, const struct sensors_watch *watch);
struct sensors_player *sensors_player_free(struct sensors_player *p);
DEFINE_CLEANUP(struct sensors_player *, sensors_player_free)
int sensors_player_take(struct sensors_player *p, const struct ww_input *input); /* what is no message is passed over */
/** Opens the source, plays all of it, closes it. Exit code, told. */
int sensors_play(const struct sensors *s, const char *file, const struct sensors_watch *watch);

/* ---- sensors_text.c ---- */

/** A topic with what varies folded: levels that are numbers {n}, hex or a UUID {id}, numbers in words Zone{n}. */
void sensors_topic_fold(struct ww_str topic, struct buf *out);
/** Bytes for a terminal, at most `max` of them. */
void sensors_put(struct ww_str bytes, size_t max);
void sensors_put_value(struct ww_value v, struct ww_str unit);
/** "09:00:00.000Z  door.opened of ward3_door …", without a newline. */
void sensors_put_event(const struct ww_event *e);

/* ---- sensors_yaml.c ---- */

/** A text as YAML reads it back as that text: bare, in single quotes, or in double ones with escapes. Bytes that are no
 *  UTF-8 become U+FFFD. */
void sensors_yaml_text(struct ww_str text, struct buf *out);
/** What is in a comment: with nothing that ends its line, which in YAML are five characters. */
void sensors_yaml_comment(struct ww_str text, struct buf *out);
/** The same, and what would be a number or a truth value stays one. */
void sensors_yaml_value(struct ww_value v, struct buf *out);

#pragma once
/* Parsing, help and man page: all of them read the rows. */
#include "base/buf.h"
#include "base/diag.h"
#include "command/command.h"
#include "config/config.h"

#include <jansson.h>

/* What to do where the database cannot be reached. */
#define DATABASE_HELP                                                                                                  \
        "look at database.url, or name another with --database; TLS with a known certificate is required unless it "   \
        "says otherwise (sslmode=disable)"

#define COMMAND_OPTIONS_MAX 20 /* of a row: struct command_args has so many values */

/** -c, --json, -h: every command has them. */
extern const struct command_option command_common[];

/** Fills `ret` from the words after the command's name. Positional words are moved to the front of argv. 0; 1 = help
 *  was asked for; 2 = wrong, and told on stderr. */
int command_parse(const struct command *row, int argc, char **argv, struct command_args *ret);

const struct command *command_find(const char *name);
/** "did you mean `check`?" among the names that are not hidden; NULL if nothing is near. */
const char *command_nearest(const char *name);
/** The part of a row that has parts: `word` is the last one of its name ("list" of "sensors list"). */
const struct command *command_part(const struct command *row, const char *word);
const char *command_part_word(const struct command *part);
const char *command_default_config(void);

/** Text for people. */
void command_help_all(struct buf *out);
void command_help_one(const struct command *row, struct buf *out);

void command_help_config(struct buf *out);
/** One paragraph about a key: purpose, type, range, default. */
void command_key_text(const struct config_key *key, struct buf *out);

/** roff for man: section 1 from the rows, section 5 from the table of configuration keys. */
void command_man_commands(struct buf *out);
void command_man_config(struct buf *out);

/** The completion for bash, from the rows. */
void command_completion(struct buf *out);

/** Writes the buffer to a stream; 0, or 1 if it could not be written. */
int command_put(struct buf *text, bool to_stderr);
/** A value (stolen) and a newline on standard output; `flags`: jansson's. 0, -ENOMEM, -EPIPE. */
int command_put_json(json_t *value, size_t flags);
/** What was told of files, on stderr. */
void command_put_diag(const struct diag *d);

#pragma once
/*
 * An answer as bytes: a table for a terminal, CSV or JSON, row by row as it comes.
 *
 *   table   columns as wide as the first ANSWER_LOOK rows need; what a terminal could act on becomes a point
 *   csv     RFC 4180, with a head. A text that a spreadsheet would take for a formula gets a ' in front
 *   json    an array of objects, one a line; numbers, truth values and JSON as such, times as RFC 3339, null
 */
#include "report/inquiry.h"

#include <wardwatch/str.h>

enum answer_format {
        ANSWER_TABLE,
        ANSWER_CSV,
        ANSWER_JSON,
        ANSWER_FORMATS,
};

#define ANSWER_LOOK 200

struct answer;
/** 0, or not 0: nobody wants more. */
typedef int (*answer_put_fn)(void *userdata, struct ww_str bytes);

const char *answer_format_name(enum answer_format format);
/** ANSWER_FORMATS: there is none of that name. */
enum answer_format answer_format_find(const char *name);

/** 0, -ENOMEM. */
int answer_new(struct answer **ret, enum answer_format format, answer_put_fn put, void *userdata);
/** As long as the answer. */
const struct inquiry_sink *answer_sink(struct answer *a);
/** Writes what is left. 0, -ENOMEM, or what `put` returned. */
int answer_finish(struct answer *a);
size_t answer_rows(const struct answer *a);
struct answer *answer_free(struct answer *a); /* returns NULL */
DEFINE_CLEANUP(struct answer *, answer_free)

/** One value as JSON. */
void answer_json_value(struct buf *out, enum inquiry_type type, const char *value);
void answer_csv_value(struct buf *out, enum inquiry_type type, const char *value);
/** As it may stand on a terminal. */
void answer_plain_value(struct buf *out, const char *value);

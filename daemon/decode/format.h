#pragma once
/*
 * The formats of payloads: one row each, a name and a function that makes a document of the bytes. A new format is a
 * new row here and a reader beside json_reader.c; what needs a state or a grammar of its own is a decoder (decoders.h).
 */
#include "decode/decoders.h"

#define FORMAT_SIGNS_MAX   16  /* characters of `between`, of `is`; the message of load_format.c says it, too */
#define FORMAT_COLUMNS_MAX 64  /* of a line */
#define FORMAT_USES_MAX    128 /* formats with their options, of all types together */

/* what the words of a format say; a row says which of them it has */
struct format_options {
        struct ww_str between, is; /* pairs: each of these characters ends a pair, a key */
        char separator;            /* csv: between fields */
        bool header;               /* csv: the first line names the columns, or is passed over where they are named */
        bool list;                 /* csv: an array, be it of one line */
        const struct ww_str *columns; /* csv */
        size_t n_columns;
};

enum format_words {
        FORMAT_NO_WORDS,
        FORMAT_PAIRS_WORDS,
        FORMAT_CSV_WORDS,
};

struct format {
        const char *name;
        /* 0; -EBADMSG: the payload is not of this format (d->error); -ENOMEM */
        int (*read)(struct document *d, struct ww_str payload, const struct format_options *options);
        const char *help; /* one line for the reference */
        enum format_words words;
        bool bytes;                    /* d->bytes is set: `bytes:` reads it without `from` */
        const struct decoder *decoder; /* reads instead of `read`; NULL = none */
};

extern const struct format format_table[];
extern const size_t format_count;
/* what holds without options */
extern const struct format_options format_plain;

/* a format as a message has it */
struct format_use {
        const struct format *format;
        struct format_options options;
};

/** Index in format_table, or -1. */
int format_find(struct ww_str name);
/** Rows of format_table at most. */
#define FORMAT_MAX 32
/** True if both read a payload into the same document. */
bool format_use_equal(const struct format_use *a, const struct format_use *b);

#pragma once
/*
 * The formats of payloads: one row each, a name and a function that makes a document of the bytes. A new format (CSV,
 * key:value pairs, hex …) is a new row here and a reader beside json_reader.c; what needs a state or a grammar of its
 * own is a decoder (decoders.h).
 */
#include "decode/decoders.h"

struct format {
        const char *name;
        /* 0; -EBADMSG: the payload is not of this format (d->error); -ENOMEM */
        int (*read)(struct document *d, struct ww_str payload);
        const char *help;              /* one line for the reference */
        const struct decoder *decoder; /* reads instead of `read`; NULL = none */
};

extern const struct format format_table[];
extern const size_t format_count;

/** Index in format_table, or -1. */
int format_find(struct ww_str name);
/** Bit mask of formats is held in 32 bits. */
#define FORMAT_MAX 32

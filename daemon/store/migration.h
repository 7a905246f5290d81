#pragma once
/*
 * The numbered migrations of a folder: 0001_history.sql, 0002_….sql, without a gap. Each is one transaction's worth of
 * SQL (it holds no BEGIN and no COMMIT) and is never changed once it is applied anywhere: its checksum is recorded.
 */
#include "base/error.h"
#include <stddef.h>

struct migration {
        int version;       /* from 1 */
        char *name;        /* "0001_history" */
        char *text;        /* NUL-terminated */
        char checksum[33]; /* XXH3, 128 bits, hex */
};

struct migrations {
        struct migration *items; /* by version; items[i].version == i + 1 */
        size_t n;
};

/** 0; -EINVAL (a gap, a number used twice, NUL in the text), -ENOENT (no folder, or none in it), -errno. *ret_why: a
 *  sentence, static or in a thread-local buffer. */
int migrations_read(struct migrations *ret, const char *dir, const char **ret_why);
void migrations_deinit(struct migrations *m);

/** Where they are: WARDWATCH_SCHEMA in the environment, else where they are installed, else the source tree's. */
const char *migrations_dir(void);

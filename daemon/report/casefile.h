#pragma once
/*
 * The case bundle: one archive with the whole story of an incident. See casefile.c.
 */
#include "report/inquiry.h"

#include <wardwatch/str.h>

enum casefile_shape {
        CASEFILE_FACTS, /* one row: each column a line */
        CASEFILE_TABLE,
        CASEFILE_FILES, /* two columns: name of a file, its bytes in hex */
};

struct casefile_part {
        enum casefile_shape shape;
        struct question question; /* name: of csv/NAME.csv */
};

#define CASEFILE_ROWS 100000 /* of a part; more of them are not in the bundle, and it says so */

/** NULL behind the last one. */
const struct casefile_part *casefile_part_at(size_t index);

/** Names the rows of the record that a bundle is made from: relation, seq, n, position, journal. */
const struct question *casefile_rows(void);

struct casefile_zip;

struct casefile_options {
        struct inquiry *inquiry;
        const char *path;     /* of the archive; it must not be there. "-" = standard output */
        const char *incident; /* number */
        const char *journal;  /* NULL = the newest */
        const char *person;   /* who makes it; "" = not known */
        const char *timezone; /* of the times on the page */
        int64_t now;          /* µs since 1970 */
        /* Adds proof/; what the page says of it (HTML) goes to `told`. 0; CASEFILE_E_PROOF; -errno. NULL = no proof. */
        int (*proof)(void *userdata, struct casefile_zip *zip, struct buf *told);
        void (*progress)(void *userdata, size_t done, size_t total); /* parts; NULL = nobody minds */
        void *userdata;
};

struct casefile_figures {
        size_t files, rows;
        bool cut;        /* a part had more than CASEFILE_ROWS */
        char sha256[65]; /* of the list of checksums */
};

enum {
        CASEFILE_E_NONE = 101, /* there is no such incident */
        CASEFILE_E_PROOF,      /* its proof cannot be made: that was told */
        CASEFILE_E_FILE,       /* the archive cannot be written: error */
};

/** Writes the archive, whole or not at all. 0; CASEFILE_E_* or INQUIRY_E_* (casefile_error, inquiry_error); -errno. */
int casefile_write(const struct casefile_options *options, struct casefile_figures *ret);
/** Of the last CASEFILE_E_FILE; static until the next call. */
const char *casefile_error(void);

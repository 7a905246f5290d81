#pragma once
/*
 * A bundle: all that decides what Wardwatch concludes (sensor types, rules, site, its time zone's data), as one value.
 *
 * A reload record carries the bundle, so that the journal alone says which text was in force. Encoding is
 * canonical: files sorted by (role, path), exact bytes. Its hash is 128 bits of XXH3 over the encoding.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"

/* on disk: do not renumber */
enum bundle_role {
        BUNDLE_SENSORS = 1, /* sensor types */
        BUNDLE_RULES = 2,
        BUNDLE_SITE = 3,
        BUNDLE_TIMEZONE = 4, /* path: Europe/Berlin; text: the bytes of its TZif file */
        BUNDLE_RESPONSE = 5, /* procedures, dispositions, escalations */
        BUNDLE_RECORDS = 6,  /* kinds of records */
};

struct bundle_file {
        enum bundle_role role;
        struct ww_str path; /* as the configuration led to it */
        struct ww_str text;
};

struct bundle {
        struct arena arena; /* owns paths and texts */
        struct bundle_file *files;
        size_t n;
        char hash[33]; /* hex */
};

void bundle_deinit(struct bundle *b);
#define _cleanup_bundle_ _cleanup_(bundle_deinit)

/** Adds every *.yaml and *.yml of a folder (recursive, sorted, hidden ones left out) or one file; of site files and
 * sensor types also the data of their time zones. 0; DIAG_E_USER (missing, unreadable, too large, unknown time zone);
 * -errno. Call bundle_seal after the last. Messages may name files by the bundle's own paths: it must outlive them. */
int bundle_add_path(struct bundle *b, enum bundle_role role, const char *path, struct diag *d);
/** Adds a text from memory (tests, tools). A site's time zone does not come along: see bundle_add_timezones. */
int bundle_add_text(struct bundle *b, enum bundle_role role, const char *path, struct ww_str text);
/** Adds the data of the time zones that the site files and the times of sensor types from index `from` on name, as
 *  bundle_add_path does by itself.
 *  0; DIAG_E_USER (unknown time zone; the message names the bundle's own path); -errno. */
int bundle_add_timezones(struct bundle *b, size_t from, struct diag *d);
/** That the pictures which the site files from index `from` on name as floor plans (`plans`) are there, beside the file
 *  that names them, as bundle_add_path does by itself. 0; DIAG_E_USER (told, with the bundle's own paths); -errno. */
int bundle_check_plans(const struct bundle *b, size_t from, struct diag *d);
/** The data of a time zone; NULL: none is in the bundle. */
const struct bundle_file *bundle_timezone(const struct bundle *b, struct ww_str name);
/** Sorts and hashes. */
int bundle_seal(struct bundle *b);

int bundle_encode(const struct bundle *b, struct buf *out);
int bundle_decode(struct ww_str bytes, struct bundle *ret); /* 0, -EBADMSG, -ENOMEM */

/** For struct diag's `source`: the text of a file; userdata is the bundle. */
struct ww_str bundle_source(void *userdata, struct ww_str file);

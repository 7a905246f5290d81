#pragma once
/*
 * A bundle: the whole text that decides what Wardwatch concludes (sensor types, rules, site), as one value.
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

/** Adds every *.yaml and *.yml of a folder (recursive, sorted, hidden ones left out) or one file. 0; DIAG_E_USER
 *  (missing, unreadable, too large); -errno. Call bundle_seal after the last. */
int bundle_add_path(struct bundle *b, enum bundle_role role, const char *path, struct diag *d);
/** Adds a text from memory (tests, tools). */
int bundle_add_text(struct bundle *b, enum bundle_role role, const char *path, struct ww_str text);
/** Sorts and hashes. */
int bundle_seal(struct bundle *b);

int bundle_encode(const struct bundle *b, struct buf *out);
int bundle_decode(struct ww_str bytes, struct bundle *ret); /* 0, -EBADMSG, -ENOMEM */

/** For struct diag's `source`: the text of a file; userdata is the bundle. */
struct ww_str bundle_source(void *userdata, struct ww_str file);

#pragma once
/* The archive of a case bundle: files by name, and the list of their checksums. */
#include "base/buf.h"

struct casefile_zip;

/** Makes the archive beside `path`, readable for its owner only; "-": writes it to standard output as it comes, half of
 * it if it fails. 0; -errno. */
int casefile_zip_new(struct casefile_zip **ret, const char *path, int64_t now);
/** Adds a file. 0; -errno. */
int casefile_zip_add(struct casefile_zip *z, const char *name, struct ww_str bytes);
/** Adds SHA256SUMS (as sha256sum -c reads it) and puts the archive in its place; it fails with -EEXIST if there is
 *  something. ret_sha256: of SHA256SUMS, in hex. */
int casefile_zip_finish(struct casefile_zip *z, char ret_sha256[static 65]);
size_t casefile_zip_files(const struct casefile_zip *z);
/** Without finish nothing is left behind. Returns NULL. */
struct casefile_zip *casefile_zip_free(struct casefile_zip *z);
DEFINE_CLEANUP(struct casefile_zip *, casefile_zip_free)

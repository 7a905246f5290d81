#pragma once
#include <stddef.h>

/** Reads a whole regular file of at most `max` bytes. *ret_text is malloc'd and NUL-terminated, *ret_n its bytes.
 *  0, -EFBIG (larger), -EISDIR, -EINVAL (neither file nor folder: a pipe would block), another -errno. */
int file_read(const char *path, size_t max, char **ret_text, size_t *ret_n);

/** Puts a folder's entries on the disk, so that a file made, renamed or removed in it stays so. 0, -errno. */
int file_sync_folder(const char *path);

#pragma once
/*
 * Two classes of errors.
 *
 * A negative errno says that something unexpected happened (no memory, a disk error, a bug): the function that
 * meets it cleans up and passes it up; nobody below the stage's boundary tries to be clever with it.
 *
 * A positive MODULE_E_* says that something happened which the caller has to handle, because it is part of the
 * module's meaning (a version conflict, a full map, a topic without a type). Each function lists the ones it
 * returns; a switch over them has no default.
 *
 * 0 is success. Outputs are named `ret_x` and are untouched on failure. What users did wrong in their files is
 * neither class: it goes into a struct diag (base/diag.h) with file, line, column and cure, and the function
 * returns DIAG_E_USER.
 */
#include <errno.h>
#include <stdlib.h>

#define _cleanup_(f)   __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _public_       __attribute__((visibility("default")))

static inline void cleanup_freep(void *p) {
        free(*(void **)p);
}
#define _cleanup_free_ _cleanup_(cleanup_freep)

void cleanup_closep(int *fd); /* closes *fd if >= 0 */
#define _cleanup_close_ _cleanup_(cleanup_closep)

/** static inline void NAMEp(TYPE **p): for _cleanup_(NAMEp). `function(NULL)` must be fine. */
#define DEFINE_CLEANUP(type, function)                                                                                 \
        static inline void function##p(type *p) {                                                                      \
                function(*p);                                                                                          \
        }

#pragma once
/* The file of mqtt.signatures: which topics are signed, with which keys. It is a secret, and no part of the record. */
#include "base/arena.h"
#include "base/diag.h"
#include "signature.h"

#define KEYRING_MAX 4096 /* devices */

struct keyring_device {
        const char *name;
        unsigned char key[SIGNATURE_KEY];
        struct ww_str *filters;
        size_t n_filters;
        bool unsigned_too; /* while its firmware is rolled out: what has no signature is taken, what has a wrong one not
                            */
        int64_t told;      /* boot clock: when a forgery was told last */
};

struct keyring {
        struct arena arena;
        struct keyring_device *devices;
        size_t n;
};

/** 0; DIAG_E_USER (told in `d`); -errno. A file that others can read is refused. */
int keyring_load(struct keyring *ret, const char *file, struct diag *d);
void keyring_deinit(struct keyring *k);
/** The first device that has exactly this filter; NULL = none. */
const struct keyring_device *keyring_owner(const struct keyring *k, struct ww_str filter);
/** The first device that has a filter for the topic; NULL = it is not signed. */
struct keyring_device *keyring_find(const struct keyring *k, struct ww_str topic);

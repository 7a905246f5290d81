#pragma once
/*
 * One password at a time, held against a hash in a thread of its own: the loop goes on answering meanwhile. The thread
 * has a low priority, and it alone: on a busy machine a hash takes long, and its process is not taken for a hung
 * one.
 */
#include "auth/vault.h"

struct event_base;
struct hashing;

#define HASHING_PASSWORD 257

struct hashing_work {
        char hash[VAULT_HASH_SIZE];      /* that the password may be of */
        char password[HASHING_PASSWORD]; /* wiped when it is done */
        char fresh[HASHING_PASSWORD];    /* to be hashed if the other is right; "" = none */
        bool right;
        int error; /* of `fresh_hash`; -ENOMEM */
        char fresh_hash[VAULT_HASH_SIZE];
};

/** `done`: from the loop; the work is gone after it. 0, -errno. */
int hashing_new(struct hashing **ret, struct event_base *base,
                void (*done)(void *userdata, const struct hashing_work *work), void *userdata);
/** Waits for what is at work. NULL is fine; returns NULL. */
struct hashing *hashing_free(struct hashing *h);
bool hashing_busy(const struct hashing *h);
/** Begins; it must not be busy. `work` is copied. 0, -errno: no thread can be had. */
int hashing_begin(struct hashing *h, const struct hashing_work *work);

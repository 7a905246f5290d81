#pragma once
/*
 * Messages that their device has signed.
 *
 *     MESSAGE ␊ ww1 BOOT NUMBER MAC
 *
 * The last line of the payload. BOOT grows with each start of the device, NUMBER with each message since (decimal, at
 * most 18 digits, no zeros before); MAC is HMAC-SHA-256 in 64 lower-case hex digits, over
 *
 *     TOPIC NUL MESSAGE ␊ ww1 BOOT NUMBER
 *
 * with the device's key. The topic is signed with it, so that a message cannot be moved to another one. No topic holds
 * a NUL: where it ends is certain.
 *
 * Whether the signature is right is seen once, when the message comes (engine_signature.c), and journaled: a key is a
 * secret, and no part of the record. Whether one that is right comes again is seen by its numbers alone, whenever the
 * record is read. Numbers of a signature that nobody checked say nothing, and those of an earlier key say nothing of
 * the next: who had it may have used them all up. The record says when a topic gets another key (`signature-key`).
 */
#include "base/buf.h"

#define SIGNATURE_KEY 32 /* bytes */

struct signature {
        uint64_t boot, number;
        struct ww_str message; /* what stands before it */
        struct ww_str text;    /* what is signed of the payload */
        unsigned char mac[32];
};

/** False: the payload ends in no signature. Borrows from the payload. */
bool signature_split(struct ww_str payload, struct signature *ret);
bool signature_right(const unsigned char key[static SIGNATURE_KEY], struct ww_str topic, const struct signature *s);

/* The newest numbers of each topic. A publisher's messages of one topic come in order. */
struct signature_numbers;

enum signature_verdict {
        SIGNATURE_NEW,
        SIGNATURE_AGAIN, /* the newest once more: a device that did not hear that it was taken, or what is retained */
        SIGNATURE_OLD,   /* it was passed: somebody sends what he has recorded */
};

#define SIGNATURE_TOPICS_MAX 65536 /* beyond it the one that was heard first is forgotten */

int signature_numbers_new(struct signature_numbers **ret); /* 0 or -ENOMEM */
struct signature_numbers *signature_numbers_free(struct signature_numbers *n);
/** Judges, and takes a new one. *ret_tell: an OLD one that is to be told, at most one in a minute of a topic. 0 and the
 *  verdict; -ENOMEM. */
int signature_numbers_judge(struct signature_numbers *n, struct ww_str topic, const struct signature *s, int64_t now,
                            enum signature_verdict *ret, bool *ret_tell);
/** Those of the topics that match: they were of another key, and say nothing of this one. */
void signature_numbers_forget(struct signature_numbers *n, struct ww_str filter);
int signature_numbers_save(const struct signature_numbers *n, struct buf *out);
int signature_numbers_load(struct signature_numbers *n, struct rd *in); /* 0, -EBADMSG, -ENOMEM */

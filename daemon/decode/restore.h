#pragma once
/*
 * States that end by themselves: which device reports `active` and never the end of it (a radio detector that says
 * "motion" and sleeps again). `restores_after: 30s` makes it normal that long after it was heard last.
 *
 * A deadline belongs to one entry of the table of states and leads there by its key; the entry's `mark` leads back. So
 * a repeat moves the deadline where it stands, and there is never a second one for a state. The deadlines are a heap by
 * (due, order of setting); the snapshot keeps it as it lies.
 *
 * Of the device only names are kept: where it stands is asked of the site when the time has come, because a reload may
 * have moved it. They are at most RESTORE_MAX; one more, and the state that is due first ends at once.
 */
#include "decode/states.h"

#define RESTORE_MAX 65536u
_Static_assert(RESTORE_MAX < STATES_MAX / 2, "entries with a deadline must not fill the table of states");

struct restore {
        struct states_key key;
        int64_t due;
        uint64_t order;
        uint32_t owner; /* hash of the sensor type's name */
        bool exercise;
        /* in `names`: the kind's family, whose state it is, and the device that it is a part of (or the same) */
        struct ww_str family, device, host;
        char *names;
};

struct restores {
        struct states *states; /* borrowed: where the entries are */
        struct restore *heap;
        size_t n, capacity;
        uint64_t order;
};

void restores_init(struct restores *r, struct states *states);
void restores_deinit(struct restores *r);

/** The deadline of `entry` (of r->states) is `what->due`; set or moved. `what` is copied, with its names. 0, -ENOMEM.
 *  The caller makes room first: r->n < RESTORE_MAX, or the entry has one already. */
int restores_set(struct restores *r, struct states_entry *entry, const struct restore *what);
/** `entry` has no deadline any more, if it had one. */
void restores_drop(struct restores *r, struct states_entry *entry);
/** The first deadline, WW_TIME_NEVER if there is none. */
int64_t restores_due(const struct restores *r);
/** Takes the first one out; *ret's names are the caller's (free(ret->names)). There is one. */
void restores_pop(struct restores *r, struct restore *ret);
/** After entries were dropped from the table: the deadlines without one go. */
void restores_filter(struct restores *r);

void restores_save(const struct restores *r, struct buf *out);
int restores_load(struct restores *r, struct rd *in); /* with the states loaded; 0, -EBADMSG, -ENOMEM */

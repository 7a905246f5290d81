#pragma once
/*
 * What commands have set, beside the site's files: modes, and members of named lists that were added or removed. It
 * outlives a reload, by name: what a command said stands until another one.
 */
#include "base/buf.h"
#include "config/site.h"

struct standing;

int standing_new(struct standing **ret, const struct site *site);
struct standing *standing_free(struct standing *s);

/** True if the mode is on at `time`, as far as known. */
bool standing_mode(const struct standing *s, uint32_t mode, int64_t time);
/** The first change of the mode behind `after`; NEVER. */
int64_t standing_mode_next(const struct standing *s, uint32_t mode, int64_t after);
/** From `time` on, not before the last change. False if it is so already. */
bool standing_mode_set(struct standing *s, uint32_t mode, bool on, int64_t time);
/** A mode of the site that marks everything as exercise is on. */
bool standing_exercise(const struct standing *s, int64_t time);

bool standing_list_has(const struct standing *s, uint32_t list, struct ww_str member, int64_t time);
/** `until`: for an added member, when it is none any more; NEVER. 0, STANDING_E_FULL, -ENOMEM. */
int standing_list_set(struct standing *s, uint32_t list, struct ww_str member, bool add, int64_t until);

/** Each member that a command has added or removed, by list and text, as it is now. Ends at the first that is not 0. */
int standing_members_each(const struct standing *s,
                          int (*visit)(void *userdata, struct ww_str list, struct ww_str member, bool add,
                                       int64_t until),
                          void *userdata);

/** What was set by command, taken over for another site by name; what it has not got is dropped. */
int standing_save(const struct standing *s, struct buf *out);
int standing_load(struct standing *s, struct rd *in); /* 0, -EBADMSG, -ENOMEM */

#define STANDING_MEMBERS_MAX 100000
enum { STANDING_E_FULL = 1 };

#pragma once
/* Operators, guards and shifts: what their files share. People are found by their names among those who are live. */
#include "response/response_internal.h"

#define OPERATORS_MAX   1000
#define GUARDS_MAX      1000
#define SHIFTS_MAX      200
#define HANDOVERS_MAX   200
#define PERSON_NAME_MAX 64 /* bytes */

/* --- people.c --- */

/** The live one whose `member` says `text`; NULL. */
struct subject *people_find(const struct response *r, enum ww_subject kind, const char *member, struct ww_str text);
size_t people_count(const struct response *r, enum ww_subject kind);
/** Room for one more? 0 or REFUSED_LIMIT. */
int people_room(struct response_call *c, enum ww_subject kind, size_t max);
/** The live one that the member named like its kind says, by number or by name. As call_subject(). */
int call_person(struct response_call *c, enum ww_subject kind, struct subject **ret);
/** A name that people may have: 1 to PERSON_NAME_MAX bytes, no control characters. 0 or REFUSED_MALFORMED. */
int call_person_name(struct response_call *c, const char *name, struct ww_str *ret);
/** A post of the rules, a zone of the site; "" if it is left out. 0 or REFUSED_MALFORMED. */
int call_post(struct response_call *c, struct ww_str *ret);
int call_zone(struct response_call *c, struct ww_str *ret);
/** Tells that it is over, and forgets it: what belongs to no incident is kept by nobody. 0 or -errno. */
int people_end(struct response *r, struct subject *s, const char *what, const struct act *act);

/* --- operator.c --- */

/** The second administrator's answer to roles. 0, REFUSED_*, -errno. */
int operator_approve(struct response_call *c, struct subject *approval);
/** May this person answer? 0 or REFUSED_*. */
int operator_approver(struct response_call *c, const struct subject *approval);

/* --- guard.c --- */

/** What a dispatch makes of its guard; `dispatch` 0: none any more. 0 or -errno. */
int guard_turn(struct response *r, struct subject *guard, const char *status, uint64_t dispatch, const struct act *act);
bool guard_event(const struct ww_event *event); /* does it say where a guard is? */
int guard_scanned(struct response *r, const struct ww_event *event, const struct act *act);

/* --- dispatch.c --- */

/** The guard of a dispatch that is under way is there. 0 or -errno. */
int dispatch_arrived(struct response *r, struct subject *dispatch, const struct act *act);

/* --- shift.c --- */

struct subject *shift_of(const struct response *r, struct ww_str person); /* the one that goes on; NULL */

/* --- handover_items.c --- */

#define HANDOVER_ITEMS_MAX 500

/** All that is open, as a list of items; *ret_more: how many did not fit. 0 or -ENOMEM. */
int handover_items(const struct response *r, json_t **ret, size_t *ret_more);

/* --- handover.c --- */

int64_t handover_due(const struct response *r, const struct subject *s);
int handover_fire(struct response *r, struct subject *s, int64_t now);

#pragma once
/*
 * The inside of the stage.
 *
 * A record's state is its body, the JSON object that its changes carry: what is remembered, saved, acted on and
 * journaled is one thing and cannot differ.
 *
 *     {"by": {act: {at, by}}, "clocks": {clock: {due, overdue}}, "fields": {…}, "kind", "next": {kind: time}, "number",
 *      "opened_at", "opened_by", "read": [roles], "restricted", "since", "state", "title"}
 *
 * An act is prepared in a draft (a copy of the fields) and checked whole; only then anything changes. What is over is
 * told, and forgotten: PostgreSQL has it.
 */
#include "records/kinds.h"
#include "records/records.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#define HASH_FUNCTION(key, n, hash) ((hash) = (unsigned)XXH3_64bits((key), (n)))
#define HASH_NONFATAL_OOM           1
#include <sys/queue.h>
#include <uthash.h>

#define RECORD_TEXT_BYTES   2000 /* of a text, unless its field says otherwise */
#define RECORD_NAME_BYTES   255  /* of a person, a device, an entry of a list */
#define RECORD_LIST_ENTRIES 200
#define RECORD_HEAP_NONE    SIZE_MAX

struct record {
        uint64_t id, version, incident;
        char *number;
        const struct record_kind *kind; /* NULL: it is not defined any more */
        json_t *body;
        char *what, *actor, *reason; /* of the last change */
        int64_t changed_at;
        bool exercise, over;
        int64_t due;
        size_t place;
        TAILQ_ENTRY(record) order; /* by id */
        UT_hash_handle hh, hh_number;
};
TAILQ_HEAD(record_queue, record);

/* How many of a kind were ever made. */
struct record_count {
        uint64_t n;
        UT_hash_handle hh;
        size_t open;
        char name[];
};

/* What is to be told. */
enum tell_what {
        TELL_EVENT,
        TELL_MEMBER,
        TELL_PUBLISH,
        TELL_NOTIFY,
};

struct tell {
        enum tell_what what;
        json_t *o;
        STAILQ_ENTRY(tell) next;
};
STAILQ_HEAD(tell_queue, tell);

struct records {
        const struct record_kinds *kinds;
        const struct site *site;
        struct records_sink sink;
        uint64_t next_id;
        struct record *by_id, *by_number;
        struct record_queue all;
        struct record_count *counts;
        struct record **heap; /* by (due, id) */
        size_t n_heap, heap_capacity;
        struct tell_queue tells;
        size_t n_tells;
        uint64_t changes, refused, full;
        json_t *told; /* what the command at work has changed; NULL: none is */
        struct record_queue gone;
};

/* --- store.c: where they are kept --- */

struct record *record_find_id(const struct records *r, uint64_t id);
struct record *record_find_number(const struct records *r, struct ww_str number);
struct record_count *record_count_of(struct records *r, struct ww_str kind); /* NULL without memory */
/** With this id and number, and an empty body. NULL without memory. */
struct record *record_restore(struct records *r, uint64_t id, const char *number, const struct record_kind *kind,
                              struct ww_str kind_name);
void record_forget(struct records *r, struct record *rec); /* freed by records_free_gone() */
void records_free_gone(struct records *r);
void record_timer(struct records *r, struct record *rec);

/* --- record.c: how they change --- */

struct record_by {
        struct ww_str actor, reason;
        int64_t now;
        struct ww_str zone, asset; /* of the event that does it; "" = none */
};
#define RECORD_BY_TIMER(at) ((struct record_by){ .actor = WW_STR("timer"), .now = (at) })

int record_as_change(const struct record *rec, struct ww_change *ret, char **ret_text);
/** Room for one more of this kind? */
bool record_room(const struct records *r, const struct record_kind *kind);
/** A new one in its first state, not told yet. `fields` is stolen. NULL without memory. */
struct record *record_begin(struct records *r, const struct record_kind *kind, json_t *fields, size_t state,
                            const struct record_by *by);
/** Into that state; SIZE_MAX: none. 0 or -ENOMEM. */
int record_enter(struct record *rec, size_t state, int64_t now);
/** Tells the change, with the next version, and all that follows: clocks, lists, the end. 0 or -errno. */
int record_changed(struct records *r, struct record *rec, const char *what, const struct record_by *by);
size_t record_state(const struct record *rec); /* SIZE_MAX: its kind does not know it */
json_t *record_fields(const struct record *rec);
const char *record_text(const struct record *rec, const char *name);
int64_t record_time_of(const json_t *o, const char *name); /* NONE if it is not there */

/* --- field.c: what a field may hold --- */

enum {
        FIELD_E_WRONG = 1, /* told in `why` */
};

struct field_why {
        char text[256];
};

/** What was given for a field, in its canonical form, a new reference. NULL or null takes it away: JSON null. 0,
 *  FIELD_E_WRONG, -ENOMEM. */
int field_canon(const struct records *r, const struct record_field *f, const json_t *given, int64_t now, json_t **ret,
                struct field_why *why);
/** The deadline that a time or a date is; NONE. */
int64_t field_instant(const struct records *r, const struct record_field *f, const json_t *value);
bool field_is_set(const json_t *fields, const struct record_field *f);
/** All that must be there in that state is. False: `why` says what is missing. */
bool field_whole(const struct record_kind *kind, const json_t *fields, size_t state, bool opening,
                 struct field_why *why);

/* --- source.c: what fills a field --- */

/** New references; NULL: the source has nothing. */
json_t *source_event(const struct ww_event *event, struct ww_str source, int64_t now);
json_t *source_record(const struct record *rec, struct ww_str source, int64_t now);
json_t *source_incident(const struct ww_change *incident, const json_t *body, struct ww_str source, int64_t now);
/** Sets a field if the value (stolen, may be NULL) fits; a text that is too long is cut. 0 or -ENOMEM. */
int source_fill(const struct records *r, const struct record_kind *kind, json_t *fields, size_t field, json_t *value,
                int64_t now);
bool source_equal(const json_t *a, const json_t *b);

/* --- draft.c: an act, prepared --- */

struct record_draft {
        const struct record_kind *kind;
        const struct record_act *act;
        json_t *fields; /* after it */
        json_t *made;   /* fields of the record that it makes; NULL: none */
};
#define RECORD_DRAFT_INIT ((struct record_draft){ 0 })
void record_draft_deinit(struct record_draft *d);
/** From `given` (may be NULL) on top of `before` (NULL: a new record). 0, FIELD_E_WRONG, -ENOMEM. */
int record_draft_fill(const struct records *r, struct record_draft *d, const struct record *before, json_t *given,
                      const struct record_by *by, struct field_why *why);
/** Does it. `rec` NULL: makes it, into *ret. 0 or -errno. */
int record_draft_do(struct records *r, struct record_draft *d, struct record *rec, const struct record_by *by,
                    bool exercise, struct record **ret);

/* --- clock.c --- */

/** Sets the clocks of the body as its state has it; what has ended is told. 0 or -ENOMEM. */
int clocks_set(struct records *r, struct record *rec, int64_t now);
int64_t clocks_due(const struct record *rec);
/** What is due at `now`; *ret_done: something was. 0 or -errno. */
int clocks_fire(struct records *r, struct record *rec, int64_t now, bool *ret_done);

/* --- plan.c --- */

int plans_set(struct records *r, struct record *plan, int64_t now);
int64_t plans_due(const struct record *plan);
int plans_fire(struct records *r, struct record *plan, int64_t now, bool *ret_done);

/* --- tell.c --- */

int tell_change(struct records *r, const struct record *rec, const char *what, const struct record_by *by);
/** `again`: rules that know it already are told nothing new. */
int tell_clock(struct records *r, const struct record *rec, const struct record_clock *clock, bool overdue, bool again);
int tell_member(struct records *r, struct ww_str list, const char *member, bool in);
int tell_publish(struct records *r, const struct record *rec, struct ww_str topic);
/** To those whom the act names: the record as it stands. */
int tell_notify(struct records *r, const struct record *rec, const struct record_notify *notify);
/** It is over: what was not delivered is not tried any more. */
int tell_over(struct records *r, const struct record *rec);
void tells_free(struct records *r);

#pragma once
/*
 * What is now, as the engine's feed tells it, and the newest lines of it: one copy for all streams.
 *
 * Each line is made once, as server-sent events are written, and shared by reference. A line has the class of who may
 * see it. What is lies here as the latest line of each alarm and subject.
 */
#include "base/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_RING_LINES 20000
#define LIVE_RING_BYTES ((size_t)32 * 1024 * 1024)

/* Who may not see a line, as a set. */
enum live_class {
        LIVE_COVERT = 1 << 0, /* alarms and incidents of which the threat must not learn */
        LIVE_PEOPLE = 1 << 1, /* who works here, who is told */
        LIVE_AUDIT = 1 << 2,  /* what each person did: who logged in, from where */
};
#define LIVE_CLASSES 8

struct live_text {
        unsigned references, hidden; /* hidden: set of enum live_class */
        size_t n;
        char text[];
};
struct live_text *live_text_new(const char *text, size_t n);
void live_text_unref(struct live_text *t);
/** For evbuffer_add_reference. */
void live_text_release(const void *data, size_t n, void *userdata);

struct live;

int live_new(struct live **ret);
struct live *live_free(struct live *l);
/** Everything is forgotten; what is follows. */
void live_reset(struct live *l);
/** A line of the feed, as parsed. False: it is none that is told. */
bool live_take(struct live *l, const json_t *line);
/** Everything that is has been told, up to here. */
bool live_complete(const struct live *l);
const char *live_at(const struct live *l); /* "SEQ.N" of the newest line, "" = none */
/** Counts resets: a stream that saw another number begins anew. */
uint64_t live_epoch(const struct live *l);

/** Lines have numbers of their own, without gaps; [first, end) are here. */
uint64_t live_first(const struct live *l);
uint64_t live_end(const struct live *l);
struct live_text *live_line(const struct live *l, uint64_t number);
/** Bytes of the lines from `number` on. */
size_t live_behind(const struct live *l, uint64_t number);
/** The line behind SEQ.N; false: it is too long ago, or none of ours. */
bool live_resume(const struct live *l, const char *from, uint64_t *ret_number);
/** What is, as events from `reset` to `live_end`, without what `hidden` hides; made once for all who ask meanwhile.
 *  *ret_next: the line that comes behind. A reference; NULL without memory. */
struct live_text *live_snapshot(struct live *l, unsigned hidden, uint64_t *ret_next);

/** {at, alarms, changes}. A new reference. */
json_t *live_json(const struct live *l, unsigned hidden);
/** Borrowed; NULL: there is none. */
const json_t *live_alarm(const struct live *l, json_int_t id);
/** The latest change of each open subject; `subject` NULL: all. Ends at the first answer that is not 0. */
int live_each(const struct live *l, const char *subject, int (*visit)(void *userdata, const json_t *change),
              void *userdata);
/** Who may not see it, by what it says itself; what belongs to a covert incident is covert, too, without saying so. */
unsigned live_class_of(const json_t *body, bool alarm);
/** Lines of before the live state (as parsed, oldest first, an array): who comes back after this process was started
 *  anew finds them. Those that are here already are left out. */
void live_past(struct live *l, const json_t *lines);

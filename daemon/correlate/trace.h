#pragma once
/* What the matcher tells whoever watches a rule; called only where TRACED says so. See correlate.h. */
#include "correlate/run.h"

#define TRACED(c, k) __builtin_expect((c)->trace && (c)->traced->number == (k)->rule, 0)

/* trace.c */
void trace_say(const struct correlate *c, const struct correlate_saying *saying);
/** Before an event is selected: by which aliases it is, and why not by the others of its kind. */
void trace_event(const struct correlate *c, const struct ww_event *event);
void trace_late(const struct correlate *c, const struct op *op);
/** An event that a key takes, before anything comes of it; how the key stands behind it. */
void trace_taken(const struct correlate *c, const struct op *op);
void trace_behind(const struct correlate *c, const struct op *op);
/** Behind a deadline of a key. */
void trace_time(const struct correlate *c, const struct key *k, int64_t time);
/** A run is about to end without its last step; `e`: the event that it meets. */
void trace_run(const struct correlate *c, const struct key *k, const struct run *run, const struct entry *e);
void trace_told(const struct correlate *c, const struct ww_detection *d);
/** `limit`: of what, and what comes of it, in words. */
void trace_limit(const struct correlate *c, const char *limit);
/** A row of an example, which goes to its selection by name. */
void trace_row(const struct correlate *c, const struct ww_event *event, struct ww_str alias, bool taken);

/* trace_state.c */
/** An instant as the watcher wants it. */
void trace_put_time(const struct correlate *c, int64_t time, struct buf *out);
/** "`a` or `b`" */
void trace_put_aliases(const struct rule *rule, uint16_t mask, struct buf *out);
/** How a key stands at `time`, in words; `saying` gets `near` and `guarded`. */
void trace_state(const struct correlate *c, const struct key *k, int64_t time, struct buf *out,
                 struct correlate_saying *saying);

/* aggregate.c */
/** What the rule's aggregate of that number comes to. */
struct ww_value aggregate_value(const struct correlate *c, const struct key *k, size_t i, int64_t now);

/* sequence.c */
/** The run that has taken the most, of several the oldest; NULL. */
const struct run *sequence_farthest(const struct correlate *c, const struct rule *rule, const struct key *k);

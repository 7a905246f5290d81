#pragma once
/*
 * The pipeline: one input record → its outputs. Decode, correlate and alarm wired together, and nothing else: no
 * clock, no socket, no journal, no log. The live engine, replay and the simulation tests all run this very code;
 * so replaying the journal gives what was concluded when it was written.
 *
 *   input ──► deadlines due by its journal time fire ──► message → decode → correlate → alarm ──► sink (outputs, live)
 *                                                       command → alarm, correlate
 *                                                       reload  → other rules
 *                                                       notice  → blindness, system alarms
 */
#include <wardwatch/record.h>
#include "base/buf.h"
#include "config/bundle.h"

struct pipeline;

struct pipeline_sink {
        void *userdata;
        int (*output)(void *userdata, const struct ww_output *output);
        int (*live)(void *userdata, const struct ww_alarm *alarm); /* after each transition; NORM = delete */
};

/** A compiled bundle: sensor types, rules and site that belong together. Can be compiled in a thread. */
struct ruleset;
int ruleset_compile(struct ruleset **ret, const struct bundle *bundle, bool run_examples, struct diag *d);
struct ruleset *ruleset_free(struct ruleset *r);
DEFINE_CLEANUP(struct ruleset *, ruleset_free)
const struct bundle *ruleset_bundle(const struct ruleset *r);
void ruleset_counts(const struct ruleset *r, struct ww_ruleset *ret);

/** `now`: journal time. Takes `ruleset` over. */
int pipeline_new(struct pipeline **ret, struct ruleset *ruleset, int64_t now, const struct pipeline_sink *sink);
struct pipeline *pipeline_free(struct pipeline *p);
DEFINE_CLEANUP(struct pipeline *, pipeline_free)

/** One input with its journal time; outputs go to the sink with n counting from 0. 0 or -errno. For WW_INPUT_RELOAD
 *  the ruleset must have been handed over by pipeline_offer before; without one the payload is compiled here. */
int pipeline_input(struct pipeline *p, const struct ww_input *input);
void pipeline_offer(struct pipeline *p, struct ruleset *next);

/** Journal time at which a WW_INPUT_TIME record is needed if nothing else comes; WW_TIME_NEVER if never. */
int64_t pipeline_deadline(const struct pipeline *p);

int pipeline_save(const struct pipeline *p, struct buf *out);
int pipeline_load(struct pipeline *p, struct rd *in);
const struct ruleset *pipeline_ruleset(const struct pipeline *p);

/** The answer that a command with this client id got before, or empty. Borrowed. */
struct ww_str pipeline_known_reply(const struct pipeline *p, struct ww_str id);


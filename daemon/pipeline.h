#pragma once
/*
 * The pipeline: one input record → its outputs. Decode, correlate, alarm and response wired together, and nothing else:
 * no clock, no socket, no journal, no log. The live engine, replay and the simulation tests all run this very code; so
 * replaying the journal gives what was concluded when it was written.
 *
 *   input ──► what is due by its journal time fires ──► message → decode → correlate → alarm → response ──► sink
 *                                                       command → response, alarm, correlate ──► reply
 *                                                       reload  → the next rule set
 *                                                       notice  → blindness, alarms of the system itself
 *
 * An error from the sink, or a lack of memory, leaves the state ahead of what was written: the caller ends the
 * process, and the restart replays.
 */
#include "alarm/alarm.h"
#include "prime.h"
#include "records/records.h"
#include "response/response.h"
#include "ruleset.h"

struct pipeline;

/* The id of a message whose signature was missing or wrong: with WW_INPUT_SKIPPED, kept and not decoded. */
#define PIPELINE_SPOOFED "spoofed"

struct pipeline_sink {
        void *userdata;
        int (*output)(void *userdata, const struct ww_output *output);
        int (*live)(void *userdata, const struct ww_alarm *alarm); /* after each transition; NORM = delete it */
        /* A reload record that was primed is taken, and nobody has offered what it was primed with: feed `prime` with
         * the inputs from_seq … before_seq − 1 of the journal. 0 or -errno. NULL: there is no journal to read. */
        int (*prime)(void *userdata, struct prime *prime, uint64_t from_seq, uint64_t before_seq);
        /* After each change of a subject that may be live or not: its key. NULL: nobody keeps them. */
        int (*live_change)(void *userdata, uint64_t key);
};

/** `now`: journal time. Takes `ruleset` over, also on failure. 0 or -ENOMEM. */
int pipeline_new(struct pipeline **ret, struct ruleset *ruleset, int64_t now, const struct pipeline_sink *sink);
struct pipeline *pipeline_free(struct pipeline *p);
DEFINE_CLEANUP(struct pipeline *, pipeline_free)

/** One input with its journal time (never earlier than the one before); outputs go to the sink, n counting from 0.
 *  0, -errno; -EBADMSG for a reload record whose text does not compile. */
int pipeline_input(struct pipeline *p, const struct ww_input *input);

/** The rule set that the next reload record brings, compiled already, and what it was primed with as the record says;
 *  NULL: nothing. Taken over. Without an offer the record's text is compiled, and primed, when the record comes. */
void pipeline_offer(struct pipeline *p, struct ruleset *next, struct prime *prime);

/** What stood at `time`, for the record of a reload that is primed from there on. 0 or -errno. */
int pipeline_stood(const struct pipeline *p, int64_t time, struct buf *out);

/** Journal time at which a WW_INPUT_TIME record is needed if nothing else comes; WW_TIME_NEVER if none. */
int64_t pipeline_deadline(const struct pipeline *p);
/** The first time behind `after`, up to `until`, at which a rule may tell that something did not come; NEVER. */
int64_t pipeline_absence(const struct pipeline *p, int64_t after, int64_t until);

const struct ruleset *pipeline_ruleset(const struct pipeline *p);
const struct alarms *pipeline_alarms(const struct pipeline *p);
const struct response *pipeline_response(const struct pipeline *p);
const struct records *pipeline_records(const struct pipeline *p);
bool pipeline_mode_on(const struct pipeline *p, uint32_t mode); /* index in the site */
bool pipeline_blind(const struct pipeline *p);
/** Journal time of the last input, or of the snapshot before any. A snapshot is of this time and of no later one: what
 * is due after it has not fired yet, and fires at its own time whether there was a restart or not. */
int64_t pipeline_now(const struct pipeline *p);
/** When all windows of rules that a reload has brought are whole again; NONE: they are. */
int64_t pipeline_partial_until(const struct pipeline *p);

/** What is live of people's and procedures' doing: the subjects of the response, then the records; see response_each,
 *  response_find. */
int pipeline_subjects_each(const struct pipeline *p, uint64_t from, response_visit visit, void *userdata);
int pipeline_subject_find(const struct pipeline *p, uint64_t key, response_visit visit, void *userdata);

/** The answer that a command of this actor with this id got before, or empty. Borrowed. */
struct ww_str pipeline_known_reply(const struct pipeline *p, struct ww_str actor, struct ww_str id);

/** The whole state but the rule set. Load into a fresh pipeline with the same rule set. 0, -EBADMSG, -errno. */
int pipeline_save(const struct pipeline *p, struct buf *out);
int pipeline_load(struct pipeline *p, struct rd *in);

/** Somebody watches one rule at work, see correlate.h. 0 or CORRELATE_E_UNKNOWN. */
int pipeline_trace_rule(struct pipeline *p, struct ww_str rule, const struct correlate_trace *trace);

struct pipeline_figures {
        struct decode_figures decode;
        struct correlate_figures correlate;
        struct alarms_figures alarms;
        size_t replies; /* that are remembered, REPLIES_MAX at most */
};
void pipeline_figures(const struct pipeline *p, struct pipeline_figures *ret);
/** Of rule 0 … n − 1; see correlate.h. */
void pipeline_rule_figures(const struct pipeline *p, size_t rule, struct ww_str *ret_name,
                           struct correlate_rule_figures *ret);
/** A clock, in ns, to measure rules by, or NULL. */
void pipeline_meter(struct pipeline *p, int64_t (*clock)(void));
/** How far the watermark of a rule with the usual `wait` would be if it were `now`. */
int64_t pipeline_watermark(const struct pipeline *p, int64_t now);

#pragma once
/*
 * One rule set over a recording: the engine's own pipeline, fed with what was journalled. It reads no clock; time is
 * that of the inputs.
 */
#include "command/replay_source.h"
#include "pipeline.h"

struct replay_side;

struct replay_side_options {
        struct ruleset *rules; /* taken over, also on failure; NULL: those that the recording's reloads bring */
        const struct replay_source *source; /* knows the recording's alarms by number */
        int64_t keep;                       /* µs: how far back a reload may have been primed */
        int (*output)(void *userdata, const struct ww_output *output); /* 0 or an answer that ends the replay */
        int (*begun)(void *userdata, struct pipeline *p); /* before the first input; NULL = nobody minds. 0 or -errno */
        void *userdata;
};

/** Compiled from the configuration's paths; `rules`: a file or folder instead of its rules, NULL = its own. 0; what is
 *  wrong stands on stderr: REPLAY_E_TOLD; -errno. */
int replay_side_rules(struct ruleset **ret, const struct config *config, const char *rules);

int replay_side_new(struct replay_side **ret, const struct replay_side_options *options);
struct replay_side *replay_side_free(struct replay_side *s);
DEFINE_CLEANUP(struct replay_side *, replay_side_free)

/** 0, REPLAY_E_TOLD, -errno, or what `output` answered. */
int replay_side_input(struct replay_side *s, const struct ww_input *input);
/** Time goes on until then without an input, and what is due fires. */
int replay_side_time(struct replay_side *s, int64_t time);
struct pipeline *replay_side_pipeline(struct replay_side *s); /* NULL before the first input */

/* replay_acts.c */
/** An operator's act on the recording's alarm, as one on the alarm of this run that has the same rule and key. Other
 *  commands stay. `arena`: where it is written. 0, REPLAY_E_TOLD, -errno. */
int replay_act(const struct pipeline *p, const struct replay_source *source, struct arena *arena,
               struct ww_input *input);

/* replay_spool.c: the last inputs and outputs in a file without a name, for reloads that were primed */
struct replay_spool;
int replay_spool_new(struct replay_spool **ret, int64_t keep);
struct replay_spool *replay_spool_free(struct replay_spool *s);
int replay_spool_input(struct replay_spool *s, const struct ww_input *input);
int replay_spool_output(struct replay_spool *s, const struct ww_output *output);
/** Those of [from, before) go to `prime`. */
int replay_spool_feed(struct replay_spool *s, struct prime *prime, uint64_t from, uint64_t before);

#pragma once
/*
 * Shared by the files of the engine: engine.c (wiring and life), engine_journal.c (opened, or saved), engine_start.c
 * (snapshot and start), engine_replay.c, engine_pending.c (what comes again), engine_salvage.c, engine_turn.c (one turn
 * = one transaction), engine_intake.c (the two sessions, lanes, blindness), engine_assure.c (proof that nothing waits
 * at the broker), engine_space.c (trimming and snapshots), engine_reload.c (rules and configuration while running),
 * engine_prime.c (the past for new rules), engine_feed.c (command socket), engine_peer.c (who is there), engine_verbs.c
 * (what they say), engine_follow.c (followers), engine_publish.c (messages to devices), engine_proof.c (checkpoints on
 * a topic), engine_signed.c (who signed the rules), engine_version.c (which version took what), engine_metrics.c and
 * engine_status.c (what can be known from outside).
 */
#include "engine.h"

#include <unistd.h>

#include <event2/event.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/jsonline.h"
#include "base/metrics_http.h"
#include "base/worker.h"
#include "ingress/ingress.h"
#include "journal/journal.h"
#include "keyring.h"
#include "pipeline.h"
#include "redelivery.h"
#include "snapshot.h"

#define ENGINE_TURN_MESSAGES 1000 /* messages in one turn, both sessions; a quarter of Receive Maximum as it ships */
#define ENGINE_TURN_BITE     100  /* of them from one session, before the urgent one is looked at again */
#define ENGINE_TURN_TIME     (20 * WW_MSEC) /* and how long it may take messages */
#define ENGINE_PENDING_MAX   1024           /* commands, and notices, that wait for a turn */
#define ENGINE_CAREFUL_FOR   WW_MINUTE      /* careful start ends after this long without a death */

/* Fill of the journal's map at which a lane closes; it opens again below ENGINE_FILL_RESUME. */
#define ENGINE_FILL_KEEP   0.70 /* from here on journal.keep yields */
#define ENGINE_FILL_RESUME 0.80
#define ENGINE_FILL_BULK   0.85
#define ENGINE_FILL_URGENT 0.95 /* commands, too */

enum engine_lane {
        ENGINE_URGENT,
        ENGINE_BULK,
        ENGINE_LANES,
};

struct engine_session { /* one MQTT session */
        struct engine *engine;
        enum engine_lane lane;
        struct ingress *ingress; /* NULL: no filters configured */
        struct redelivery *redelivery;
        char *client_id, *fence, *password;
        char *probe;               /* topic where the broker must refuse us; NULL: another session tries it, or none */
        uint64_t redelivered;      /* recognised and not journaled again */
        uint64_t settled;          /* number up to which nothing was in doubt when meta was last told; 0 = never */
        bool lost;                 /* intake-lost was said */
        bool closed;               /* by us: the journal is too full */
        bool closed_before;        /* by the process before this one: its alarm is still active */
        int64_t heard;             /* boot clock: the first proof since the engine is unsure came; 0 = none */
        bool known, known_written; /* the broker has a session of ours; meta says so, and where it begins */
        uint64_t begins;           /* the first input that can be of this session, 0 = not known */
};

struct engine_notice { /* waits for the next turn */
        const char *name;
        char *subject, *text;
        char *configuration; /* that is in force from here on; NULL = not said */
};

struct engine_command {  /* waits for the next turn; afterwards its reply waits for the commit */
        uint64_t client; /* by number: it may be gone by then */
        uid_t uid;       /* whose */
        size_t written;  /* bytes that came of it, itself too; 0: it was known already */
        char *id, *actor, *body;
        char *reply; /* malloc'd JSON text */
};

#define ENGINE_PUBLISH_MAX 256 /* messages to the broker out of one turn; more are dropped */

struct engine_publish { /* waits for the commit */
        char *topic, *payload;
        size_t topic_n, payload_n;
        int qos;
        bool retain;
};

#define ENGINE_SIGNATURES_MAX 64 /* of rule sets, the newest */

struct engine_signature {
        char hash[33], person[80];
};

struct engine_line { /* an output as the feed says it */
        uint64_t seq;
        uint32_t n;
        char *text;
        size_t length;
};

struct engine_rate { /* events a second over the last RATE_SPAN ticks */
        uint64_t last;
        double value;
};

#define ENGINE_PRIMINGS_MAX 32

struct engine_priming { /* a reload, and the first input that primed it */
        uint64_t seq, from;
};

struct engine_writer {    /* who took the newest inputs */
        char version[32]; /* "" = not known */
        uint64_t from;    /* the first that it took; 0 = not known */
        char before[32];  /* the version before it */
};

/* Who reads the journal and tells how far. */
enum engine_reader {
        ENGINE_READER_STORE,
        ENGINE_READER_NOTIFY,
        ENGINE_READERS,
};

struct engine_cursor {
        uint64_t seq;
        bool dirty; /* not in the journal's meta yet */
};

struct engine {
        struct config *config;
        struct engine_options options;
        struct event_base *base;
        struct worker *worker;
        struct journal *journal;
        struct pipeline *pipeline;
        struct clock_journal clock, clock_marked; /* as the journal's mark has it */
        char boot_id[CLOCK_BOOT_ID_MAX];
        struct engine_session sessions[ENGINE_LANES];
        bool broker_open; /* was said */
        struct {
                bool unsure;    /* live, but what refutes an absence may wait at the broker: blind */
                int64_t since;  /* boot clock: it is so */
                int64_t until;  /* boot clock: absences due up to here need no proof */
                int64_t looked; /* boot clock: at what is due soon */
                struct event *event;
        } assure;
        struct engine_feed *feed;
        struct engine_reload *reload;
        struct metrics_http *metrics;
        struct keyring keyring;       /* of devices that sign */
        struct engine_replay *replay; /* while a start replays; NULL = live */

        /* the turn at work */
        bool in_turn, stopping;
        bool lean;          /* the first lane closed: of commands, small ones of people are taken */
        bool full;          /* the last lane closed: commands are refused until there is room */
        bool looks;         /* the turn was begun for a look at the room; nothing has been put */
        bool held;          /* died again and again, with a lane closed: nothing is begun before there is room */
        bool stands, stood; /* for want of room, what is due has not been taken; at the turn before */
        bool unshown;       /* readers do not know that the pages are right */
        uint64_t seq;       /* newest number given out */
        uint64_t committed; /* newest number committed */
        size_t turn_inputs, turn_bytes, turn_bytes_max;
        size_t bytes_unseen;              /* written since engine_space.c last looked */
        struct engine_command *answering; /* the command whose reply the pipeline is about to give */
        struct buf scratch;

        struct engine_notice notices[ENGINE_PENDING_MAX];
        struct engine_command commands[ENGINE_PENDING_MAX];
        size_t n_notices, n_commands;
        uint64_t notices_dropped;
        char *configuration; /* in force, as it was said last */
        struct engine_publish publishes[ENGINE_PUBLISH_MAX];
        size_t n_publishes;
        uint64_t publishes_dropped;
        struct engine_signature signatures[ENGINE_SIGNATURES_MAX];
        size_t n_signatures;
        struct {
                char *topic;           /* NULL = none */
                char *text;            /* the newest checkpoint, as it is published; NULL = none yet */
                uint64_t seq, waiting; /* the last input that it covers; at the stop, the one that it is to cover */
                struct event *patience;
        } proof;
        struct engine_line *lines; /* outputs of this turn for the followers */
        size_t n_lines, lines_capacity;
        uint64_t *changed; /* alarms whose live record this turn changes */
        size_t n_changed, changed_capacity;

        /* figures and marks */
        int64_t started;       /* boot clock */
        int64_t careful_until; /* boot clock; 0 = not careful */
        int64_t settled_at;    /* boot clock: what the broker has read was written last */
        uint64_t snapshot_seq; /* newest snapshot that was loaded or written; 0 = none */
        uint64_t trim_limit;   /* the older of two snapshots */
        uint64_t priming_from; /* a reload at work reads from here on; 0 = none */
        struct engine_priming primings[ENGINE_PRIMINGS_MAX];
        size_t n_primings;
        struct engine_cursor cursors[ENGINE_READERS];
        struct {
                uint64_t n;
                struct buf names; /* of the first few, with what is wrong */
        } refused;                /* at the start, of what has a snapshot's name */
        bool snapshot_wanted;     /* as soon as may be: the next start could not use those that there are */
        bool rebuilt;             /* without a snapshot, from the oldest record on */
        bool snapshot_failed;     /* the last try; told once */
        bool mark_wanted;         /* a record for the sake of its number */
        pid_t snapshot_pid;
        int64_t snapshot_at; /* boot clock: when the last was begun */
        struct {
                uint64_t written, failed;
                int64_t took, pause, done; /* of the last one: µs, µs; wall clock, NONE = none yet */
        } snapshots;
        double snapshot_fill; /* of the map, then */
        char predecessor[33]; /* id of the journal that this one was salvaged from, "" = none */
        struct buf salvaged;  /* what the salvage saved, until the alarm about it is journaled; empty = nothing */
        uint64_t snapshot_pid_seq;
        uint64_t replayed, replay_differs, replay_first; /* the first input that differs */
        struct engine_writer writer;
        char other_version[32]; /* that took some of what this start replays; "" = none */
        uint64_t turns, ticks;
        struct engine_rate rate_messages, rate_turns;
        json_t *workers;      /* the supervisor's table, as it last said it */
        int64_t commit_worst; /* µs, in the last 10 s */
        int64_t commit_time;  /* µs, all of them */

        struct event *turn_event, *deadline_event, *tick_event, *child_event;
};

/* engine_start.c */
int engine_recover(struct engine *e);
/** A notice at a journal time of its own; 0 = now. 0 or -errno. */
int engine_append_notice(struct engine *e, const char *name, int64_t time, const char *words);

/* engine_replay.c */
#define REPLAY_INPUTS 10000
#define REPLAY_BYTES  (16 * 1024 * 1024)
struct pipeline_sink engine_sink(struct engine *e);
int engine_read(struct engine *e, uint64_t from, size_t inputs, struct journal_batch *batch);
int engine_replay(struct engine *e, uint64_t from);

/* engine_version.c */
/** Before a replay from `from` on: who took its inputs. */
void engine_version_look(struct engine *e, uint64_t from, const struct snapshot_head *snapshot);
/** After it. 0, or -ECANCELED: what another version took gives something else now (told in the log). */
int engine_version_judge(struct engine *e);
/** Tells that a snapshot is whole, but of another version that this one cannot take over. */
void engine_version_unreadable(const struct engine *e, const struct snapshot_head *head);
/** Before the first input of this start: from here on it is this version that takes them. 0, JOURNAL_E_FULL, -errno. */
int engine_version_claim(struct engine *e);

/* engine_clock.c */
/** At a start: from the journal's mark, or anew. `last` = time of the journal's newest record. */
void engine_clock_recover(struct engine *e, int64_t last);
/** In a turn: what the next start goes on from. */
void engine_clock_put(struct engine *e);
/** Journal time; a step of the wall clock is told. */
int64_t engine_now(struct engine *e, int64_t *ret_wall);

/* engine_pending.c */
struct engine_pending {
        struct buf value;
        struct ww_str record; /* in `value`; empty = none */
        uint32_t deaths;
};
int engine_recover_redelivery(struct engine *e);
/** In a turn: what the next start needs to know of what is in doubt. */
void engine_settled_put(struct engine *e);
int engine_load_pending(struct engine *e, struct engine_pending *p);
int engine_recover_pending(struct engine *e, const struct engine_pending *p);

/* --- engine_journal.c --- */

/** 0; JOURNAL_E_*, -errno, told in the log. A damaged one is salvaged. */
int engine_journal_open(struct engine *e);

/* engine_salvage.c */
int engine_load_salvaged(struct engine *e);
int engine_recover_salvaged(struct engine *e);

/* engine_turn.c */
void engine_begin(struct engine *e); /* a transaction, if none is open */
void engine_turn_wanted(struct engine *e);
void engine_turn(struct engine *e);
/** Numbers, writes and runs one input; time 0 = now. 0 or -errno, JOURNAL_E_FULL: then only engine_fatal is left. */
int engine_append(struct engine *e, struct ww_input *input);
/** Something that cannot go on: tells, and ends the process at once; the restart replays. */
_Noreturn void engine_fatal(const char *what, int error) __attribute__((cold));
/* engine_signature.c */
/** What its key says of a message: flags of its input. None of them: no key is set for it, or it need not be signed. */
uint32_t engine_signature_flags(struct engine *e, struct ww_str topic, struct ww_str payload);
void engine_signature_load(struct engine *e);
void engine_notice_deinit(struct engine_notice *notice);
/** Queues a notice for the next turn. Strings are copied; `name` must be static. */
void engine_say(struct engine *e, const char *name, const char *subject, const char *format, ...) _printf_(4, 5);
/** The newest queued notice brings the configuration that is in force, whole, into the journal. */
void engine_say_configuration(struct engine *e);
void engine_configuration_begin(struct engine *e); /* right after engine-started was said */
void engine_configuration_reloaded(struct engine *e, const struct config *next);
int engine_turn_output(void *userdata, const struct ww_output *output);
int engine_turn_live(void *userdata, const struct ww_alarm *alarm);
/** The live record of that key is to be written anew, or deleted, at the end of the turn. 0 or -ENOMEM. */
int engine_turn_changed(struct engine *e, uint64_t key);

/* engine_intake.c */
int engine_intake_new(struct engine *e);
void engine_intake_free(struct engine *e);
int engine_intake_start(struct engine *e);
/** Takes messages of one lane; returns how many. */
size_t engine_intake_take(struct engine *e, enum engine_lane lane, size_t max);
void engine_intake_release(struct engine *e);
void engine_intake_look(struct engine *e); /* blind, or not any more: said once a change */
void engine_intake_lanes(struct engine *e, double fill);
/** There is no room for one more message of that lane. */
void engine_intake_close(struct engine *e, enum engine_lane lane);
void engine_intake_stop(struct engine *e);
const char *engine_lane_name(enum engine_lane lane);
const char *engine_lane_meta(enum engine_lane lane); /* name of the mark in the journal */
enum ww_origin engine_lane_origin(enum engine_lane lane);

/* engine_assure.c */
int engine_assure_new(struct engine *e); /* 0 or -ENOMEM */
void engine_assure_free(struct engine *e);
/** Before an input of journal time `time`: if an absence would be told by it, and it is not known that nothing waits at
 *  the broker, the intake is blind from just before that deadline. */
void engine_assure_gate(struct engine *e, int64_t time);
/** Between turns: asks for proof that will be wanted, and sees whether it came. */
void engine_assure_look(struct engine *e);
void engine_assure_sighted(struct engine *e); /* it was said just now */

/* engine_space.c */
/** Trims, closes and opens lanes, begins a snapshot if one is due. Between turns: trimming has transactions of its
 *  own. Every second, and in a storm whenever a hundredth of the map was written. */
void engine_space_look(struct engine *e);
void engine_space_tick(struct engine *e);
void engine_space_snapshot_at_stop(struct engine *e);
void engine_space_child(struct engine *e);
void engine_space_init(struct engine *e);
/** Deletes what may be deleted now, for a tenth of a second at most. Between turns. */
void engine_space_trim(struct engine *e);
const char *engine_snapshot_dir(const struct engine *e);

/* engine_reload.c */
int engine_reload_new(struct engine *e);
void engine_reload_free(struct engine *e);
void engine_reload_start(struct engine *e);
void engine_reload_metrics(const struct engine *e, struct metrics *m);
/** A line of the log for each line of `text`. */
void engine_log_lines(const char *event, struct ww_str text);

/* engine_feed.c, engine_follow.c */
int engine_feed_new(struct engine *e);
void engine_feed_free(struct engine *e);
void engine_feed_committed(struct engine *e); /* replies, followers' lines, heads */
bool engine_feed_wants_lines(const struct engine *e);
/** Asks the store for a checkpoint up to here. False: there is none that could answer. */
bool engine_feed_ask_last(const struct engine *e);
void engine_feed_metrics(const struct engine *e, struct metrics *m);
json_t *engine_feed_readers(const struct engine *e);

/* engine_publish.c */
/** For after the commit. 0 or -ENOMEM. */
int engine_publish_keep(struct engine *e, const struct ww_publish *publish);
void engine_publish_committed(struct engine *e);
void engine_publish_free(struct engine *e);

/* engine_proof.c */
int engine_proof_new(struct engine *e);
void engine_proof_free(struct engine *e);
/** The store has signed one, up to the input `seq`. False: it is no checkpoint, or there is no memory. */
bool engine_proof_take(struct engine *e, uint64_t seq, const char *text);
void engine_proof_publish(struct engine *e); /* the newest, again */
/** At the stop: true = one more is on its way, and ends the loop when it is published. */
bool engine_proof_last(struct engine *e);

/* engine_signed.c */
void engine_signed_load(struct engine *e);
/** Within a turn's transaction: a command was answered; if it signs a rule set, that is kept. */
void engine_signed_note(struct engine *e, const struct engine_command *command);
/** How many persons have to sign a set before it comes into force, how many have, and who. */
size_t engine_signed_needed(const struct engine *e);
size_t engine_signed_count(const struct engine *e, const char *hash);
json_t *engine_signed_by(const struct engine *e, const char *hash);
/** It came into force: says so if nobody has signed it. */
void engine_signed_say(struct engine *e, const char *hash);

/* engine_metrics.c */
/** Listens where the configuration says. 0 or -ENOMEM. */
int engine_metrics_new(struct engine *e);
/** Everything but what `metrics_put_process` puts. Between turns. */
void engine_metrics_collect(void *userdata, struct metrics *m);
void engine_metrics_tick(struct engine *e);

/* engine_tell.c */
json_t *engine_tell_acts(void);
json_t *engine_tell_roles(unsigned set);
json_t *engine_tell_site(const struct engine *e, const json_t *request); /* NULL: there is no such part */
json_t *engine_tell_rules(const struct engine *e, const json_t *request);

/* engine_tell_site.c */
struct engine_site_part {
        const char *name;
        size_t (*count)(const struct ruleset *rules);
        json_t *(*tell)(const struct ruleset *rules, size_t i);
};
extern const struct engine_site_part engine_site_parts[];
extern const size_t engine_site_parts_n;

/* engine_status.c */
json_t *engine_status(struct engine *e);
void engine_status_workers(void *userdata, json_t *workers);

/* --- engine_readers.c --- */
bool engine_reader_find(const char *name, enum engine_reader *ret);
/** Who may be that reader: of enum reporter. */
unsigned engine_reader_reporters(enum engine_reader reader);
void engine_readers_load(struct engine *e);
/** Within a turn's transaction: writes the cursors that have moved. */
void engine_readers_put(struct engine *e);
/** What may be trimmed at most, as far as readers go; `fill` of the map. */
uint64_t engine_readers_limit(const struct engine *e, uint64_t limit, double fill);

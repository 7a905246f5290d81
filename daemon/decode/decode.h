#pragma once
/*
 * Decode: message → events. A compiled set of sensor types, and the state that decoding needs (the last value of each
 * state of each device, pulse repeats). Pure: no clock, no log, no environment; time comes with the message.
 */
#include "base/buf.h"
#include "base/symtab.h"
#include "config/site.h"
#include <wardwatch/record.h>

struct decode_message {
        uint64_t seq;
        int64_t time;     /* journal time */
        int64_t received; /* wall */
        struct ww_str topic, payload;
        bool retained;
        bool exercise; /* a drill is on (mode), or the topic says so */
};

struct decode_types; /* compiled, immutable */

/** Compiles all BUNDLE_SENSORS files. 0, DIAG_E_USER, -ENOMEM. `site`, `symbols`, `kinds` are borrowed and must
 *  outlive it. Checks the types' own examples as well if `run_examples`. */
int decode_types_compile(struct decode_types **ret, const struct bundle *bundle, const struct site *site,
                         struct symtab *symbols, const struct ww_kinds *kinds, bool run_examples, struct diag *d);
struct decode_types *decode_types_free(struct decode_types *t);
DEFINE_CLEANUP(struct decode_types *, decode_types_free)
size_t decode_types_count(const struct decode_types *t);
/** Where these types and their site see the device of an event that was told before: by the event's `sensor` and
 *  `device`. SITE_NONE = nowhere. */
uint32_t decode_types_asset(const struct decode_types *t, struct ww_str sensor, struct ww_str device);

/* Examples of some types, watched. */
struct decode_examples {
        /* Whether this type's are wanted; NULL = all. */
        bool (*wanted)(void *userdata, struct ww_str type, struct ww_str file);
        /* Behind an example that failed: what was told of it is the newest in the diag; `told`: what happened, lines.
         * NULL = nobody minds. */
        void (*failed)(void *userdata, struct ww_str told);
        void *userdata;
};
struct decode_examples_result {
        size_t types, run, failed;
};
/** Runs the types' own examples. 0, DIAG_E_USER (told in `d`), -ENOMEM. */
int decode_types_examples(struct decode_types *t, const struct decode_examples *examples, struct diag *d,
                          struct decode_examples_result *ret);
/** The nearest type's name, NULL if none is near. */
const char *decode_types_nearest(const struct decode_types *t, struct ww_str name);

/** What `check` says of types that load: messages that are never reached, topics that none of the daemon's MQTT filters
 *  lets in. Warnings only. */
void decode_types_advise(const struct decode_types *t, const char *const *filters, size_t n, struct diag *d);

/* whether events of a kind carry a field */
enum decode_gives {
        DECODE_GIVES_NO_KIND, /* no sensor type gives the kind */
        DECODE_GIVES_NONE,    /* none of its events has the field */
        DECODE_GIVES_SOME,
        DECODE_GIVES_ALL,
};
struct decode_giver { /* of SOME: the first message without it */
        struct ww_str type, message;
};
/** `field`: an attribute's name, or "value" or "unit". */
enum decode_gives decode_types_gives(const struct decode_types *t, ww_family family, struct ww_str field,
                                     struct decode_giver *ret);

/** The shortest time between two events of the kind of one device, where the sensor types set one by `repeat_within`;
 *  0 = none, or it depends. */
int64_t decode_types_repeat(const struct decode_types *t, ww_family family);

typedef int (*decode_sink)(void *userdata, const struct ww_event *event); /* 0 or -errno, which ends the message */
/* A built-in decoder wants this to be published (decoder_publish); 0 or -errno, which ends the message. */
typedef int (*decode_publish)(void *userdata, struct ww_str topic, struct ww_str payload);

/* why a message gave no event; names in decode_outcome_name, on disk as text */
enum {
        DECODE_E_NO_TYPE = 1, /* no topic pattern matches: "no-type" */
        DECODE_E_UNMATCHED,   /* a type's topic matched, none of its messages did: "unmatched" */
        DECODE_E_BAD_PAYLOAD, /* the payload is not what the format says: "bad-payload" */
        DECODE_E_BAD_FIELD,   /* a required field is missing or of the wrong type: "bad-field" */
};
const char *decode_outcome_name(int outcome);

/* what a nonzero outcome has to say; borrowed until the next message */
struct decode_report {
        struct ww_str sensor, detail;
};

struct decode;

int decode_new(struct decode **ret, const struct decode_types *types, decode_sink sink, void *userdata);
/** Who publishes, with the userdata of decode_new; without it nothing is. */
void decode_on_publish(struct decode *d, decode_publish publish);
struct decode *decode_free(struct decode *d);
DEFINE_CLEANUP(struct decode *, decode_free)

/** Decodes one message: calls the sink for each event, in order, index from 0. A repeated state gives no event, an
 *  explicit `ignore` neither: both return 0. 0, DECODE_E_* (report filled), -errno (the sink's, or no memory). Events
 * that came before a DECODE_E_* of the same message stand. */
int decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report);

/** What of the last message must not be stored: spans of its payload, borrowed until the next message. It does not
 *  depend on the outcome: a message that none of a type's messages explains is redacted, too. */
struct ww_redaction decode_redaction(const struct decode *d);
/** True if some type has something that must not be stored: a payload that is not decoded must not leave at all then.
 */
bool decode_types_redact(const struct decode_types *t);

/* whether what a sensor type understood is still understood */
enum decode_drift {
        DECODE_DRIFT_NONE, /* no change */
        DECODE_DRIFT_BEGINS,
        DECODE_DRIFT_ENDS,
};
/** What the last message changed: messages of a topic that type `*ret_sensor` explained are not understood any more
 *  (of the first of its topics), or again (of the last). Borrowed from the types. */
enum decode_drift decode_drift(const struct decode *d, struct ww_str *ret_sensor);
/** The i-th type that is not understood any more; .p NULL: there is none. A swap forgets all of them. */
struct ww_str decode_drifting(const struct decode *d, size_t i);

/** When the next state ends by itself (`restores_after`); WW_TIME_NEVER. */
int64_t decode_deadline(const struct decode *d);
/** Between messages: tells the states that end by themselves until `now`, in the order of their deadlines, each at its
 *  own. `seq`: of the input whose time it is. 0 or -errno. */
int decode_time(struct decode *d, uint64_t seq, int64_t now);
/* where a field of an event came from; texts are borrowed until the call returns */
struct decode_origin {
        struct ww_str field;  /* "device", "time", "state", "value", or an attribute's name */
        struct ww_str path;   /* as the type has it: "data.batt", "topic.device"; empty = a fixed value, or nothing */
        struct ww_str found;  /* what stood there; .p NULL = nothing */
        struct ww_str how;    /* what made the result of it: "map, scale 0.1"; empty = taken as it is */
        struct ww_str result; /* .p NULL = nothing came of it */
};

enum decode_saying_type {
        DECODE_SAYS_CANDIDATE, /* a message whose topic fits: `good` = it is this one */
        DECODE_SAYS_ELEMENT,   /* an element of for_each that is left out */
        DECODE_SAYS_ENTRY,     /* an entry of a message's events: `good` = it was told, the sink has just had it */
};

struct decode_saying {
        enum decode_saying_type type;
        bool good;
        struct ww_str sensor, message;
        struct diag_pos pos;                 /* of the message */
        struct ww_str topic;                 /* CANDIDATE: the pattern that fits, as it is written */
        struct ww_str why;                   /* why not; of a CANDIDATE that is ignored: "ignore" */
        struct ww_str family;                /* ENTRY: what it would tell */
        struct ww_str device;                /* ENTRY */
        const struct decode_origin *origins; /* ENTRY */
        size_t n_origins;
};

/* Somebody watches how messages are understood. It changes nothing of what comes of them. */
struct decode_trace {
        void *userdata;
        void (*say)(void *userdata, const struct decode_saying *saying);
};
/** `trace` is borrowed while it watches; NULL: nobody. */
void decode_trace(struct decode *d, const struct decode_trace *trace);

/** Between messages: other types, state kept where sensor type and device are still there. */
int decode_swap(struct decode *d, const struct decode_types *types);

/** State for the snapshot. Load into a fresh decode with the same types. 0, -EBADMSG, -ENOMEM. */
int decode_save(const struct decode *d, struct buf *out);
int decode_load(struct decode *d, struct rd *in);

struct decode_figures {
        uint64_t messages, events, repeats, ignored, undecoded;
        uint64_t evicted;        /* states forgotten because the table was full: told once more when heard again */
        uint64_t restored_early; /* states that ended before their time because too many were to end by themselves */
        uint64_t forgotten; /* births and nodes that a decoder forgot at its limit: asked for again when heard again */
        size_t states, states_max, state_bytes;
        size_t drifted;                /* topics that were understood, and are not any more */
        size_t restores, restores_max; /* states that are to end by themselves */
};
void decode_figures(const struct decode *d, struct decode_figures *ret);

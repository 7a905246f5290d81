#pragma once
/*
 * Between decode.c (which message is it?) and run.c (what does it say?): the state of one decoder.
 */
#include "decode/restore.h"
#include "decode/route.h"
#include "decode/states.h"
#include "decode/type.h"

#define REDACT_SPANS_MAX 256 /* of one message; more of them, and its whole payload is redacted */
#define RUN_EVENTS_MAX   256 /* events of one message; more of them are dropped and the message is reported */

struct drift {
        uint32_t topics; /* of the type, that are not understood any more */
};

struct decode {
        const struct decode_types *types;
        const struct placement *placement; /* the types', or an example's */
        decode_sink sink;
        decode_publish publish; /* NULL: nobody publishes */
        void *userdata;
        struct decoders *decoders;
        struct states states;
        struct restores restores;
        struct arena arena;         /* reset with each message */
        struct document *documents; /* one for each of the types' formats */
        size_t n_documents;
        uint32_t steps;       /* left for look-ups in this message; 0 = it takes too long */
        struct drift *drifts; /* by type */
        uint32_t drift_era;   /* grows with each swap of types; from 1 */
        signed char *read;    /* by format: 1 = not read yet, 0 = read, -1 = it is not of that format */
        struct routes routes;
        struct trie_binding *bindings; /* room for all that the trie may give */
        struct decode_figures figures;
        const struct decode_trace *trace; /* NULL: nobody watches */
        char detail[256];
        struct ww_redact_span spans[REDACT_SPANS_MAX]; /* of the message */
        size_t n_spans;

        /* the message in hand */
        const struct decode_message *message;
        struct states_key topic_states;        /* its topic's half of its states' keys */
        const struct trie_binding *candidates; /* what the topic leads to, the most special first … */
        size_t n_candidates;
        uint64_t secrets;   /* … and which of them have any (route.h) */
        struct topic topic; /* split, once a capture was wanted: n is 0 before */
        const struct type *type;
        struct source_context context;
        struct expr_env env;
        int64_t device_time, time;
        uint32_t flags;
        struct ww_str device;
        struct states_key device_states; /* the device's half of its states' keys … */
        bool device_states_known;        /* … once one was needed */
        uint32_t asset;
        uint32_t index; /* of the next event */
        uint32_t first; /* index of the message's first event: behind those that were due before it … */
        uint64_t fired_seq;
        uint32_t fired;              /* … of which there were so many, with the input of that number */
        bool lived;                  /* a heartbeat was told */
        int outcome;                 /* the first DECODE_E_* */
        bool ignored;                /* the type says so */
        struct states_key drift_key; /* of its topic, unless it is retained */
        enum decode_drift drift;
        struct ww_str drift_type;
        struct ww_attr attrs[TYPE_ATTRS_MAX];
};

struct telling {
        const struct type_event *event; /* NULL: of no entry of the type, a sign of life or a gap */
        ww_family family;
        enum ww_state state;
        uint32_t flags;
        struct ww_str device;
        uint32_t asset;
        struct ww_value value;
        struct ww_str unit;
        size_t n_attrs; /* of d->attrs, without an `event` */
};

/** Tells one event. 0 or -errno. */
int run_tell(struct decode *d, const struct telling *t);
/** The entry for `key`, made if there is none; *ret_new tells. 0 or -ENOMEM. */
int run_entry(struct decode *d, struct states_key key, struct states_entry **ret, bool *ret_new);

/** restored.c: the state in `t` was heard, and ends by itself: its entry gets a deadline, or a later one. 0 or -errno.
 */
int restored_set(struct decode *d, const struct telling *t, struct states_entry *entry);

/** redact.c: notes what message `m` says must not be stored; `doc`: the payload as `m` reads it, NULL if it cannot. */
void redact_note(struct decode *d, const struct type_message *m, struct document *doc);

/** children.c: the link in `gateway` has changed and was told; those behind it follow. 0 or -errno. */
int children_tell(struct decode *d, const struct telling *gateway);
/** True if the link stays gone with its gateway, whatever an old message says. */
bool children_outlives(const struct decode *d, const struct telling *t, const struct states_entry *entry);

/** drift.c: the message in hand is going to be decoded, and then noted. */
void drift_expect(struct decode *d);
/** How the message in hand fared. 0 or -ENOMEM. */
int drift_note(struct decode *d, int outcome);
/** Other types: all begins anew. 0 or -ENOMEM. */
int drift_begin(struct decode *d, const struct decode_types *types);
void drift_save(const struct decode *d, struct buf *out);
int drift_load(struct decode *d, struct rd *in); /* 0, -EBADMSG */

/** number.c: the message's number, of the device in hand. *ret_seen: it was here before, and says nothing new. Tells
 *  the gap before it. 0 or -errno. */
int number_check(struct decode *d, const struct type_message *m, bool *ret_seen);

/** Tells the events of a message that is `m`. 0, DECODE_E_* (d->detail says why), -errno. */
int run_message(struct decode *d, const struct type_message *m);
/** Notes the first thing that went wrong; the message goes on. */
void run_fail(struct decode *d, int outcome, const char *format, ...) _printf_(3, 4);

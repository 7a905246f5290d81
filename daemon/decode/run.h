#pragma once
/*
 * Between decode.c (which message is it?) and run.c (what does it say?): the state of one decoder.
 */
#include "decode/states.h"
#include "decode/type.h"

#define RUN_EVENTS_MAX 256 /* events of one message; more of them are dropped and the message is reported */

struct decode {
        const struct decode_types *types;
        const struct placement *placement; /* the types', or an example's */
        decode_sink sink;
        void *userdata;
        struct states states;
        struct arena arena;         /* reset with each message */
        struct document *documents; /* one for each of the types' formats */
        size_t n_documents;
        uint32_t steps;    /* left for look-ups in this message; 0 = it takes too long */
        signed char *read; /* by format: 1 = not read yet, 0 = read, -EBADMSG */
        struct trie_binding *bindings;
        struct decode_figures figures;
        char detail[256];

        /* the message in hand */
        const struct decode_message *message;
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
        bool lived;     /* a heartbeat was told */
        int outcome;    /* the first DECODE_E_* */
        struct ww_attr attrs[TYPE_ATTRS_MAX];
};

/** Tells the events of a message that is `m`. 0, DECODE_E_* (d->detail says why), -errno. */
int run_message(struct decode *d, const struct type_message *m);
/** Notes the first thing that went wrong; the message goes on. */
void run_fail(struct decode *d, int outcome, const char *format, ...) _printf_(3, 4);

#pragma once
/*
 * The interface of a built-in decoder: bytes that no declarative format can read (a protocol with a state, a checksum,
 * a grammar of its own) become a document, and a sensor type in YAML says what the document means. `format: NAME` of
 * a type names the decoder; paths, for_each, guards and `check` work as over JSON.
 *
 * A decoder is compiled in: one file in daemon/decode/decoders/ with a `struct decoder`, one row in
 * daemon/decode/decoders.h, one test in tests/unit/decode, one fuzz target. No foreign code runs in the writer.
 *
 * What a decoder must hold to:
 *
 * - Pure: it reads no clock, no environment, no random source, and does not log. Time comes with the message (journal
 *   time, µs). The same messages in the same order give the same documents, publications and saved bytes, because a
 *   restart replays them and compares.
 * - Bounded: its payload is at most DECODER_PAYLOAD_MAX bytes, its document is bounded by the writer below, and its
 *   state has a limit of its own at which it forgets what it heard longest ago, and counts that (`forgotten`).
 * - Failed checks (CRC, length) are members of the document, never a refusal: the type's `check` marks the events.
 *   Refused is only what cannot be read at all.
 * - State is keyed by what the decoder itself reads (topic, payload): it knows nothing of sensor types, and outlives
 *   their reload. `read` is called only when a type whose topic matches wants this format, and once a message.
 *
 * Texts that it hands to the writer are borrowed: they must stay until the next message is read, so they may lie in the
 * message, in `decoder_alloc`'s memory or in the state, if reading does not free them.
 */
#include <wardwatch/str.h>
#include <wardwatch/time.h>

#define DECODER_PAYLOAD_MAX (256u * 1024u) /* bytes; a larger payload never reaches a decoder */
#define DECODER_ALLOC_MAX   (8u << 20)     /* bytes of decoder_alloc for one message */
#define DECODER_PUBLISH_MAX (64u * 1024u)  /* bytes of a payload to publish */

struct buf;
struct rd;
struct decoder_out; /* the document in the making */

struct decoder_message {
        struct ww_str topic, payload; /* the topic is UTF-8; the payload any bytes, .p not NULL */
        int64_t time;                 /* journal time, µs: never runs backwards */
        bool retained;                /* the broker kept it: it says what was, and has no place in a sequence */
};

struct decoder {
        /* State; all five NULL if it has none. `load` is given a new one; 0, -EBADMSG (then the state is thrown away),
         * -ENOMEM. `save` latches its errors in the buffer. */
        int (*new_state)(void **ret);
        void (*free_state)(void *state); /* never NULL */
        void (*save)(const void *state, struct buf *out);
        int (*load)(void *state, struct rd *in);
        uint64_t (*forgotten)(const void *state); /* what the limit of the state took, since the state was made */

        /** Writes one value (usually an object) that means the message. 0, -EBADMSG after decoder_fail, -ENOMEM. What
         *  the writer latched goes before. */
        int (*read)(void *state, const struct decoder_message *message, struct decoder_out *out);
};

/* --- the document. All of these latch: after the first failure they do nothing, so a run of them wants no checks. ---
 */

void decoder_object_begin(struct decoder_out *out);
void decoder_object_end(struct decoder_out *out);
void decoder_array_begin(struct decoder_out *out);
void decoder_array_end(struct decoder_out *out);
/** Names the next value; in an object each value has one. */
void decoder_key(struct decoder_out *out, struct ww_str key);

/** Bytes that are not UTF-8, and NUL, become U+FFFD each. */
void decoder_text(struct decoder_out *out, struct ww_str text);
/** Lower-case hex digits. */
void decoder_hex(struct decoder_out *out, struct ww_str bytes);
/** In the fewest digits that give the same double, or the same float; null unless it is finite. */
void decoder_number(struct decoder_out *out, double number);
void decoder_float(struct decoder_out *out, float number);
void decoder_integer(struct decoder_out *out, int64_t number);
void decoder_unsigned(struct decoder_out *out, uint64_t number);
void decoder_bool(struct decoder_out *out, bool truth);
void decoder_null(struct decoder_out *out);

/** With its name in front; `key` is a literal or as long-lived as a text. */
void decoder_put_text(struct decoder_out *out, const char *key, struct ww_str text);
void decoder_put_unsigned(struct decoder_out *out, const char *key, uint64_t number);
void decoder_put_bool(struct decoder_out *out, const char *key, bool truth);

/** The payload cannot be read: why, in a few words, and at which of its bytes, from 0. Only the first one counts. */
int decoder_fail(struct decoder_out *out, size_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Zeroed memory until the next message; NULL (latched) beyond DECODER_ALLOC_MAX or without memory. */
void *decoder_alloc(struct decoder_out *out, size_t n);
/** A text in such memory; .p NULL as above. */
struct ww_str decoder_printf(struct decoder_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Asks that a message be published after this one is committed: QoS 0, not retained, only while we are live, and lost
 *  if the broker is away. The decoder bounds how often. Longer payloads than DECODER_PUBLISH_MAX are dropped. */
void decoder_publish(struct decoder_out *out, struct ww_str topic, struct ww_str payload);

#pragma once
/*
 * The journal's records, as bytes: what came in (`input`, keyed by seq), what was concluded (`output`, keyed by
 * (seq, n)) and what is now (`live`, keyed by alarm id).
 *
 * Every record begins with {magic u8, version u8, type u8, 0 u8, checksum u64 LE (XXH3 of what follows)}; the
 * body is the fields below, written with base/buf.h (varints, length-prefixed strings). A reader that meets an
 * unknown version or a wrong checksum gets RECORD_E_*, never a guess. The functions are in daemon/journal/record.c.
 *
 * Decoded structs borrow from the bytes they were decoded from.
 */
#include <wardwatch/alarm.h>
#include <wardwatch/change.h>

/* on disk: do not renumber */
enum ww_input_type {
        WW_INPUT_MESSAGE = 1, /* an MQTT message */
        WW_INPUT_COMMAND = 2, /* an operator's or a worker's command, as JSON */
        WW_INPUT_TIME = 3,    /* a deadline passed with no other input */
        WW_INPUT_RELOAD = 4,  /* the whole canonical text of sensor types, rules and site */
        WW_INPUT_NOTICE = 5,  /* what the engine itself met: links, blindness, clock steps, journal fill */
};

/* on disk: do not renumber */
enum ww_origin {
        WW_ORIGIN_ENGINE = 0,
        WW_ORIGIN_URGENT = 1, /* MQTT session */
        WW_ORIGIN_BULK = 2,   /* MQTT session */
        WW_ORIGIN_SOCKET = 3, /* command socket */
};

/* on disk: do not renumber */
enum ww_input_flag {
        WW_INPUT_RETAINED = 1 << 0,
        WW_INPUT_DUP = 1 << 1,     /* MQTT DUP: the broker sent it before */
        WW_INPUT_SKIPPED = 1 << 2, /* killed the engine twice, or is not what its device signed: kept, not decoded */
        WW_INPUT_SIGNED = 1 << 3,  /* its device's signature was checked when it came, and is right */
};

struct ww_input {
        uint64_t seq;
        enum ww_input_type type;
        enum ww_origin origin;
        uint32_t flags;
        uint16_t mid;        /* MESSAGE: MQTT packet identifier, tells a redelivery of what is already here; else 0 */
        int64_t time;        /* journal time: never runs backwards */
        int64_t received;    /* wall clock */
        struct ww_str topic; /* MESSAGE: MQTT topic. COMMAND: actor ("uid:name"). NOTICE: its name. RELOAD: see below */
        struct ww_str id;    /* COMMAND: the client's id. RELOAD: see below. else "" */
        struct ww_str payload; /* MESSAGE: bytes. COMMAND: JSON object. RELOAD: bundle text. NOTICE: JSON object */
};

/*
 * A RELOAD that was primed says with what: its id is "prime FROM_SEQ FROM_TIME" (the inputs from FROM_SEQ up to the
 * record itself, and the journal time that the priming counted back from), and its topic a JSON object of what stood
 * before the first of them (daemon/prime_stood.c). Both are empty if nothing was primed; another id is malformed.
 */
struct ww_prime {
        uint64_t from_seq; /* > 0 */
        int64_t from_time;
};

#define WW_PRIME_MAX 64

void ww_prime_format(const struct ww_prime *prime, char out[static WW_PRIME_MAX]);
bool ww_prime_parse(struct ww_str id, struct ww_prime *ret); /* false: it is not what ww_prime_format writes */

/* on disk: do not renumber */
enum ww_output_type {
        WW_OUTPUT_EVENT = 1,
        WW_OUTPUT_TRANSITION = 2,
        WW_OUTPUT_REPLY = 3,     /* the answer to the COMMAND of this seq */
        WW_OUTPUT_NOTICE = 4,    /* system notice: what people should know, not an alarm */
        WW_OUTPUT_UNDECODED = 5, /* no sensor type explained the message, or it could not be read */
        WW_OUTPUT_RULESET = 6,   /* the rule set in force from here on */
        WW_OUTPUT_PUBLISH = 7,   /* a message to the broker, sent after the commit */
        WW_OUTPUT_CHANGE = 8,    /* of an incident, a step, a note … */
        WW_OUTPUT_REDACTION = 9, /* what of the MESSAGE of this seq must not leave the journal */
};

struct ww_reply {
        struct ww_str id; /* the command's */
        bool ok;
        struct ww_str body; /* JSON object, whole answer as sent */
};

struct ww_notice {
        struct ww_str name;    /* "broker-lost", from the table in daemon/notices.c */
        struct ww_str subject; /* session, rule, record … */
        struct ww_str text;    /* one sentence for people */
};

struct ww_undecoded {
        struct ww_str reason; /* "no-type", "bad-json", "unmatched", "skipped" … (table in decode) */
        struct ww_str sensor; /* the type that tried, "" = none */
        struct ww_str detail; /* one line, for people; may hold device text: never markup */
};

struct ww_ruleset {
        struct ww_str hash; /* 32 hex digits over the canonical text */
        uint32_t rules, sensors, assets, zones;
        int64_t complete; /* journal time from which every window is whole; NONE: they are, or nothing says so */
};

/* how a part of a payload is overwritten; on disk: do not renumber */
enum ww_redact_form {
        WW_REDACT_CHARS = 1,  /* by `*` */
        WW_REDACT_TEXT = 2,   /* by a JSON string of the same length */
        WW_REDACT_NUMBER = 3, /* by `0` */
};

struct ww_redact_span {
        uint32_t at, n; /* bytes of the payload */
        enum ww_redact_form form;
};

struct ww_redaction {
        const struct ww_redact_span *spans;
        size_t n;
};

/* Sent once, by the engine that concluded it, and never by a replay. A broker that is away does not get it: whoever
 * needs an answer asks again. */
struct ww_publish {
        struct ww_str topic;   /* no wildcards */
        struct ww_str payload; /* any bytes */
        uint8_t qos;           /* 0 or 1 */
        bool retain;
};

struct ww_output {
        uint64_t seq;
        uint32_t n;
        enum ww_output_type type;
        union {
                struct ww_event event;
                struct ww_transition transition;
                struct ww_reply reply;
                struct ww_notice notice;
                struct ww_undecoded undecoded;
                struct ww_ruleset ruleset;
                struct ww_change change;
                struct ww_redaction redaction;
                struct ww_publish publish;
        };
};

#define WW_RECORD_HEAD 12 /* bytes before the body */

enum {
        RECORD_E_CHECKSUM = 1, /* the bytes are not what was written */
        RECORD_E_VERSION,      /* written by a newer Wardwatch */
        RECORD_E_MALFORMED,    /* checksum right, fields wrong: a bug, or a forged record */
};

struct buf;
struct arena;

/** Append the record's bytes to `out`. 0, or -ENOMEM. An event's kind is written by name, so that the vocabulary
 *  may grow. */
int ww_input_encode(const struct ww_input *input, struct buf *out);
int ww_output_encode(const struct ww_output *output, struct buf *out);
int ww_alarm_encode(const struct ww_alarm *alarm, struct buf *out);
/** A live record of a subject, under the key ww_change_key(). */
int ww_change_encode(const struct ww_change *change, struct buf *out);

/** Decode `bytes`; seq and n come from the key. Strings borrow from `bytes`; arrays (attributes, evidence) are
 *  allocated from `arena`, which the caller resets. 0, RECORD_E_*, or -ENOMEM. An event's family is
 *  WW_FAMILY_NONE: its kind stands by name. Records carry their own key: under another one they are as broken as with
 *  other bytes (RECORD_E_CHECKSUM). seq 0: the key is not known, it is taken from the record. */
int ww_input_decode(struct ww_str bytes, uint64_t seq, struct ww_input *ret);
int ww_output_decode(struct ww_str bytes, uint64_t seq, uint32_t n, struct arena *arena, struct ww_output *ret);
int ww_alarm_decode(struct ww_str bytes, struct ww_alarm *ret);
int ww_change_decode(struct ww_str bytes, struct ww_change *ret);
/** Whether a live record, of an alarm or of a subject, is whole and stands under its own key. 0, RECORD_E_*. */
int ww_live_check(struct ww_str bytes, uint64_t key);

const char *ww_input_type_name(enum ww_input_type type);   /* "message" */
const char *ww_output_type_name(enum ww_output_type type); /* "event" */
const char *ww_origin_name(enum ww_origin origin);         /* "urgent" */

#pragma once
/*
 * The file of notify.channels: how each channel that an escalation may name is reached. It holds secrets, so it stands
 * apart from the configuration, and nobody but the notifier's user may read it.
 *
 *     channels:
 *       - channel: mail                    # the name that escalations use
 *         kind: mail                       # webhook, mail, mqtt, syslog, command, screen
 *         url: smtp://mail.example.org:587
 *         from: wardwatch@example.org
 *         user: wardwatch
 *         password: …
 *
 * One table of keys (channels_keys[]) says what each kind may hold; the reference is made from it.
 */
#include "base/arena.h"
#include "base/diag.h"

enum channel_kind {
        CHANNEL_WEBHOOK,
        CHANNEL_MAIL,
        CHANNEL_MQTT,
        CHANNEL_SYSLOG,
        CHANNEL_COMMAND,
        CHANNEL_SCREEN,
        CHANNEL_KINDS,
};

extern const char *const channel_kind_names[CHANNEL_KINDS];

#define CHANNEL_TEXTS_MAX 32

struct channel_texts {
        const char *items[CHANNEL_TEXTS_MAX];
        size_t n;
};

/* all strings NUL-terminated and never NULL ("" = not set) */
struct channel_config {
        const char *name;
        struct diag_pos pos;
        int64_t kind; /* enum channel_kind; choices are numbers by their place */

        const char *url, *ca_file, *proxy;
        int64_t tls; /* of mail: enum channel_tls */
        const char *user, *password, *from, *client_id;
        struct channel_texts headers; /* "Name: value" */
        const char *secret;           /* of the signature */
        const char *topic;
        int64_t qos, facility;
        const char *app;
        struct channel_texts argv;

        int64_t format; /* enum channel_format */
        const char *cap_sender;
        const char *title, *text, *link;

        int64_t concurrency, rate, burst;
        int64_t timeout, retry_min, retry_max, give_up_after; /* µs */
        int64_t breaker_failures, breaker_pause;              /* pause: µs */
};

enum channel_tls {
        CHANNEL_TLS_REQUIRED,
        CHANNEL_TLS_TRIED,
        CHANNEL_TLS_NEVER,
};

enum channel_format {
        CHANNEL_FORMAT_JSON,
        CHANNEL_FORMAT_CAP,
};

#define CHANNELS_MAX 64

struct channels {
        struct arena arena;
        struct channel_config items[CHANNELS_MAX];
        size_t n;
        uint64_t hash; /* of the file: does another one say something else? */
};

/** Reads and checks the file; everything wrong is told. `site`: name of the site, for what has to name a sender.
 *  0; DIAG_E_USER; -ENOMEM. `ret` is to be let go in any case. */
int channels_load(struct channels *ret, const char *file, const char *site, struct diag *d);
void channels_deinit(struct channels *c);
const struct channel_config *channels_find(const struct channels *c, const char *name); /* NULL */

enum channel_key_type {
        CHANNEL_KEY_TEXT,
        CHANNEL_KEY_TEMPLATE, /* a text with words in braces */
        CHANNEL_KEY_TEXTS,    /* a list */
        CHANNEL_KEY_HEADERS,  /* names and values */
        CHANNEL_KEY_NUMBER,
        CHANNEL_KEY_SPAN,
        CHANNEL_KEY_CHOICE,
        CHANNEL_KEY_FILE,
};

struct channel_key {
        const char *name;
        enum channel_key_type type;
        unsigned kinds; /* set of 1 << enum channel_kind */
        size_t offset;  /* in struct channel_config */
        bool must;
        const char *default_text;
        int64_t min, max;    /* NUMBER; SPAN in µs */
        const char *choices; /* separated by blanks */
        const char *help;
};

extern const struct channel_key channels_keys[];
extern const size_t channels_keys_n;

/** The reference of the keys, in Markdown. */
void channels_reference(struct buf *out);

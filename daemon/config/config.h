#pragma once
/*
 * The daemon's configuration: YAML to one typed struct through one table of keys.
 *
 * The table (config_keys) is the only place that knows a key: name, type, default, unit, range, reloadable, help.
 * `wardwatch check --print`, --help, the man page and the reference are made from it. A key of a group is written
 * nested (`journal: {size: 1GiB}`) and named with a dot (`journal.size`) in messages.
 */
#include "base/arena.h"
#include "base/diag.h"
#include <wardwatch/str.h>

enum config_type {
        CONFIG_STRING,
        CONFIG_BOOL,
        CONFIG_INTEGER,
        CONFIG_SIZE,    /* bytes: 1GiB, 64MiB, 4096 */
        CONFIG_SPAN,    /* µs */
        CONFIG_PATH,    /* relative to the configuration file's folder */
        CONFIG_PATHS,   /* list of them */
        CONFIG_STRINGS, /* list */
        CONFIG_CHOICE,  /* one of `choices` */
        CONFIG_PORT,    /* 1 to 65535, or `off` = 0 */
        CONFIG_SECRET,  /* path of a file (mode 0600) that holds the value; never printed */
};

struct config_list {
        const char **items; /* NUL-terminated each */
        size_t n;
};

/* all strings NUL-terminated and never NULL ("" = not set) */
struct config {
        struct arena arena;
        const char *file;

        struct {
                const char *name;
        } site;
        struct {
                const char *dir;
                const char *run_dir;
        } state; /* dir: journal and snapshots; run_dir: sockets */
        struct {
                struct config_list sensors, rules, site, response, records;
        } paths;
        struct {
                const char *level;
        } log;
        struct {
                const char *host;
                int64_t port;
                const char *client_id; /* prefix: "-urgent", "-bulk" are added */
                const char *user, *password_file;
                const char *signatures; /* file of keys of devices that sign, "" = none do */
                bool tls;
                const char *ca_file, *cert_file, *key_file;
                struct config_list urgent, bulk;  /* topic filters, disjoint */
                int64_t keepalive;                /* µs */
                int64_t batch;                    /* Receive Maximum, messages a turn and session */
                int64_t packet_max;               /* bytes */
                int64_t session_expiry;           /* µs */
                int64_t backoff_min, backoff_max; /* µs */
                bool self_test;
        } mqtt;
        struct {
                int64_t size;            /* bytes of the map */
                int64_t keep;            /* µs */
                int64_t snapshot_inputs; /* a snapshot after so many inputs */
        } journal;
        struct {
                const char *url; /* libpq conninfo without password, "" = no store */
                const char *password_file;
                int64_t batch_rows;
                int64_t batch_wait; /* µs: the longest a row waits for company */
        } database;
        struct {
                const char *sign_off; /* "off", "one", "two": who must sign a rule set before it comes into force */
        } rules;
        struct {
                const char *key;   /* file of the key that signs checkpoints, "" = none are made */
                const char *file;  /* that they are appended to */
                int64_t every;     /* µs */
                const char *topic; /* that they are published on; "" = wardwatch/SITE/proof, "off" = none */
        } proof;
        struct {
                int64_t raw, events, alarms, acts, system; /* µs; 0 = for ever */
        } retention;
        struct {
                const char *channels; /* file of channels and their secrets, "" = nobody is told */
        } notify;
        struct {
                int64_t clients_max;
                int64_t queue_max; /* bytes queued for one feed client before it is reset */
                const char *group; /* members may act; "" = only the daemon's user and root */
        } command;
        struct {
                int64_t hung_after;
                int64_t backoff_max;
        } supervisor; /* µs */
        struct {
                int64_t supervisor, engine, store, notify, console, auth;
        } metrics; /* ports on loopback; 0 = off */
        struct {
                bool enabled;
        } auth; /* checks passwords, for the console */
        struct {
                const char *listen;             /* ADDRESS:PORT, "" = no console */
                struct config_list names;       /* of the host, as browsers say it */
                const char *tls_cert, *tls_key; /* "" = plain HTTP, on loopback alone */
                int64_t idle, session_max;      /* µs */
                int64_t connections, connections_per_address;
                const char *database, *database_password_file; /* of the role that reads; "" = no history */
                const char *pages;                             /* folder, "" = where it was installed */
                bool tips;                                     /* the public form for hints is there */
                int64_t tips_per_hour, tips_per_address;       /* in an hour */
        } console;
        struct {
                const char *mode; /* "required", "when-available", "off" */
                struct config_list programs, programs_write;
        } sandbox; /* what workers may still do once they have started */
        struct {
                const char *engine, *store, *auth, *console, *notify;
        } users; /* "" = do not change user */
};

struct config_key {
        const char *name; /* "mqtt.host" */
        enum config_type type;
        size_t offset;            /* in struct config */
        const char *default_text; /* as a user would write it; NULL = required */
        const char *unit;         /* "bytes", NULL = none */
        int64_t min, max;         /* INTEGER, SIZE (bytes), SPAN (µs) */
        const char *choices;      /* "debug info notice warning error" */
        bool reloadable;          /* takes effect at SIGHUP; otherwise at a restart */
        const char *help;
};

extern const struct config_key config_keys[];
extern const size_t config_keys_n;

/** Load and check one file. Everything wrong is told, not only the first. 0, DIAG_E_USER, -errno. */
int config_load(struct config *ret, const char *file, struct diag *d);
void config_deinit(struct config *c);
/** The canonical form: every key, its value, defaults included; secrets as their file names. Valid YAML that loads
 *  to the same configuration. */
int config_print(const struct config *c, struct buf *out);
/** The same as it is in force after a reload: reloadable keys of `next`, the others of `c`. */
int config_print_reloaded(const struct config *c, const struct config *next, struct buf *out);
/** The file's text as it may be shown under a message: what could be a secret is stars. Appended. 0 or -errno. */
int config_shown(const char *file, struct buf *out);
/** Key names that are set differently and not reloadable; returns how many, writes up to max names. */
size_t config_restart_needed(const struct config *a, const struct config *b, const char **names, size_t max);
/** The bundle that the configuration's paths lead to, sealed. 0; DIAG_E_USER: `ret` holds what could be read, because
 *  messages name its files, and is to be let go all the same; -errno. */
struct bundle;
int config_bundle(const struct config *c, struct bundle *ret, struct diag *d);
/** A secret file's content, trailing newline removed; refused (DIAG_E_USER) if others can read it. */
int config_secret(const char *file, struct diag *d, char **ret);

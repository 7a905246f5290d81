/* From nothing to a connection on which rows can be written: journal, server, schema, cursor, partitions. */
#include "base/clock.h"
#include "base/diag.h"
#include "base/log.h"
#include "store/drain_internal.h"
#include "store/retention.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define PARTITIONS_EVERY (10 * WW_MINUTE)
#define RETENTION_EVERY  WW_DAY
#define RETENTION_AGAIN  WW_HOUR /* after a failure */
#define RETENTION_ROUND  4       /* partitions at a time: rows wait meanwhile */
#define UNHEARD_MAX      64
#define SAID_AGAIN       WW_MINUTE /* the same trouble, in the log */

int drain_trouble(struct drain *d, const char *event, const char *format, ...) {
        char text[sizeof d->figures.trouble];
        int64_t now = clock_boot();
        va_list ap;
        bool new;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        (void)pthread_mutex_lock(&d->lock);
        new = strcmp(d->figures.trouble, text) != 0;
        memcpy(d->figures.trouble, text, sizeof text);
        (void)pthread_mutex_unlock(&d->lock);
        if (new || now - d->said_at >= SAID_AGAIN) {
                d->said_at = now;
                log_warning(event, NULL, "%s", text);
        }
        return DRAIN_E_TROUBLE;
}

/* --- the journal --- */

static bool journal_stat(const struct drain *d, struct stat *ret) {
        char path[4096];

        (void)snprintf(path, sizeof path, "%s/journal/data.mdb", d->config->state.dir);
        return stat(path, ret) == 0;
}

int drain_journal(struct drain *d) {
        const struct journal_options options = {
                .dir = d->config->state.dir,
                .size = (uint64_t)d->config->journal.size,
                .trusting = true,
        };
        struct stat st;
        int e;

        if (d->journal)
                return 0;
        e = journal_open(&d->journal, &options);
        d->shut = e == -EACCES;
        if (e)
                return drain_trouble(d, "journal-absent", "the journal in %s cannot be opened yet: %s",
                                     d->config->state.dir, e < 0 ? strerror(-e) : journal_refusal(e));
        if (journal_stat(d, &st)) {
                d->inode = (uint64_t)st.st_ino;
                d->device = (uint64_t)st.st_dev;
        }
        return 0;
}

bool drain_replaced(struct drain *d) {
        struct stat st;

        return d->shut || (d->journal && d->inode && journal_stat(d, &st) &&
                           (d->inode != (uint64_t)st.st_ino || d->device != (uint64_t)st.st_dev));
}

/* --- the server --- */

static int drain_password(struct drain *d, char **ret) {
        struct diag diag = DIAG_INIT;
        _cleanup_buf_ struct buf text = BUF_INIT;
        int e;

        *ret = NULL;
        if (!d->config->database.password_file[0])
                return 0;
        e = config_secret(d->config->database.password_file, &diag, ret);
        if (e) {
                diag_render(&diag, &text);
                e = drain_trouble(d, "database-password", "%.*s", WW_STR_ARG(buf_str(&text)));
        }
        diag_deinit(&diag);
        return e;
}

static int drain_open(struct drain *d) {
        struct wire_error error = { "", "" };
        char *password;
        int e = drain_password(d, &password);

        if (e)
                return e;
        e = wire_connect(&d->wire, d->config->database.url, password, &error);
        if (password)
                explicit_bzero(password, strlen(password));
        free(password);
        return e > 0 ? drain_trouble(d, "database-absent", "%s", error.text) : e;
}

static int drain_schema(struct drain *d) {
        int version = 0, e = cursor_check_schema(d->wire, &version);

        if (e != CURSOR_E_SCHEMA)
                return e;
        if (version > STORE_SCHEMA_VERSION)
                return drain_trouble(d, "schema-newer",
                                     "the database has schema %d, this program needs %d: install the newer Wardwatch",
                                     version, STORE_SCHEMA_VERSION);
        return drain_trouble(d, "schema-older",
                             "the database has schema %d, this program needs %d: run `wardwatch migrate`", version,
                             STORE_SCHEMA_VERSION);
}

/* A journal that was set back to an older copy gives numbers out twice. Its rows would be taken for those that are
 * there already, and lost: so nothing is written until somebody has decided. */
static int drain_forked(struct drain *d, const struct cursor *c) {
        uint64_t head = journal_head(d->journal);
        char id[96], text[200];
        int e = 0;
        bool forked = c->seq > head;

        if (!forked && c->seq > 0 && c->fingerprint != 0) {
                e = journal_read(d->journal, c->seq, 1, 1, &d->read);
                if (e == 0 && d->read.n > 0 && d->read.items[0].seq == c->seq)
                        forked = cursor_fingerprint(d->read.items[0].record) != c->fingerprint;
        }
        if (e < 0)
                return e;
        if (!forked)
                return 0;
        (void)snprintf(id, sizeof id, "store-%s-set-back-%" PRIu64, journal_id(d->journal), c->seq);
        (void)snprintf(text, sizeof text,
                       "the journal is an older copy than the one stored up to %" PRIu64 " (it ends at %" PRIu64
                       "): move DIR/journal aside, so that a new one begins",
                       c->seq, head);
        outbox_put(d->outbox, id, "store-gap", "journal set back", text);
        return drain_trouble(d, "journal-set-back", "%s", text);
}

/* Notices about quarantined records that the engine never got: their command is not in the database. */
static int drain_unheard(struct drain *d) {
        char sql[640], part[16];
        int e;

        (void)snprintf(
                sql, sizeof sql,
                "SELECT id, seq, n, error FROM (SELECT 'store-%s-row-' || seq || '-' || CASE n WHEN -1 THEN 'input' "
                "ELSE "
                "n::text END AS id, seq, n, error, quarantined_at FROM wardwatch.quarantine WHERE journal = %" PRId32
                ") q WHERE NOT EXISTS (SELECT FROM wardwatch.command c WHERE c.command_id = q.id)"
                " ORDER BY quarantined_at DESC LIMIT %d",
                journal_id(d->journal), d->batch.cursor.journal, UNHEARD_MAX);
        e = wire_exec(d->wire, sql);
        for (size_t i = 0; !e && i < wire_rows(d->wire); i++) {
                char subject[64], text[384];

                (void)snprintf(part, sizeof part, "%s", wire_value(d->wire, i, 2));
                (void)snprintf(subject, sizeof subject, "record %s.%s", wire_value(d->wire, i, 1),
                               strcmp(part, "-1") == 0 ? "input" : part);
                (void)snprintf(text, sizeof text, "the record is kept in quarantine: %s", wire_value(d->wire, i, 3));
                outbox_put(d->outbox, wire_value(d->wire, i, 0), "row-quarantined", subject, text);
        }
        return e;
}

static int drain_partitions(struct drain *d) {
        int64_t today = clock_wall() / WW_DAY;
        int e;

        if (clock_boot() < d->partitions_at)
                return 0;
        d->partitions_at = clock_boot() + PARTITIONS_EVERY;
        if (d->batch.day == today && d->batch.days_to >= today + 1 && d->batch.days_from <= today)
                return 0;
        e = batch_partitions_ahead(&d->batch, today);
        if (e == WIRE_E_DATA || e == WIRE_E_RETRY) {
                log_warning("partitions-failed", NULL, "daily partitions were not made, trying again in 10 minutes: %s",
                            wire_error(d->wire)->text);
                return 0;
        }
        return e;
}

/* Once a day, a few partitions in each turn, so that rows do not wait long. A failure stops nothing. */
static int drain_retention(struct drain *d) {
        size_t refused = 0, dropped = 0;
        uint64_t compacted = 0;
        int e = 0;

        if (clock_boot() < d->retention_at)
                return 0;
        if (!d->retention_more)
                e = retention_set(d->wire, d->config, &refused);
        if (!e)
                e = retention_apply(d->wire, RETENTION_ROUND, &dropped);
        if (!e && dropped == 0)
                e = retention_compact(d->wire, RETENTION_COMPACT, &compacted);
        if (e == WIRE_E_DOWN)
                return e;
        if (e)
                log_warning("retention-failed", NULL, "not all was dropped, trying again in an hour: %s",
                            wire_error(d->wire)->text);
        d->retention_more = dropped > 0 || compacted > 0;
        if (!d->retention_more)
                d->retention_at = clock_boot() + (e ? RETENTION_AGAIN : RETENTION_EVERY);
        (void)pthread_mutex_lock(&d->lock);
        d->figures.dropped += dropped;
        d->figures.retention_failed += refused + (e != 0);
        (void)pthread_mutex_unlock(&d->lock);
        return 0;
}

static int drain_upkeep(struct drain *d) {
        int e = drain_partitions(d);

        return e ? e : drain_retention(d);
}

static int drain_cursor(struct drain *d, struct cursor *ret) {
        _cleanup_buf_ struct buf predecessor = BUF_INIT, untold = BUF_INIT;
        struct cursor_origin origin = { 0 };
        int e = journal_get_meta(d->journal, JOURNAL_META_SALVAGE, &untold);

        if (!e && untold.n)
                return drain_trouble(d, "journal-salvaged", "the engine has not taken the salvaged journal over yet");
        e = journal_get_meta(d->journal, JOURNAL_META_PREDECESSOR, &predecessor);
        if (!e) {
                buf_put_u8(&predecessor, 0);
                origin.journal_id = (const char *)predecessor.p;
                e = predecessor.error;
        }
        if (e == -ENOENT || !e)
                e = journal_get_meta_u64(d->journal, JOURNAL_META_SALVAGED, &origin.salvaged);
        if (e)
                return e < 0 ? e : -EIO;
        return cursor_load(d->wire, journal_id(d->journal), d->config->site.name, &origin, ret);
}

static int drain_checkpoint(struct drain *d) {
        struct diag diag = DIAG_INIT;
        _cleanup_buf_ struct buf text = BUF_INIT;
        int e = checkpoint_init(&d->checkpoint, d->config, &d->batch.seal, &diag);

        if (e) {
                diag_render(&diag, &text);
                e = drain_trouble(d, "proof", "checkpoints: %.*s%s", WW_STR_ARG(buf_str(&text)),
                                  e < 0 ? strerror(-e) : "");
        }
        diag_deinit(&diag);
        return e;
}

static int drain_begin(struct drain *d) {
        struct cursor cursor = { 0 };
        int e = drain_cursor(d, &cursor);

        if (!e)
                e = drain_forked(d, &cursor);
        if (!e)
                e = batch_init(&d->batch, d->wire, d->outbox, journal_id(d->journal), &cursor, clock_wall() / WW_DAY);
        if (!e)
                e = drain_checkpoint(d);
        if (e)
                return e;
        d->partitions_at = 0;
        e = drain_partitions(d);
        return e ? e : drain_unheard(d);
}

int drain_connect(struct drain *d) {
        int e;

        if (d->wire)
                return drain_upkeep(d);
        e = drain_open(d);
        if (!e)
                e = drain_schema(d);
        if (!e)
                e = drain_begin(d);
        if (e) {
                if (e == WIRE_E_DOWN || e == WIRE_E_RETRY || e == WIRE_E_DATA || e == CURSOR_E_MOVED)
                        e = drain_trouble(d, "database-refused", "%s",
                                          d->wire ? wire_error(d->wire)->text : "no connection");
                return e;
        }
        (void)pthread_mutex_lock(&d->lock);
        d->figures.known = d->figures.connected = true;
        d->figures.cursor = d->batch.cursor.seq;
        d->figures.connects++;
        d->figures.down_since = 0;
        d->figures.trouble[0] = '\0';
        (void)pthread_mutex_unlock(&d->lock);
        log_notice("database-connected", NULL, "storing from %" PRIu64 " on", d->batch.cursor.seq + 1);
        return 0;
}

void drain_disconnect(struct drain *d) {
        checkpoint_deinit(&d->checkpoint);
        batch_deinit(&d->batch);
        d->wire = wire_free(d->wire);
        (void)pthread_mutex_lock(&d->lock);
        d->figures.connected = false;
        if (!d->figures.down_since)
                d->figures.down_since = clock_boot();
        (void)pthread_mutex_unlock(&d->lock);
}

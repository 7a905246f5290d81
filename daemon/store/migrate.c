/*
 * `wardwatch migrate`: the schema, one step at a time and forwards only.
 *
 * One at a time: a session's advisory lock is taken first, so two that are started together follow each other, and the
 * second finds everything done. Each migration and its row in schema_migration are one transaction: a step is there or
 * not. One that met another session's locks (a deadlock, a lock not had in time) is rolled back and tried again: beside
 * a running store, readers and autovacuum this is nobody's fault. Autovacuum gives way to who waits for its lock, but
 * not while it waits for us itself: where a GRANT has written a table's row in pg_class, and the table is wanted next.
 *
 * Refused, and nothing is changed: a migration that is applied but whose file now reads otherwise (the database is no
 * longer what the files say), and a database that has more of them than the folder (made by a newer Wardwatch).
 */
#include "store/migration.h"
#include "store/session.h"
#include "store/store.h"
#include "store/table.h"

#include <stdio.h>
#include <wardwatch/time.h>

#define SCHEMA_SQL                                                                                                     \
        "CREATE SCHEMA IF NOT EXISTS wardwatch;"                                                                       \
        "CREATE TABLE IF NOT EXISTS wardwatch.schema_migration (version integer PRIMARY KEY, name text NOT NULL,"      \
        " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),"                          \
        " applied_by text NOT NULL DEFAULT session_user);"                                                             \
        "COMMENT ON TABLE wardwatch.schema_migration IS 'The migrations that made this schema.';"                      \
        "COMMENT ON COLUMN wardwatch.schema_migration.version IS 'Number of the migration.';"                          \
        "COMMENT ON COLUMN wardwatch.schema_migration.name IS 'Name of its file without .sql.';"                       \
        "COMMENT ON COLUMN wardwatch.schema_migration.checksum IS 'Checksum (XXH3, 128 bits) of its file.';"           \
        "COMMENT ON COLUMN wardwatch.schema_migration.applied_at IS 'When it was applied.';"                           \
        "COMMENT ON COLUMN wardwatch.schema_migration.applied_by IS 'Role that applied it.'"

#define MIGRATION_WAIT WW_HOUR /* for one statement of a migration */
#define TRIES          10      /* of one migration while others' locks are in the way: 4 s, or 20 s for each lock */

static int tell(int e, struct wire *w, const char *what) {
        return session_tell(e, wire_error(w), "migrate", what);
}

/* A migration may rewrite a table: only the locks have a limit. */
static int migrate_prepare(struct wire *w) {
        int e;

        wire_set_wait(w, MIGRATION_WAIT);
        e = wire_exec(w, "SET lock_timeout = '20s'; SET statement_timeout = '20s';"
                         "SELECT pg_advisory_lock(hashtextextended('wardwatch.migrate', 0))");

        return e ? tell(e, w, "another `wardwatch migrate` is at work") : 0;
}

static bool migrate_has_table(struct wire *w) {
        return wire_exec(w, "SELECT to_regclass('wardwatch.schema_migration')") == 0 && wire_value(w, 0, 0);
}

/* What is applied must be what the files say. *ret: how many are. */
static int migrate_compare(struct wire *w, const struct migrations *m, size_t *ret) {
        int e;

        *ret = 0;
        if (!migrate_has_table(w))
                return 0;
        e = wire_exec(w, "SELECT version, name, checksum FROM wardwatch.schema_migration ORDER BY version");
        if (e)
                return tell(e, w, "cannot read which migrations are applied");
        for (size_t i = 0; i < wire_rows(w); i++) {
                if (i >= m->n) {
                        (void)fprintf(
                                stderr,
                                "wardwatch migrate: the database has migration %s, which is not in the folder: it "
                                "was made by a newer Wardwatch\n",
                                wire_value(w, i, 1));
                        return -EINVAL;
                }
                if (atoi(wire_value(w, i, 0)) != m->items[i].version ||
                    strcmp(wire_value(w, i, 2), m->items[i].checksum) != 0) {
                        (void)fprintf(
                                stderr,
                                "wardwatch migrate: %s.sql is not what was applied: an applied migration is never "
                                "changed; put the old file back and write a new one\n",
                                m->items[i].name);
                        return -EINVAL;
                }
        }
        *ret = wire_rows(w);
        return 0;
}

/* Owner, rights and triggers of what the migration made; the function itself came with one of them. */
static int migrate_settle(struct wire *w) {
        int e = wire_exec(w, "SELECT to_regprocedure('wardwatch.settle()')");

        return e || !wire_value(w, 0, 0) ? e : wire_exec(w, "SELECT wardwatch.settle()");
}

static int migrate_try(struct wire *w, const struct migration *m) {
        const char *const values[] = { m->name, m->checksum };
        char sql[256];
        int e = wire_exec(w, "BEGIN; SET LOCAL search_path = wardwatch; SET LOCAL statement_timeout = 0");

        if (!e)
                e = wire_exec(w, m->text);
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO wardwatch.schema_migration (version, name, checksum) VALUES (%d, $1, $2)",
                       m->version);
        if (!e)
                e = wire_exec_params(w, sql, values, 2);
        if (!e)
                e = migrate_settle(w);
        return e ? e : wire_exec(w, "COMMIT");
}

/* What a try did is undone first: who is in the way may want just that. */
static void migrate_again(struct wire *w, const struct migration *m, unsigned tries) {
        const struct wire_error *error = wire_error(w);

        (void)fprintf(stderr, "wardwatch migrate: %s: another session is in the way, try %u of %d follows: %s %s\n",
                      m->name, tries + 1, TRIES, error->text, error->sqlstate);
        (void)wire_exec(w, "ROLLBACK");
        wire_pause(tries);
}

static int migrate_apply(struct wire *w, const struct migration *m) {
        int e = migrate_try(w, m);

        for (unsigned tries = 1; wire_was_in_the_way(w, e) && tries < TRIES; tries++) {
                migrate_again(w, m, tries);
                e = migrate_try(w, m);
        }
        if (e) {
                (void)tell(e, w, m->name);
                (void)wire_exec(w, "ROLLBACK");
                return e < 0 ? e : -EIO;
        }
        (void)printf("%s.sql applied\n", m->name);
        return 0;
}

static int migrate_run(struct wire *w, const struct migrations *m, bool dry_run) {
        size_t applied;
        int e = migrate_prepare(w);

        if (!e)
                e = migrate_compare(w, m, &applied);
        if (e)
                return e;
        if (applied == m->n)
                (void)printf("the schema is up to date (%zu)\n", m->n);
        else if (!dry_run && (e = wire_exec_patiently(w, SCHEMA_SQL, TRIES)) != 0)
                return tell(e, w, "cannot make the schema");
        for (size_t i = applied; i < m->n && !e; i++) {
                if (dry_run)
                        (void)printf("%s.sql would be applied\n", m->items[i].name);
                else
                        e = migrate_apply(w, &m->items[i]);
        }
        return e;
}

int store_migrate(const struct config *config, const char *dir, bool dry_run) {
        struct migrations m = { 0 };
        struct wire *w = NULL;
        const char *why;
        int e;

        e = migrations_read(&m, dir ? dir : migrations_dir(), &why);
        if (e) {
                (void)fprintf(stderr, "wardwatch migrate: %s\n", why);
                return e;
        }
        e = session_open(config, "migrate", &w);
        if (!e)
                e = migrate_run(w, &m, dry_run);
        wire_free(w);
        migrations_deinit(&m);
        return e;
}

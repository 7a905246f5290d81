#include "store/retention_internal.h"
#include "store/session.h"
#include "store/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUND 5  /* partitions in one transaction: nobody reads their table while they are dropped */
#define TRIES 10 /* while readers are in the way: 8 s */

static int tell(int e, struct wire *w, const char *what) {
        return session_tell(e, wire_error(w), "retention", what);
}

static int session_schema(struct wire *w) {
        int e = wire_exec(w, "SELECT coalesce(max(version), 0) FROM wardwatch.schema_migration");

        if (e)
                return tell(e, w, "cannot read the version of the schema");
        if (atoi(wire_value(w, 0, 0)) == STORE_SCHEMA_VERSION)
                return 0;
        (void)fprintf(
                stderr,
                "wardwatch retention: the database has schema %s, this program needs %d: run `wardwatch migrate`\n",
                wire_value(w, 0, 0), STORE_SCHEMA_VERSION);
        return -EINVAL;
}

static int set_all(struct wire *w, const struct config *config) {
        for (size_t i = 0; i < retention_classes(); i++) {
                int e = retention_set_class(w, config, i);

                if (e)
                        return tell(e, w, retention_class_name(i));
        }
        return 0;
}

static void print_rows(struct wire *w) {
        for (size_t i = 0; i < wire_rows(w); i++)
                (void)printf("%-28s %s to %s  %s\n", wire_value(w, i, 0), wire_value(w, i, 1), wire_value(w, i, 2),
                             wire_value(w, i, 3));
}

/* What the configuration says now, whatever is set: so that its effect is seen before it is in force. */
static int print_due(struct wire *w) {
        int e = wire_exec(
                w, "SELECT partition, range_from::date, range_to::date, coalesce('held: ' || held, 'would be dropped')"
                   " FROM wardwatch.retention_due ORDER BY range_to, relation");

        if (e)
                return tell(e, w, "cannot read what is due");
        print_rows(w);
        if (!wire_rows(w))
                (void)printf("nothing is past its time\n");
        return 0;
}

static int drop_due(struct wire *w) {
        char sql[256];
        size_t n = 0;
        int e;

        (void)snprintf(sql, sizeof sql,
                       "SELECT partition, range_from::date, range_to::date, rows || ' rows of journal ' || "
                       "coalesce(journal, 0)"
                       " FROM wardwatch.apply_retention(%d) ORDER BY record",
                       ROUND);
        do {
                e = wire_exec_patiently(w, sql, TRIES);
                if (e)
                        return tell(e, w, "cannot drop what is past its time");
                print_rows(w);
                n += wire_rows(w);
        } while (wire_rows(w));
        if (!n)
                (void)printf("nothing is past its time\n");
        return 0;
}

/* What proves nothing any more. */
static int compact(struct wire *w) {
        uint64_t n, all = 0;

        do {
                int e = retention_compact(w, RETENTION_COMPACT, &n);

                if (e)
                        return tell(e, w, "cannot give up what proves nothing any more");
                all += n;
        } while (n > 0);
        if (all > 0)
                (void)printf("the proof gave up %" PRIu64 " lists of leaves and segments whose rows are gone\n", all);
        return 0;
}

static int run(struct wire *w, const struct config *config, bool dry_run) {
        int e = session_schema(w);

        if (!e && dry_run && (e = wire_exec(w, "BEGIN")) != 0)
                return tell(e, w, "cannot begin");
        if (!e)
                e = wire_exec(w, "SET TimeZone = 'UTC'") ? -EIO : set_all(w, config);
        if (!e)
                e = dry_run ? print_due(w) : drop_due(w);
        if (!e && !dry_run)
                e = compact(w);
        if (dry_run)
                (void)wire_exec(w, "ROLLBACK");
        return e;
}

int store_retention(const struct config *config, bool dry_run) {
        _cleanup_(wire_freep) struct wire *w = NULL;
        int e = session_open(config, "retention", &w);

        return e ? e : run(w, config, dry_run);
}

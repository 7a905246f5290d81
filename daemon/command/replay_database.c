#include "command/replay_database.h"

#include "command/behalf.h"
#include "command/command_internal.h"
#include "store/cursor.h"
#include "store/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define WAIT    (10 * WW_MINUTE)
#define SQL_MAX 4096

int replay_database_tell(const char *what, const char *cure) {
        (void)fprintf(stderr, "wardwatch: database: %s\n  help: %s\n", what, cure);
        return REPLAY_E_TOLD;
}

static int failed(const struct wire *w, int e) {
        return e < 0 ? e : replay_database_tell(wire_error(w)->text, "the log of the database says more");
}

int replay_database_ask(struct wire *w, const char *format, ...) {
        char sql[SQL_MAX];
        va_list ap;
        int e;

        va_start(ap, format);
        e = vsnprintf(sql, sizeof sql, format, ap) < (int)sizeof sql ? 0 : -EINVAL;
        va_end(ap);
        if (!e)
                e = wire_exec(w, sql);
        return e ? failed(w, e) : 0;
}

static int password_read(const struct replay_database *database, char **ret) {
        struct diag diag = DIAG_INIT;
        int e = database->password_file[0] ? config_secret(database->password_file, &diag, ret) : 0;

        if (e > 0)
                command_put_diag(&diag);
        diag_deinit(&diag);
        return e > 0 ? REPLAY_E_TOLD : e;
}

static int connect_to(struct wire **ret, const struct replay_database *database) {
        struct wire_error error = { "", "" };
        char *password = NULL;
        int e = behalf_begin(database->user) ? REPLAY_E_TOLD : password_read(database, &password);

        if (e) {
                behalf_end();
                return e;
        }
        e = wire_connect_reader(ret, database->url, password, &error);
        behalf_end();
        if (password)
                explicit_bzero(password, strlen(password));
        free(password);
        if (e > 0)
                return replay_database_tell(error.text, DATABASE_HELP);
        if (!e)
                wire_set_wait(*ret, WAIT);
        return e;
}

static int schema_check(struct wire *w) {
        int version = 0, e = cursor_check_schema(w, &version);

        if (e == CURSOR_E_SCHEMA)
                return replay_database_tell("its tables are not those of this version",
                                            version > STORE_SCHEMA_VERSION ? "use the newer Wardwatch"
                                                                           : "run `wardwatch migrate`");
        return e ? failed(w, e) : 0;
}

static int journal_several(const struct wire *w) {
        (void)fprintf(stderr, "wardwatch: database: it holds %zu journals:\n", wire_rows(w));
        for (size_t i = 0; i < wire_rows(w); i++)
                (void)fprintf(stderr, "  %s  %s, since %s\n", wire_value(w, i, 0), wire_value(w, i, 1),
                              wire_value(w, i, 2));
        (void)fprintf(stderr, "  help: say which with --journal N\n");
        return REPLAY_E_TOLD;
}

/* Each begins where the one before was damaged or lost. What raised an alarm is in the one where it was raised. */
static int journal_of_alarm(struct wire *w, uint64_t alarm, long *ret) {
        int e = replay_database_ask(w,
                                    "SELECT coalesce(max(j.journal), 0) FROM journal j WHERE EXISTS (SELECT 1 FROM "
                                    "alarm_transition t WHERE t.journal = j.journal AND t.alarm = %" PRIu64
                                    " AND t.cause = 'RAISE')",
                                    alarm);

        if (!e)
                *ret = strtol(wire_value(w, 0, 0), NULL, 10);
        return e;
}

static int journal_which(struct wire *w, const struct replay_database *database, int32_t *ret) {
        long wanted = database->journal ? strtol(database->journal, NULL, 10) : 0;
        int e = !wanted && database->alarm ? journal_of_alarm(w, database->alarm, &wanted) : 0;

        if (e)
                return e;
        e = replay_database_ask(w,
                                "SELECT journal, site, first_seen FROM journal WHERE %ld IN (0, journal) "
                                "ORDER BY journal",
                                wanted);

        if (e)
                return e;
        if (wire_rows(w) == 0)
                return replay_database_tell(wanted ? "it holds no such journal" : "it holds no journal yet",
                                            "`SELECT * FROM wardwatch.journal` shows those it has");
        if (wire_rows(w) > 1 && !behalf_console())
                return journal_several(w);
        *ret = (int32_t)strtol(wire_value(w, wire_rows(w) - 1, 0), NULL, 10);
        return 0;
}

/* Who reads stands in the record of what was read. */
static int person_name(struct wire *w) {
        const char *const person[] = { behalf_person() };
        int e = person[0] ? wire_exec_params(w, "SELECT set_config('wardwatch.person', $1, false)", person, 1) : 0;

        return e > 0 ? failed(w, e) : e;
}

/* What is read through a recording view is written down, which a read-only transaction does not allow. */
static int moment_begin(struct wire *w, const char **ret_raw) {
        int e = replay_database_ask(w, "SELECT has_table_privilege('wardwatch.message', 'SELECT')");

        if (e)
                return e;
        *ret_raw = *wire_value(w, 0, 0) == 't' ? "" : "_raw";
        return replay_database_ask(w, "BEGIN ISOLATION LEVEL REPEATABLE READ READ %s", **ret_raw ? "WRITE" : "ONLY");
}

int replay_database_open(struct wire **ret, const struct replay_database *database, int32_t *ret_journal,
                         const char **ret_raw) {
        _cleanup_(wire_freep) struct wire *w = NULL;
        const char *raw = "";
        int e = connect_to(&w, database);

        if (!e)
                e = schema_check(w);
        if (!e)
                e = person_name(w);
        if (!e && ret_journal)
                e = moment_begin(w, &raw);
        if (!e && ret_journal)
                e = journal_which(w, database, ret_journal);
        if (e)
                return e;
        if (ret_raw)
                *ret_raw = raw;
        *ret = w;
        w = NULL;
        return 0;
}

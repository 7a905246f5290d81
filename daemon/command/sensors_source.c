/* Which messages: a file's, the journal's, or PostgreSQL's. */
#include "command/behalf.h"
#include "command/replay_command.h"
#include "command/sensors.h"

#include <stdio.h>

static int history_open(const struct sensors *s, int64_t from, int64_t to, struct replay_source *ret) {
        const char *url = s->args->values[SENSORS_DATABASE];
        const struct behalf_login login = url ? (struct behalf_login){ url, "", NULL }
                                              : behalf_login(&s->config, BEHALF_READ);
        const struct replay_database database = {
                .url = login.url,
                .password_file = login.password_file,
                .user = login.user,
                .journal = s->args->values[SENSORS_JOURNAL],
        };
        const struct replay_range range = { .from = from, .to = to };

        if (database.url[0])
                return replay_history_open(ret, &database, &range);
        (void)fprintf(
                stderr,
                "wardwatch sensors %s: the journal cannot be read, and the configuration names no database\n"
                "  help: give a file of messages, or `-` for standard input; the journal in %s is for the daemon's "
                "user\n",
                s->name, s->config.state.dir);
        return REPLAY_E_TOLD;
}

int sensors_source_open(const struct sensors *s, const char *file, struct replay_source *ret) {
        const char *const *values = s->args->values;
        bool database = values[SENSORS_DATABASE] || values[SENSORS_JOURNAL];
        int64_t from, to;
        int r = REPLAY_E_END;

        if (replay_parse_time(values[SENSORS_FROM], WW_TIME_NONE, &from) ||
            replay_parse_time(values[SENSORS_TO], WW_TIME_NEVER, &to))
                return sensors_usage(s->name, "a time that cannot be read", "2026-01-31T09:00:00Z, or a span ago: 2h");
        if (from >= to)
                return sensors_usage(s->name, "--from is not before --to", "the two are a beginning and an end");
        if (file && database)
                return sensors_usage(s->name, "a file and a database", "give one of them");
        if (file)
                return sensors_exit(s->name, sensors_file_open(ret, file, from, to));
        if (!database)
                r = sensors_journal_open(ret, s->config.state.dir, from, to);
        if (r == REPLAY_E_END)
                r = history_open(s, from, to, ret);
        return sensors_exit(s->name, r);
}

/* `wardwatch verify`: the database against its proof. */
#include "base/clock.h"
#include "command/behalf.h"
#include "command/command_internal.h"
#include "command/replay_database.h"
#include "command/socket.h"
#include "command/verify_checkpoint.h"
#include "command/verify_export.h"
#include "command/verify_print.h"
#include "command/verify_workers.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum {
        OPTION_FROM,
        OPTION_TO,
        OPTION_JOURNAL,
        OPTION_DATABASE,
        OPTION_CHECKPOINTS,
        OPTION_CAPTURED,
        OPTION_KEY,
        OPTION_EXPORT,
        OPTION_JOBS,
};

#define EXIT_NOT_WHOLE 3

static const struct command_option verify_options[] = {
        { "--from", 0, "SEQ", "first input, instead of the first that there is" },
        { "--to", 0, "SEQ", "last input, instead of the last" },
        { "--journal", 0, "N", "only this journal, by its number in the database" },
        { "--database", 'd', "CONNINFO", "instead of the configuration's database.url" },
        { "--checkpoints", 0, "FILE", "checkpoints that were kept outside of the database (proof.file)" },
        { "--captured", 0, "FILE", "checkpoints that somebody kept as they came on proof.topic; there may be gaps" },
        { "--key", 0, "HEX",
          "public key that must have signed them, or one that it handed over to; several with commas between" },
        { "--export", 0, "FILE", "an export (`wardwatch export`) instead of the database" },
        { "--jobs", 0, "N", "threads, each with a connection of its own; instead of one for each processor" },
        { 0 },
};

struct verify_job {
        struct verify_database database;
        struct verify_print print;
        struct verify_checkpoints checkpoints;
        const struct replay_database *where;
        bool checked; /* there are checkpoints */
        unsigned jobs;
        uint64_t from, to;
        uint64_t findings;
};

static void job_found(void *userdata, const struct verify_finding *finding) {
        struct verify_job *job = userdata;

        job->findings++;
        verify_print_finding(&job->print, finding);
}

static int job_window(void *userdata, struct verify *v, const struct verify_window *window) {
        struct verify_job *job = userdata;

        verify_checkpoints_window(&job->checkpoints, v, window);
        return 0;
}

static bool job_dropped(void *userdata, const char *relation, const struct proof_place *place, bool dated) {
        struct verify_job *job = userdata;

        return verify_database_dropped(&job->database, relation, place, dated);
}

static bool job_given_up(void *userdata, const char *relation, const struct verify_segment *segment) {
        const struct verify_job *job = userdata;

        return verify_database_given_up(&job->database, relation, segment);
}

static bool job_removed(void *userdata, const struct verify_segment *last, const struct verify_segment *next) {
        const struct verify_job *job = userdata;

        return verify_database_removed(&job->database, last, next);
}

static bool job_removed_at(void *userdata, uint64_t segment, const uint8_t hash[PROOF_HASH]) {
        const struct verify_job *job = userdata;

        return verify_database_removed_at(&job->database, segment, hash);
}

/* --- beside the chain --- */

static int rows_outside(struct verify_job *job, struct verify *v) {
        const struct verify_layouts *l = v->layouts;
        uint64_t before, after, older = 0;

        for (size_t i = 0; i < l->n; i++) {
                const char *relation = l->items[i].relation;
                int e;

                if (i > 0 && strcmp(relation, l->items[i - 1].relation) == 0)
                        continue;
                e = verify_database_outside(&job->database, relation, v->figures.first_seq, v->figures.last_seq,
                                            &before, &after);
                if (e)
                        return e;
                older += before;
                if (after > 0)
                        verify_tell(v, VERIFY_ROW_INSERTED, relation, 0, NULL,
                                    "%s: %" PRIu64 " rows behind input %" PRIu64 " belong to no segment", relation,
                                    after, v->figures.last_seq);
        }
        if (older > 0)
                verify_print_note(&job->print,
                                  "%" PRIu64 " rows of inputs before %" PRIu64
                                  " are older than the proof, and not covered",
                                  older, v->figures.first_seq);
        return 0;
}

static int journal_whole(struct verify_job *job, const struct verify_journal *journal, struct verify *v) {
        if (v->figures.segments == 0) {
                if (journal->cursor > 0)
                        verify_print_note(&job->print, "it has no proof: it was stored before there was one, or the "
                                                       "whole chain was deleted (--checkpoints tells which)");
                return 0;
        }
        if (journal->cursor != v->figures.last_seq)
                verify_tell(v, VERIFY_CURSOR_MOVED, "store_cursor", 0, NULL,
                            "the cursor stands at input %" PRIu64 ", the last segment ends with %" PRIu64,
                            journal->cursor, v->figures.last_seq);
        return rows_outside(job, v);
}

/* --- a journal --- */

static int journal_verify(struct verify_job *job, const struct verify_journal *journal) {
        struct verify v = { .journal = journal->journal,
                            .whole = job->from <= 1,
                            .layouts = &job->database.layouts,
                            .userdata = job,
                            .found = job_found,
                            .progress = job_window,
                            .dropped = job_dropped,
                            .given_up = job_given_up,
                            .removed = job_removed,
                            .removed_at = job_removed_at };
        const struct verify_workers workers = {
                .where = job->where, .database = &job->database, .from = job->from, .to = job->to, .jobs = job->jobs
        };
        int64_t began = clock_boot();
        int e = proof_journal_id(journal->id, v.journal_id) ? 0 : -EINVAL;

        job->print.told = 0;
        verify_print_journal(&job->print, journal);
        if (!e)
                e = verify_workers_run(&workers, &v);
        if (!e && job->from <= 1 && job->to == INT64_MAX)
                e = journal_whole(job, journal, &v);
        if (!e && job->checked && job->to == INT64_MAX)
                verify_print_note(&job->print, "%zu checkpoints were held against it",
                                  verify_checkpoints_end(&job->checkpoints, &v));
        if (e == WIRE_E_DOWN || e == WIRE_E_RETRY || e == WIRE_E_DATA)
                e = replay_database_tell(wire_error(job->database.wire)->text, "the log of the database says more");
        if (!e)
                verify_print_figures(&job->print, journal, &v.figures, clock_boot() - began);
        verify_deinit(&v);
        return e;
}

static int journals_verify(struct verify_job *job, const char *only) {
        struct verify_journal *journals = NULL;
        long wanted = only ? strtol(only, NULL, 10) : 0;
        size_t n = 0, done = 0;
        int e = verify_database_journals(&job->database, &journals, &n);

        for (size_t i = 0; i < n && !e; i++) {
                if (wanted && journals[i].journal != wanted)
                        continue;
                e = journal_verify(job, &journals[i]);
                done++;
        }
        free(journals);
        if (!e && wanted && done == 0)
                e = replay_database_tell("it holds no such journal",
                                         "`SELECT * FROM wardwatch.journal` shows those it has");
        return e;
}

/* --- the command --- */

static bool number_take(const char *text, uint64_t missing, uint64_t *ret) {
        char *end = NULL;

        *ret = missing;
        if (!text)
                return true;
        *ret = strtoull(text, &end, 10);
        return *text >= '0' && *text <= '9' && *end == '\0' && *ret <= INT64_MAX;
}

static void checkpoints_say(struct verify_job *job) {
        const struct verify_checkpoints *c = &job->checkpoints;

        job->findings += c->bad + c->retired;
        if (c->bad)
                verify_print_note(&job->print,
                                  "checkpoint altered: %" PRIu64 " lines of the file are not signed by the key",
                                  c->bad);
        if (c->retired)
                verify_print_note(&job->print,
                                  "checkpoint unsigned: %" PRIu64
                                  " of the file are signed by a key that had been retired "
                                  "before",
                                  c->retired);
}

/* 0 or REPLAY_E_TOLD, -errno. */
static int checkpoints_read(struct verify_job *job, const struct command_args *args) {
        const char *filed = args->values[OPTION_CHECKPOINTS], *captured = args->values[OPTION_CAPTURED];
        int e = filed ? verify_checkpoints_read(&job->checkpoints, filed, false) : 0;

        if (!e && captured)
                e = verify_checkpoints_read(&job->checkpoints, captured, true);
        job->checked = filed || captured;
        return e || !job->checked ? e : verify_checkpoints_ready(&job->checkpoints, args->values[OPTION_KEY]);
}

static bool jobs_take(const char *text, unsigned *ret) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        uint64_t n;

        if (!number_take(text, processors > 0 ? (uint64_t)processors : 1, &n) || n == 0)
                return false;
        *ret = n < VERIFY_JOBS_MAX ? (unsigned)n : VERIFY_JOBS_MAX;
        return true;
}

static int verify_job_run(struct verify_job *job, const struct replay_database *database) {
        int e = verify_database_open(&job->database, database);

        job->where = database;
        if (!e && job->jobs > 1)
                (void)verify_database_share(&job->database); /* if the server cannot, there is one thread */
        if (!e)
                checkpoints_say(job);
        if (!e)
                e = journals_verify(job, database->journal);
        verify_database_close(&job->database);
        verify_checkpoints_deinit(&job->checkpoints);
        if (e < 0)
                (void)fprintf(stderr, "wardwatch verify: %s\n", strerror(-e));
        if (e)
                return 1;
        verify_print_result(&job->print, job->findings, false);
        return job->findings ? EXIT_NOT_WHOLE : 0;
}

static int export_verify(const struct command_args *args) {
        struct verify_print print = { .json = args->json };
        uint64_t findings = 0;
        bool selected = false;
        int e = sodium_init() < 0 ? -EINVAL
                                  : verify_export(args->values[OPTION_EXPORT], args->values[OPTION_CHECKPOINTS],
                                                  args->values[OPTION_KEY], &print, &findings, &selected);

        if (e < 0)
                (void)fprintf(stderr, "wardwatch verify: %s\n", strerror(-e));
        if (e)
                return 1;
        verify_print_result(&print, findings, selected);
        return findings ? EXIT_NOT_WHOLE : 0;
}

static int verify_run_command(const struct command_args *args) {
        struct verify_job job = { .print.json = args->json };
        struct replay_database database = { .journal = args->values[OPTION_JOURNAL] };
        struct config config = { 0 };
        struct behalf_login login;
        int r;

        if (args->values[OPTION_EXPORT])
                return export_verify(args);
        if (!number_take(args->values[OPTION_FROM], 0, &job.from) ||
            !number_take(args->values[OPTION_TO], INT64_MAX, &job.to)) {
                (void)fprintf(stderr, "wardwatch verify: --from and --to take the number of an input (seq)\n");
                return 2;
        }
        if (!jobs_take(args->values[OPTION_JOBS], &job.jobs)) {
                (void)fprintf(stderr, "wardwatch verify: --jobs takes a number from 1 on\n");
                return 2;
        }
        if (sodium_init() < 0)
                return 1;
        if (checkpoints_read(&job, args)) {
                verify_checkpoints_deinit(&job.checkpoints);
                return 1;
        }
        if (args->values[OPTION_DATABASE]) {
                database.url = args->values[OPTION_DATABASE];
                database.password_file = "";
                return verify_job_run(&job, &database);
        }
        if (socket_config(&config, args->config)) {
                verify_checkpoints_deinit(&job.checkpoints);
                return 1;
        }
        login = behalf_login(&config, BEHALF_STORE);
        database.url = login.url;
        database.password_file = login.password_file;
        database.user = login.user;
        r = verify_job_run(&job, &database);
        config_deinit(&config);
        return r;
}

const struct command command_verify = {
        .name = "verify",
        .synopsis = "verify [--from SEQ] [--to SEQ] [--journal N] [--database CONNINFO] [--checkpoints FILE] "
                    "[--captured FILE] [--key HEX] [--export FILE] [--jobs N] [--json]",
        .help = "is the record in the database as it was stored?",
        .text = "Every transaction of the store carries the digest of each of its rows, and the hash of the "
                "transaction "
                "before it. This checks the chain from its beginning, and every row against its digest, and names the "
                "rows that were altered, deleted or inserted. With --checkpoints it also finds a chain that was made "
                "anew, or cut off at its end. So it does with --captured, which takes what `mosquitto_sub -t TOPIC` "
                "wrote: a file of checkpoints that was made anew as well contradicts it. With --export it needs no "
                "database. Exit status: 0 the record is whole, "
                "3 it is not, 1 it "
                "could not be checked.",
        .options = verify_options,
        .run = verify_run_command,
};

/* `wardwatch export`: the record with its proof in one file. */
#include "command/behalf.h"
#include "command/command_internal.h"
#include "command/export_pick.h"
#include "command/export_write.h"
#include "command/query.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OPTION_FROM, OPTION_TO, OPTION_INCIDENT, OPTION_JOURNAL, OPTION_DATABASE, OPTION_CHECKPOINTS };

#define EXIT_NOT_WHOLE 3

static const struct command_option export_options[] = {
        { "--from", 0, "SEQ", "first input, instead of the first that there is" },
        { "--to", 0, "SEQ", "last input, instead of the last" },
        { "--incident", 0, "N", "only what the case bundle of this incident is made from" },
        { "--journal", 0, "N", "of this journal, by its number in the database; the newest unless given" },
        { "--database", 'd', "CONNINFO", "instead of the configuration's database.url" },
        { "--checkpoints", 0, "FILE", "checkpoints to put in, instead of the configuration's proof.file" },
        { 0 },
};

struct job {
        struct export_request request;
        struct replay_database database;
        struct query_database query;
        struct verify_picks picks;
        struct verify_print print;
        char about[64];
        int fd;
};

static int tell(int code, const char *what, const char *cure) {
        (void)fprintf(stderr, "wardwatch export: %s\n  help: %s\n", what, cure);
        return code;
}

static bool number_take(const char *text, uint64_t missing, uint64_t *ret) {
        char *end = NULL;

        *ret = missing;
        if (!text)
                return true;
        *ret = strtoull(text, &end, 10);
        return *text >= '0' && *text <= '9' && *end == '\0' && *ret <= INT64_MAX;
}

/* --- the rows of an incident --- */

static int pick(struct job *job, const char *incident) {
        _cleanup_(inquiry_freep) struct inquiry *inquiry = NULL;
        int r = query_open(&inquiry, &job->query);

        if (r)
                return r;
        r = export_pick_incident(inquiry, incident, job->database.journal, &job->picks);
        if (r == EXPORT_PICK_E_MANY)
                return tell(1, "the incident has more rows than an export of some rows holds",
                            "export the span of its inputs instead: --from and --to");
        if (r)
                return query_failed(inquiry, r);
        if (job->picks.n == 0)
                return tell(1, "there is no such incident in the record", "--journal for an older one");
        (void)snprintf(job->about, sizeof job->about, "incident %.32s", incident);
        job->request.picks = &job->picks;
        return 0;
}

/* --- the file --- */

static int put_file(void *userdata, const void *bytes, size_t n) {
        const struct job *job = userdata;
        const char *p = bytes;

        while (n > 0) {
                ssize_t done = write(job->fd, p, n);

                if (done < 0 && errno != EINTR)
                        return -errno;
                if (done > 0) {
                        p += done;
                        n -= (size_t)done;
                }
        }
        return 0;
}

static int tell_made(const struct command_args *args, const struct job *job, const struct export_result *made) {
        uint64_t rows = 0;

        for (size_t i = 0; i < made->figures.n_tables; i++)
                rows += made->figures.tables[i].rows;
        if (args->json)
                (void)command_put_json(json_pack("{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I}", "file", args->argv[0],
                                                 "journal", (int)made->journal, "segments",
                                                 (json_int_t)made->figures.segments, "rows", (json_int_t)rows,
                                                 "checkpoints", (json_int_t)made->checkpoints, "unconfirmed",
                                                 (json_int_t)made->unconfirmed, "older", (json_int_t)made->older,
                                                 "findings", (json_int_t)made->findings),
                                       JSON_COMPACT);
        else
                (void)printf("%s: %" PRIu64 " rows, %" PRIu64 " segments, %zu checkpoints\n", args->argv[0], rows,
                             made->figures.segments, made->checkpoints);
        if (!args->json && made->unconfirmed > 0)
                (void)printf("Behind its last %" PRIu64 " segments there is no checkpoint: nothing from outside the "
                             "database confirms them.\n",
                             made->unconfirmed);
        if (!args->json && made->older > 0)
                (void)printf("%zu of its rows are older than the proof, and not in it.\n", made->older);
        if (made->findings > 0)
                (void)fprintf(stderr, "wardwatch export: the record is not as it was stored: %" PRIu64 " findings\n",
                              made->findings);
        return made->findings ? EXIT_NOT_WHOLE : 0;
}

static int make(const struct command_args *args, struct job *job) {
        const char *path = args->argv[0];
        struct export_result made;
        struct buf out = BUF_INIT;
        int e;

        job->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (job->fd < 0) {
                (void)fprintf(stderr, "wardwatch export: %s: %s\n  help: name a file that is not there yet\n", path,
                              strerror(errno));
                return 1;
        }
        buf_init_flush(&out, put_file, job);
        e = export_write(&job->request, &out, &made);
        if (!e)
                e = buf_finish(&out);
        if (!e && fsync(job->fd) < 0)
                e = -errno;
        buf_deinit(&out);
        (void)close(job->fd);
        if (e < 0)
                (void)fprintf(stderr, "wardwatch export: %s: %s\n", path, strerror(-e));
        if (e)
                (void)unlink(path);
        return e ? 1 : tell_made(args, job, &made);
}

/* --- the command --- */

static int run(const struct command_args *args, struct job *job, const struct config *config) {
        int r = 0;

        job->database = (struct replay_database){ .url = job->query.url,
                                                  .password_file = job->query.password_file,
                                                  .user = job->query.user,
                                                  .journal = args->values[OPTION_JOURNAL] };
        job->request.database = &job->database;
        job->request.about = job->about;
        job->request.checkpoints = args->values[OPTION_CHECKPOINTS] ? args->values[OPTION_CHECKPOINTS]
                                   : args->values[OPTION_DATABASE]  ? ""
                                                                    : config->proof.file;
        if (!args->json)
                job->request.print = &job->print;
        if (args->values[OPTION_INCIDENT])
                r = pick(job, args->values[OPTION_INCIDENT]);
        return r ? r : make(args, job);
}

static int export_run(const struct command_args *args) {
        struct job job = { .fd = -1 };
        struct config config = { 0 };
        int r;

        if (args->argc != 1)
                return tell(2, "it takes the name of one file", "wardwatch export record.export");
        if (!number_take(args->values[OPTION_FROM], 0, &job.request.from) ||
            !number_take(args->values[OPTION_TO], INT64_MAX, &job.request.to))
                return tell(2, "--from and --to take the number of an input (seq)", "--from 1000");
        if (args->values[OPTION_INCIDENT] && (args->values[OPTION_FROM] || args->values[OPTION_TO]))
                return tell(2, "--incident names its rows itself", "leave out --from and --to");
        behalf_keep(); /* the file is written for who called */
        r = query_config(&config, &job.query, args, args->values[OPTION_DATABASE], NULL);
        if (!r)
                r = run(args, &job, &config);
        verify_picks_deinit(&job.picks);
        config_deinit(&config);
        return r;
}

const struct command command_export = {
        .name = "export",
        .synopsis = "export [--from SEQ] [--to SEQ] [--incident N] [--journal N] [--database CONNINFO] [--checkpoints "
                    "FILE] [--json] FILE",
        .help = "the record with its proof in one file, to be checked elsewhere",
        .text = "Writes rows, segments, leaves and checkpoints to FILE, and verifies them on the way. Whoever has the "
                "file can check it without the database: `wardwatch verify --export FILE`, or "
                "contrib/verify/verify.py, "
                "which needs nothing but Python. Exit status: 0 it was made, 3 it was made and the record in it is not "
                "as it was stored, 1 it could not be made.",
        .options = export_options,
        .run = export_run,
};

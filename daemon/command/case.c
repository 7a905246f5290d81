/* `wardwatch case`: an incident's whole story as one archive. */
#include "base/clock.h"
#include "command/behalf.h"
#include "command/case_proof.h"
#include "command/command_internal.h"
#include "command/query.h"
#include "report/casefile.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_OUTPUT, OPTION_JOURNAL, OPTION_TIMEZONE, OPTION_DATABASE, OPTION_CHECKPOINTS, OPTION_PROGRESS };

static const struct command_option case_options[] = {
        { "--output", 'o', "FILE",
          "name of the archive; case-N.zip unless given. It must not be there yet; `-` is standard output" },
        { "--journal", 0, "N", "of this journal; the newest unless given" },
        { "--timezone", 0, "ZONE", "of the times on the page; UTC unless given" },
        { "--database", 'd', "CONNINFO", "another database than the configuration's" },
        { "--checkpoints", 0, "FILE", "checkpoints for the proof, instead of the configuration's proof.file" },
        { "--progress", 0, NULL, "tell on standard error how many parts are done: `progress 3 14`" },
        { 0 },
};

static int tell(int code, const char *what, const char *cure) {
        (void)fprintf(stderr, "wardwatch case: %s\n  help: %s\n", what, cure);
        return code;
}

static int tell_failed(const struct inquiry *inquiry, const char *incident, int r) {
        char text[96];

        if (r == CASEFILE_E_PROOF)
                return 1; /* told */
        if (r == CASEFILE_E_FILE)
                return tell(1, casefile_error(), "name another file with --output");
        if (r != CASEFILE_E_NONE)
                return query_failed(inquiry, r);
        (void)snprintf(text, sizeof text, "there is no incident %s in the record", incident);
        return tell(1, text, "`wardwatch query incidents-outcome --from 30d` lists them; --journal for an older one");
}

static int tell_made(const struct command_args *args, const char *path, const struct casefile_figures *f) {
        bool out = strcmp(path, "-") == 0; /* the archive is there: what is told goes elsewhere */
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (args->json && !out)
                return command_put_json(json_pack("{s:s, s:I, s:I, s:b, s:s}", "file", path, "files",
                                                  (json_int_t)f->files, "rows", (json_int_t)f->rows, "cut", f->cut,
                                                  "sha256sums", f->sha256),
                                        JSON_INDENT(2))
                               ? 1
                               : 0;
        buf_printf(&text, "%s: %zu files, %zu rows\nSHA-256 of its SHA256SUMS: %s\n", path, f->files, f->rows,
                   f->sha256);
        if (f->cut)
                buf_printf(&text, "A part holds its first %d rows only; the page says which.\n", CASEFILE_ROWS);
        return command_put(&text, out);
}

static void tell_progress(void *userdata, size_t done, size_t total) {
        (void)fprintf(stderr, "progress %zu %zu\n", done, total);
}

static int make(const struct command_args *args, const struct query_database *database, const char *checkpoints) {
        _cleanup_(inquiry_freep) struct inquiry *inquiry = NULL;
        const char *person = behalf_person();
        struct casefile_figures figures;
        char path[64];
        struct casefile_options options = {
                .path = args->values[OPTION_OUTPUT],
                .incident = args->argv[0],
                .journal = args->values[OPTION_JOURNAL],
                .person = person ? person : "",
                .timezone = database->timezone ? database->timezone : "UTC",
                .now = clock_wall(),
                .proof = case_proof_add,
                .progress = args->values[OPTION_PROGRESS] ? tell_progress : NULL,
        };
        const struct replay_database proven = { .url = database->url,
                                                .password_file = database->password_file,
                                                .user = database->user,
                                                .journal = options.journal };
        struct case_proof proof = { .incident = options.incident,
                                    .journal = options.journal,
                                    .database = &proven,
                                    .checkpoints = checkpoints };
        int r = query_open(&inquiry, database);

        if (r)
                return r;
        if (!options.path) {
                (void)snprintf(path, sizeof path, "case-%.32s.zip", options.incident);
                options.path = path;
        }
        options.inquiry = proof.inquiry = inquiry;
        options.userdata = &proof;
        r = casefile_write(&options, &figures);
        return r ? tell_failed(inquiry, options.incident, r) : tell_made(args, options.path, &figures);
}

static int case_run(const struct command_args *args) {
        struct query_database database;
        struct config config = { 0 };
        int r;

        if (args->argc != 1)
                return tell(2, "it takes the number of one incident", "wardwatch case 3");
        if (!*args->argv[0] || args->argv[0][strspn(args->argv[0], "0123456789")])
                return tell(2, "an incident is a number", "`wardwatch open incidents` shows those that are open");
        behalf_keep(); /* the archive is written for who called */
        r = query_config(&config, &database, args, args->values[OPTION_DATABASE], args->values[OPTION_TIMEZONE]);
        if (!r)
                r = make(args, &database,
                         args->values[OPTION_CHECKPOINTS] ? args->values[OPTION_CHECKPOINTS]
                         : args->values[OPTION_DATABASE]  ? ""
                                                          : config.proof.file);
        config_deinit(&config);
        return r;
}

const struct command command_case = {
        .name = "case",
        .synopsis = "case INCIDENT [--output FILE|-] [--progress]",
        .help = "an incident's whole story as one archive",
        .text = "Writes a ZIP archive for those who investigate: index.html to read and to print, the same rows as "
                "CSV, "
                "the messages as the devices sent them, the texts of the rules that were in force, the proof of it all "
                "with a program that checks it, and SHA256SUMS. What it reads of raw messages and commands is "
                "recorded, as any reading of them is.",
        .options = case_options,
        .run = case_run,
};

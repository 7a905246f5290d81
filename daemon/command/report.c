/* `wardwatch report`: figures and answers of a day, a week or a month, to be read, printed and kept. */
#include "report/report.h"

#include "command/behalf.h"
#include "command/command_internal.h"
#include "command/query.h"

#include <stdio.h>
#include <string.h>

enum {
        OPTION_FROM,
        OPTION_TO,
        OPTION_ZONE,
        OPTION_HAZARD,
        OPTION_FORMAT,
        OPTION_OUTPUT,
        OPTION_TIMEZONE,
        OPTION_DATABASE
};

static const struct command_option report_options[] = {
        { "--from", 0, "TIME", "from this time on; with neither --from nor --to the last whole day, week or month" },
        { "--to", 0, "TIME", "up to this time, not included" },
        { "--zone", 'z', "ZONE", "of this zone and all that lie in it" },
        { "--hazard", 0, "HAZARD", "of this hazard: fire, theft …" },
        { "--format", 'f', "FORMAT", "html, text, csv or json; text unless given" },
        { "--output", 'o', "FILE", "into this file" },
        { "--timezone", 0, "ZONE", "of days and of times without offset; UTC unless given" },
        { "--database", 'd', "CONNINFO", "another database than the configuration's" },
        { 0 },
};

static int tell(int code, const char *what, const char *cure) {
        (void)fprintf(stderr, "wardwatch report: %s\n  help: %s\n", what, cure);
        return code;
}

static int list(void) {
        const struct report *r;

        for (size_t i = 0; (r = report_at(i)); i++)
                printf("%-12s  %s: the last whole %s\n", r->name, r->title, r->period);
        return 0;
}

static int unknown(const char *name) {
        const char *names[16];
        const struct report *r;
        size_t n = 0;

        for (; n < 16 && (r = report_at(n)); n++)
                names[n] = r->name;
        return tell(2, "there is no report of that name", diag_suggest(ww_str(name), names, n));
}

static int put(const struct buf *text, const char *file) {
        FILE *f = file ? fopen(file, "we") : stdout;
        bool good = f && !text->error && fwrite(text->p, 1, text->n, f) == text->n && fflush(f) == 0;

        if (f && file)
                good = fclose(f) == 0 && good;
        return good ? 0
                    : tell(1, file ? file : "standard output",
                           "it could not be written: see that there is room and right");
}

static int make(const struct report *r, const struct query_database *database, const struct command_args *args,
                report_write_fn write) {
        const char *const values[QUESTION_PARAMS] = { [QUESTION_FROM] = args->values[OPTION_FROM],
                                                      [QUESTION_TO] = args->values[OPTION_TO],
                                                      [QUESTION_ZONE] = args->values[OPTION_ZONE],
                                                      [QUESTION_HAZARD] = args->values[OPTION_HAZARD] };
        _cleanup_(inquiry_freep) struct inquiry *i = NULL;
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct report_made made = { 0 };
        int code = query_open(&i, database), e;

        if (code)
                return code;
        e = report_make(&made, r, i, values);
        if (!e)
                write(&made, &text);
        report_made_deinit(&made);
        return e ? query_failed(i, e) : put(&text, args->values[OPTION_OUTPUT]);
}

static int report_run(const struct command_args *args) {
        const struct report *r = args->argc ? report_find(args->argv[0]) : NULL;
        const char *format = args->values[OPTION_FORMAT] ? args->values[OPTION_FORMAT] : args->json ? "json" : "text";
        report_write_fn write = report_format(format);
        struct query_database database;
        struct config config = { 0 };
        int code;

        if (!args->argc)
                return list();
        if (!r)
                return unknown(args->argv[0]);
        if (!write)
                return tell(2, "there is no such format", "one of: html, text, csv, json");
        if (args->values[OPTION_OUTPUT])
                behalf_keep(); /* the file is written for who called */
        code = query_config(&config, &database, args, args->values[OPTION_DATABASE], args->values[OPTION_TIMEZONE]);
        if (!code)
                code = make(r, &database, args, write);
        config_deinit(&config);
        return code;
}

const struct command command_report = {
        .name = "report",
        .synopsis =
                "report [NAME] [--from TIME] [--to TIME] [--zone ZONE] [--format html|text|csv|json] [--output FILE]",
        .help = "daily, weekly, monthly, compliance and statutory report out of the history in PostgreSQL",
        .text = "Without a name it lists the reports. HTML is one file with its charts in it, made to be printed on "
                "A4; text, "
                "CSV and JSON say the same in numbers. Each section is one of the questions of `wardwatch query`, with "
                "its "
                "definition and target; colour is only what misses its target. Exercises are left out.",
        .options = report_options,
        .run = report_run,
};

/*
 * `wardwatch explain`: why an alarm came, by its number; or what a rule did around a time, for the alarm that did not
 * come. The second is a replay with somebody watching the rule.
 */
#include "command/explain.h"

#include "base/span.h"
#include "command/behalf.h"
#include "command/command_internal.h"
#include "command/socket.h"
#include "ruleset.h"

#include <stdio.h>
#include <unistd.h>

#define AROUND (10 * WW_MINUTE) /* of a rule that looks back at nothing */

/* clang-format off */
enum { RULE, KEY, AT, AROUND_BY, DATABASE, JOURNAL, RULES, START, STEP, PROGRESS, NOTICES };

static const struct command_option explain_options[] = {
        [RULE] = { "--rule", 0, "NAME", "what this rule did, and what was missing for its alarm" },
        [KEY] = { "--key", 0, "KEY", "--rule: only for this key, as `ward=W3`, or `W3` where it has one part" },
        [AT] = { "--at", 0, "TIME", "--rule: around that time: RFC 3339, or a span ago (2h); default: all there is" },
        [AROUND_BY] = { "--around", 0, "SPAN", "--at: so much before and behind; default: as far as the rule looks" },
        [DATABASE] = { "--database", 'd', "CONNINFO", "history of this database, instead of the configuration's" },
        [JOURNAL] = { "--journal", 0, "N", "history: of which journal, if the database holds several" },
        [RULES] = { "--rules", 0, "PATH", "rules of this file or folder, instead of the configuration's" },
        [START] = { "--start", 0, "TIME", "file: time of the first line, for lines that have none" },
        [STEP] = { "--step", 0, "SPAN", "file: from one line without time to the next; default 1s" },
        [PROGRESS] = { "--progress", 0, NULL, "tell how far it is, also where stderr is no terminal" },
        [NOTICES] = { "--notices", 0, NULL, "what each notice of the system means, and what to do, as Markdown" },
        { 0 },
};
/* clang-format on */

static int usage(const char *what, const char *cure) {
        (void)fprintf(stderr, "wardwatch explain: %s\n  help: %s\n", what, cure);
        return 2;
}

bool explain_rule_place(const struct ruleset *rules, const char *rule, struct buf *out, uint64_t *ret_hash,
                        int64_t *ret_span) {
        struct correlate_rule_about about;

        if (!correlate_rule_about(rules->rules, ww_str(rule), &about))
                return false;
        buf_printf(out, "%.*s:%u", WW_STR_ARG(about.pos.file), about.pos.line);
        *ret_hash = about.hash;
        *ret_span = about.span;
        return !out->error;
}

/* ---- around when ---- */

static int rule_look(const struct config *config, const char *rules_path, const char *rule, struct buf *place,
                     int64_t *ret) {
        struct ruleset *rules = NULL;
        uint64_t hash;
        int r = replay_side_rules(&rules, config, rules_path);

        if (!r && !explain_rule_place(rules, rule, place, &hash, ret)) {
                const char *nearest = correlate_rule_nearest(rules->rules, ww_str(rule));

                (void)fprintf(stderr, "wardwatch explain: there is no rule `%s`\n", rule);
                (void)fprintf(stderr, nearest ? "  help: did you mean `%s`?\n" : "  help: look at paths.rules\n",
                              nearest);
                r = REPLAY_E_TOLD;
        }
        ruleset_free(rules);
        return r;
}

static int run_rule(const struct command_args *args, const struct config *config, struct replay_options *o, int64_t at,
                    int64_t around) {
        struct explain_watch watch = {
                .rule = args->values[RULE],
                .key = args->values[KEY],
                .from = WW_TIME_NONE,
                .to = WW_TIME_NEVER,
                .json = args->json,
        };
        int64_t span = 0;
        _cleanup_buf_ struct buf place = BUF_INIT;
        int r = rule_look(config, o->rules, watch.rule, &place, &span);

        if (r)
                return r;
        buf_put_u8(&place, 0);
        if (place.error)
                return place.error;
        watch.place = (const char *)place.p;
        if (at != WW_TIME_NONE) {
                int64_t near = around ? around : span > 0 ? span + WW_SECOND : AROUND;

                watch.from = o->range.from = at - near;
                watch.to = at + near;
                o->range.to = watch.to + span;
                o->range.warm_up = span > WW_HOUR ? span : WW_HOUR;
        }
        return explain_watch_run(&watch, config, o);
}

/* ---- the command ---- */

static bool options_parse(const struct command_args *args, struct replay_options *o, int64_t *ret_at,
                          int64_t *ret_around) {
        const char *around = args->values[AROUND_BY], *step = args->values[STEP];

        *o = (struct replay_options){
                .rules = args->values[RULES],
                .database = args->values[DATABASE],
                .journal = args->values[JOURNAL],
                .range = { WW_TIME_NONE, WW_TIME_NEVER, WW_HOUR },
                .step = WW_SECOND,
                .progress = args->values[PROGRESS] || (isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO)),
        };
        *ret_around = 0;
        return !replay_parse_time(args->values[AT], WW_TIME_NONE, ret_at) &&
               !replay_parse_time(args->values[START], WW_TIME_NONE, &o->start) &&
               (!around || !span_parse(ww_str(around), ret_around)) && (!step || !span_parse(ww_str(step), &o->step));
}

/* 2 if the words say nothing that could be done */
static int words_check(const struct command_args *args, struct replay_options *o, uint64_t *ret_alarm) {
        int files = args->values[RULE] ? 0 : 1;
        char *end = NULL;

        if (args->argc > files + 1)
                return usage("one recording at a time", "join them: they are lines");
        o->file = args->argc > files ? args->argv[files] : NULL;
        *ret_alarm = files && args->argc ? strtoull(args->argv[0], &end, 10) : 0;
        if (files && (!*ret_alarm || *end))
                return usage("say which alarm, which notice, or which rule",
                             "wardwatch explain ALARM [FILE], wardwatch explain intake-lost, or wardwatch explain "
                             "--rule NAME --at TIME [FILE]");
        return 0;
}

/* What needs neither a configuration nor a history: true if that was asked for. */
static bool explain_words(const struct command_args *args, struct buf *out) {
        if (args->values[NOTICES]) {
                explain_notices(out);
                return true;
        }
        return args->argc == 1 && !args->values[RULE] && explain_notice(args->argv[0], out);
}

static int explain_run(const struct command_args *args) {
        _cleanup_buf_ struct buf words = BUF_INIT;
        struct replay_options options;
        struct config config = { 0 };
        int64_t at, around;
        uint64_t alarm;
        int r;

        if (explain_words(args, &words))
                return command_put(&words, false);
        if (!options_parse(args, &options, &at, &around))
                return usage("a time or a span that cannot be read", "2026-01-31T09:00:00Z; 90s, 5m, 2h");
        r = words_check(args, &options, &alarm);
        if (r)
                return r;
        if (socket_config(&config, args->config))
                return 1;
        if (options.rules)
                behalf_keep(); /* they are read again and again, and may be for who called alone */
        r = alarm ? explain_alarm_run(alarm, &config, &options, args->json)
                  : run_rule(args, &config, &options, at, around);
        config_deinit(&config);
        if (r < 0 && r != -EPIPE)
                (void)fprintf(stderr, "wardwatch explain: %s\n", strerror(-r));
        return r ? 1 : 0;
}

const struct command command_explain = {
        .name = "explain",
        .synopsis = "explain ALARM [FILE] | NOTICE | --rule NAME [--key KEY] [--at TIME] [FILE|-] [--json] | --notices",
        .help = "why an alarm came, or why none did; and what a notice of the system means",
        .text = "With the name of a notice (intake-lost), or of its alarm's rule (system/intake-lost): what it means, "
                "and what "
                "to do. "
                "With an alarm's number: what raised it and became of it, with the events, the guards' values, timers, "
                "acts and reasons, and the file and line of the rule; from FILE (a dump of the journal), from the "
                "journal of the running daemon where it may be read, else from the history in PostgreSQL. Where the "
                "inputs can be replayed it also shows what was counted on the way. With --rule: replays FILE, or the "
                "history, around a time, and tells which events were taken by which selection or in what they "
                "differed, whether a key was missing, what came late, how far a sequence or a count was, what the "
                "guard said, whether the alarm was muted or a limit reached; and in the end how near it came and what "
                "was missing. Exit code: 0 it was explained; 1 not found or failed; 2 usage.",
        .options = explain_options,
        .run = explain_run,
};

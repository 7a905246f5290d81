/*
 * `wardwatch replay`: a recording, or PostgreSQL's history, through the very pipeline of the engine, and what alarms
 * come of it. The inputs are read once, whatever is asked of them; the stages take their time from the inputs, so that
 * the same recording gives the same alarms, to the byte, whenever it is replayed.
 */
#include "base/clock.h"
#include "base/span.h"
#include "command/behalf.h"
#include "command/command.h"
#include "command/replay_command.h"
#include "command/replay_database.h"
#include "command/socket.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define PROGRESS_INPUTS 16384 /* between two looks at the clock */
#define NEAR            WW_HOUR
#define WARM_UP_LEAST   WW_HOUR
#define WARM_UP_UNKNOWN WW_DAY /* of rules that are met on the way */
#define WARM_UP_RULES   (-1)   /* as they need it */

/* clang-format off */
enum { FROM, TO, WARM_UP, DATABASE, JOURNAL, RULES, AS_RECORDED, COMPARE, NEAR_BY, START, STEP, EVIDENCE, PROGRESS };

static const struct command_option replay_options[] = {
        [FROM] = { "--from", 0, "TIME", "alarms from then on: RFC 3339, or a span ago (2h)" },
        [TO] = { "--to", 0, "TIME", "inputs before then, and what falls due before then" },
        [WARM_UP] = { "--warm-up", 0, "SPAN", "history: what is read before --from; default: as far as the rules look back" },
        [DATABASE] = { "--database", 'd', "CONNINFO", "history: instead of the configuration's database.url" },
        [JOURNAL] = { "--journal", 0, "N", "history: of which journal, if the database holds several" },
        [RULES] = { "--rules", 0, "PATH", "rules of this file or folder, instead of the configuration's" },
        [AS_RECORDED] = { "--as-recorded", 0, NULL, "rules, sensor types and site as they were, with every reload" },
        [COMPARE] = { "--compare", 0, "PATH", "these rules, too: what would appear, vanish or move with them" },
        [NEAR_BY] = { "--near", 0, "SPAN", "--compare: farther apart, two alarms are no move; default 1h" },
        [START] = { "--start", 0, "TIME", "file: time of the first line, for lines that have none" },
        [STEP] = { "--step", 0, "SPAN", "file: from one line without time to the next; default 1s" },
        [EVIDENCE] = { "--evidence", 0, NULL, "with the events that brought each change" },
        [PROGRESS] = { "--progress", 0, NULL, "tell how far it is, also where stderr is no terminal" },
        { 0 },
};
/* clang-format on */

/* ---- options ---- */

static int usage(const char *what, const char *cure) {
        (void)fprintf(stderr, "wardwatch replay: %s\n  help: %s\n", what, cure);
        return 2;
}

int replay_parse_time(const char *text, int64_t none, int64_t *ret) {
        int64_t ago;

        *ret = none;
        if (!text || instant_parse(ww_str(text), 0, ret) == 0)
                return 0;
        if (span_parse(ww_str(text), &ago))
                return -EINVAL;
        *ret = clock_wall() - ago;
        return 0;
}

static int parse_span(const char *text, int64_t none, int64_t *ret) {
        *ret = none;
        return text ? span_parse(ww_str(text), ret) : 0;
}

static bool options_parse(const struct command_args *args, struct replay_options *ret) {
        *ret = (struct replay_options){
                .file = args->argc ? args->argv[0] : NULL,
                .rules = args->values[RULES],
                .other = args->values[COMPARE],
                .recorded = args->values[AS_RECORDED] != NULL,
                .database = args->values[DATABASE],
                .journal = args->values[JOURNAL],
                .progress = args->values[PROGRESS] || (isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO)),
        };
        return !replay_parse_time(args->values[FROM], WW_TIME_NONE, &ret->range.from) &&
               !replay_parse_time(args->values[TO], WW_TIME_NEVER, &ret->range.to) &&
               !replay_parse_time(args->values[START], WW_TIME_NONE, &ret->start) &&
               !parse_span(args->values[WARM_UP], WARM_UP_RULES, &ret->range.warm_up) &&
               !parse_span(args->values[STEP], WW_SECOND, &ret->step) &&
               !parse_span(args->values[NEAR_BY], NEAR, &ret->near);
}

static int options_check(const struct command_args *args, const struct replay_options *o) {
        if (args->argc > 1)
                return usage("one recording at a time", "join them: they are lines");
        if (o->recorded && (o->rules || o->other))
                return usage("--as-recorded takes the recording's rules", "leave --rules and --compare out");
        if (o->file && (o->database || o->journal))
                return usage("a file and a database", "give one of them");
        if (o->range.from >= o->range.to)
                return usage("--from is not before --to", "the two are a beginning and an end");
        return 0;
}

/* ---- running ---- */

struct replay_database replay_database_of(const struct config *config, const struct replay_options *o) {
        const struct behalf_login login = o->database ? (struct behalf_login){ o->database, "", NULL }
                                                      : behalf_login(config, BEHALF_READ);

        return (struct replay_database){
                .url = login.url,
                .password_file = login.password_file,
                .user = login.user,
                .journal = o->journal,
                .alarm = o->alarm,
                .recorded = o->recorded,
        };
}

int replay_open(struct replay_source *ret, const struct config *config, const struct replay_options *o) {
        const struct replay_database database = replay_database_of(config, o);

        if (o->file)
                return replay_file_open(ret, o->file, &o->range, o->start, o->step);
        if (!database.url[0])
                return replay_database_tell("the configuration names none",
                                            "name a file of JSON lines, or --database CONNINFO");
        return replay_history_open(ret, &database, &o->range);
}

struct progress {
        uint64_t inputs;
        int64_t told, began;
        bool wanted;
};

/* a line that each next one overwrites */
static void progress_tell(struct progress *p, int64_t time) {
        char text[32];
        int64_t now;

        if (!p->wanted || ++p->inputs % PROGRESS_INPUTS)
                return;
        now = clock_boot();
        if (now - p->told < WW_SECOND)
                return;
        p->told = now;
        instant_format(time, text);
        (void)fprintf(stderr, "\r%" PRIu64 " inputs, %.19sZ, %.0f a second ", p->inputs, text,
                      (double)p->inputs / ((double)(now - p->began) / (double)WW_SECOND));
        (void)fflush(stderr);
}

static int feed(struct replay_run *run, const struct ww_input *input) {
        int r = 0;

        run->messages += input->type == WW_INPUT_MESSAGE;
        for (size_t i = 0; i < run->n_sides && !r; i++)
                r = replay_side_input(run->sides[i], input);
        return r || !run->turn ? r : run->turn(run->userdata, input->time);
}

/* what falls due before the end that was asked for */
static int feed_end(struct replay_run *run, int64_t to) {
        int r = 0;

        for (size_t i = 0; i < run->n_sides && !r && to != WW_TIME_NEVER; i++)
                r = replay_side_time(run->sides[i], to - 1);
        return r;
}

int replay_run(struct replay_run *run, const struct replay_source *source, const struct replay_options *o) {
        struct progress progress = { .wanted = o->progress, .began = clock_boot() };
        struct ww_input input;
        int r;

        progress.told = progress.began;
        while (!(r = source->next(source->userdata, &input))) {
                r = feed(run, &input);
                if (r)
                        return r;
                progress_tell(&progress, input.time);
        }
        if (r == REPLAY_E_END)
                r = feed_end(run, o->range.to);
        if (progress.told != progress.began)
                (void)fputc('\n', stderr);
        return r;
}

/* ---- alarms ---- */

static void summary(const struct replay_run *run, const struct replay_print *p) {
        const struct pipeline *pipeline = replay_side_pipeline(run->sides[0]);
        int64_t next = pipeline ? pipeline_deadline(pipeline) : WW_TIME_NEVER;
        char time[32];

        (void)fprintf(stderr,
                      "%" PRIu64 " messages, %" PRIu64 " not understood, %" PRIu64 " events: %" PRIu64
                      " alarms raised, %" PRIu64 " further matches, %" PRIu64 " cleared, %" PRIu64 " other changes\n",
                      run->messages, p->undecoded, p->events, p->raised, p->again, p->cleared, p->other);
        if (next == WW_TIME_NEVER)
                return;
        instant_format(next, time);
        (void)fprintf(stderr, "the recording ends before what is due at %s; --to TIME lets time go on\n", time);
}

static int run_alarms(struct replay_run *run, const struct replay_source *source, const struct replay_options *o,
                      const struct command_args *args, struct replay_side_options *side) {
        struct replay_print print = { .json = args->json,
                                      .evidence = args->values[EVIDENCE] != NULL,
                                      .from = source->from };
        int r;

        side->output = replay_print_output;
        side->userdata = &print;
        r = replay_side_new(&run->sides[run->n_sides++], side);
        if (!r)
                r = replay_run(run, source, o);
        if (!r)
                r = replay_print_flush();
        if (!r && !args->json)
                summary(run, &print);
        return r;
}

/* so far back that every window is full at `from` */
static int64_t warm_up_of(const struct ruleset *rules) {
        int64_t span = rules ? correlate_rules_span(rules->rules) : WARM_UP_UNKNOWN;

        return span > WARM_UP_LEAST ? span : WARM_UP_LEAST;
}

static int run_all(const struct command_args *args, const struct config *config, struct replay_options *o) {
        struct replay_run run = { .n_sides = 0 };
        struct replay_side_options side = { .keep = config->journal.keep };
        struct replay_source source = { 0 };
        struct ruleset *other = NULL;
        int r = o->recorded ? 0 : replay_side_rules(&side.rules, config, o->rules);

        if (o->range.warm_up == WARM_UP_RULES)
                o->range.warm_up = warm_up_of(side.rules);
        if (!r && o->other)
                r = replay_side_rules(&other, config, o->other);
        if (!r)
                r = replay_open(&source, config, o);
        if (r) {
                ruleset_free(side.rules);
                ruleset_free(other);
                return r;
        }
        side.source = &source;
        r = other ? replay_difference_run(&run, &source, o, args->json, other, &side)
                  : run_alarms(&run, &source, o, args, &side);
        for (size_t i = 0; i < run.n_sides; i++)
                replay_side_free(run.sides[i]);
        source.close(source.userdata);
        return r;
}

static int replay_command(const struct command_args *args) {
        struct replay_options options;
        struct config config = { 0 };
        int r;

        if (!options_parse(args, &options))
                return usage("a time or a span that cannot be read", "2026-01-31T09:00:00Z; 90s, 5m, 2h");
        r = options_check(args, &options);
        if (r)
                return r;
        if (socket_config(&config, args->config))
                return 1;
        r = run_all(args, &config, &options);
        config_deinit(&config);
        if (r < 0 && r != -EPIPE)
                (void)fprintf(stderr, "wardwatch replay: %s\n", strerror(-r));
        return r == REPLAY_E_DIFFERS ? 3 : r ? 1 : 0;
}

const struct command command_replay = {
        .name = "replay",
        .synopsis =
                "replay [FILE|-] [--from TIME] [--to TIME] [--rules PATH] [--as-recorded] [--compare PATH] [--json]",
        .help = "what alarms a recording, or the history in PostgreSQL, would give",
        .text = "Feeds recorded inputs to the same stages that the engine runs, on the time of the recording, and "
                "prints what becomes of alarms, in order. FILE holds one JSON object a line, with `topic`, `payload`, "
                "`time` and, where it matters, `retain` and `dup`; or it is what `wardwatch journal dump --json` "
                "writes. `-` is standard input. Without FILE the history in PostgreSQL is replayed, with what people "
                "did to modes, lists and alarms. The rules are those of the configuration, unless --rules names "
                "others; with --as-recorded they are those of the recording, and a whole recording gives the very "
                "alarms that the engine gave. --compare runs a second set over the same inputs and prints the alarms "
                "that would appear, vanish, or move: same rule and key, at another time, with another priority, or "
                "muted. Exit code: 0; 1 failed; 2 usage; 3 the two sets differ. Nothing is written and no daemon is "
                "asked.",
        .options = replay_options,
        .run = replay_command,
};

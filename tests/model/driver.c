/*
 * Plays stories against the engine's rule language, many in one run, for the model test (tests/model/run).
 *
 * Standard input is a list of cases, line by line; a text ends with a line that is a dot:
 *
 *     case NAME
 *     site            a site model, as text
 *     rules           a rule set, as text; `reload N` names the later ones, from 0
 *     play            rows (tests/unit/correlate/story.h), on a clock that begins at T0. A case may have several plays;
 *                     each begins anew with rule set 0
 *     play eager      the same, but woken for every deadline between the rows
 *     play swaps      the same, but where a snapshot stands the next rule set takes over, in turn
 *     end
 *
 * and standard output, beside the same `case` and `end` lines:
 *
 *     refused N       and the messages, a line each, behind "| "
 *     play            what comes of it, a line for each detection:
 *     ROW WHAT TIME RULE [KEY] PRIORITY FLAG… | ROLE@TIME/SEQ …
 *
 * ROW counts the rows from 0 but for snapshots, so that a story tells the same with and without them. Times are
 * microseconds from T0.
 */
#include "../unit/correlate/story.h"
#include "correlate/correlate.h"

#include <inttypes.h>
#include <stdio.h>

#define RULES_MAX 8

struct driver {
        struct buf text; /* of the section that is being read */
        char *site_text;
        struct bundle bundles[RULES_MAX];
        struct correlate_rules *rules[RULES_MAX];
        size_t n_rules;
        bool refused;
        struct symtab *symbols;
        struct site *site;
        struct correlate *correlate;
        bool eager, swaps;
        int64_t now;
        size_t row, told; /* detections so far */
        uint64_t seq;
};

static const char *const driver_verbs[] = {
        "tick", "blind", "seen", "reset", "snapshot", "reload", "mode", "list", NULL
};

static void must(bool fine, const char *what) {
        if (fine)
                return;
        fflush(stdout);
        fprintf(stderr, "driver: %s\n", what);
        abort();
}

static void print_flags(uint32_t flags) {
        static const struct {
                uint32_t flag;
                const char *name;
        } names[] = { { WW_DETECTION_LATE, "late" },
                      { WW_DETECTION_EXERCISE, "exercise" },
                      { WW_DETECTION_PARTIAL, "partial" },
                      { WW_DETECTION_INSTANT, "instant" },
                      { WW_DETECTION_MANUAL, "manual" } };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (flags & names[i].flag)
                        printf(" %s", names[i].name);
}

static int print_detection(void *userdata, const struct ww_detection *d) {
        static const char *const whats[] = { "", "raise", "again", "clear", "regrade", "removed", "refuted" };
        struct driver *driver = userdata;

        driver->told++;
        printf("%zu %s %" PRId64 " %.*s [%.*s] %s", driver->row, whats[d->what], d->time - T0, WW_STR_ARG(d->rule),
               WW_STR_ARG(d->key), ww_priority_name(d->priority));
        print_flags(d->flags);
        printf(" |");
        for (size_t i = 0; i < d->n_evidence; i++)
                printf(" %.*s@%" PRId64 "/%" PRIu64, WW_STR_ARG(d->evidence[i].role), d->evidence[i].time - T0,
                       d->evidence[i].seq);
        printf("\n");
        return 0;
}

/* ---- playing ---- */

static void start(struct driver *d) {
        must(correlate_new(&d->correlate, d->rules[0], T0, print_detection, d) == 0, "correlate_new");
        d->row = 0;
        d->seq = 0;
}

static void stop(struct driver *d) {
        d->correlate = correlate_free(d->correlate);
}

static void play_snapshot(struct driver *d, size_t rules) {
        _cleanup_buf_ struct buf state = BUF_INIT;
        struct rd in;

        must(correlate_save(d->correlate, &state) == 0, "correlate_save");
        stop(d);
        must(correlate_new(&d->correlate, d->rules[rules], T0, print_detection, d) == 0, "correlate_new");
        in = rd_init(buf_str(&state));
        must(correlate_load(d->correlate, &in) == 0, "correlate_load");
        must(rd_left(&in) == 0, "correlate_load left something");
}

/* other rules in the place of a snapshot: the same ones, compiled again, change nothing */
static void play_swap(struct driver *d, size_t *rules) {
        *rules = (*rules + 1) % d->n_rules;
        must(correlate_swap(d->correlate, d->rules[*rules], NULL, d->now) == 0, "correlate_swap");
}

static int play_verb(struct driver *d, struct story_row *row) {
        static const char exercise[] = "+exercise";
        const char *const *words = row->words;

        if (strcmp(row->verb, "reset") == 0)
                return correlate_reset(
                        d->correlate, ww_str(words[0]), ww_str(words[1] && words[1][0] != '+' ? words[1] : ""),
                        row->n_words > 1 && strcmp(words[row->n_words - 1], exercise) == 0, row->arrival);
        if (strcmp(row->verb, "reload") == 0)
                return correlate_swap(d->correlate, d->rules[atoi(words[0])], NULL, row->arrival);
        if (strcmp(row->verb, "tick") == 0)
                return 0;
        if (strcmp(row->verb, "mode") == 0)
                return correlate_mode(d->correlate, ww_str(words[0]), strcmp(words[1], "on") == 0, row->arrival);
        if (strcmp(row->verb, "list") == 0)
                return correlate_list(d->correlate, ww_str(words[0]), ww_str(words[2]), strcmp(words[1], "add") == 0,
                                      words[3] ? story_time(row, words[3]) : WW_TIME_NEVER);
        return correlate_blind(d->correlate, row->verb[0] == 'b', row->arrival);
}

static int play_event(struct driver *d, struct ww_event *e) {
        must(story_finish(e, d->site), "no such kind");
        e->seq = ++d->seq;
        return correlate_event(d->correlate, e);
}

/* journal time goes on; what correlate_deadline says has to be true */
static void play_time(struct driver *d, int64_t now) {
        int64_t next = correlate_deadline(d->correlate);
        size_t told = d->told;

        for (; d->eager && next <= now; next = correlate_deadline(d->correlate))
                must(correlate_time(d->correlate, next) == 0 && correlate_deadline(d->correlate) > next,
                     "a deadline that does not pass");
        must(correlate_time(d->correlate, now) == 0, "correlate_time");
        must(next <= now || told == d->told || d->eager, "something fired before the deadline");
        must(correlate_deadline(d->correlate) > now, "a deadline that is past");
}

static void play_row(struct driver *d, char *text, size_t *rules) {
        struct story_row row;

        if (!story_read(&row, text, driver_verbs, d->symbols)) {
                must(!row.error, row.error);
                return;
        }
        if (row.verb && strcmp(row.verb, "snapshot") == 0) {
                if (d->swaps)
                        play_swap(d, rules);
                else
                        play_snapshot(d, *rules);
                return;
        }
        play_time(d, row.arrival);
        d->now = row.arrival;
        if (row.verb && strcmp(row.verb, "reload") == 0)
                *rules = (size_t)atoi(row.words[0]);
        must(*rules < d->n_rules, "no such rule set");
        must((row.verb ? play_verb(d, &row) : play_event(d, &row.event)) == 0, "a row failed");
        d->row++;
}

static void play(struct driver *d, const char *how, char *rows) {
        size_t rules = 0;
        char *save = NULL;

        if (d->refused)
                return;
        printf("play\n");
        d->eager = strcmp(how, " eager") == 0;
        d->swaps = strcmp(how, " swaps") == 0;
        d->now = T0;
        start(d);
        for (char *row = strtok_r(rows, "\n", &save); row; row = strtok_r(NULL, "\n", &save))
                play_row(d, row, &rules);
        stop(d);
}

/* ---- a case ---- */

static void refuse(struct driver *d, const struct diag *diag) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        char *save = NULL;

        diag_render(diag, &text);
        buf_put_u8(&text, 0);
        printf("refused %zu\n", d->n_rules);
        for (char *line = strtok_r((char *)text.p, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                printf("| %s\n", line);
        d->refused = true;
}

static void add_site(struct driver *d, const char *text) {
        free(d->site_text);
        d->site_text = strdup(text);
}

/* the site goes with the first rule set; all of them share one */
static void add_rules(struct driver *d, const char *text) {
        struct bundle *bundle = &d->bundles[d->n_rules];
        struct diag diag = DIAG_INIT;
        int r = 0;

        must(d->n_rules < RULES_MAX && d->site_text, "too many rule sets, or no site");
        must(bundle_add_text(bundle, BUNDLE_SITE, "site.yaml", ww_str(d->site_text)) == 0, "bundle");
        must(bundle_add_text(bundle, BUNDLE_RULES, "rules.yaml", ww_str(text)) == 0, "bundle");
        must(bundle_seal(bundle) == 0, "bundle");
        if (!d->site)
                r = site_compile(&d->site, bundle, d->symbols, &diag);
        if (!r)
                r = correlate_rules_compile(&d->rules[d->n_rules], bundle, d->site, d->symbols, ww_kinds_builtin(),
                                            &diag);
        must(r == 0 || r == DIAG_E_USER, "compile");
        if (r)
                refuse(d, &diag);
        diag_deinit(&diag);
        d->n_rules++;
}

static void case_begin(struct driver *d, const char *name) {
        printf("case %s\n", name);
        must(symtab_new(&d->symbols) == 0, "symtab_new");
}

static void case_end(struct driver *d) {
        for (size_t i = 0; i < d->n_rules; i++)
                correlate_rules_free(d->rules[i]);
        site_free(d->site);
        symtab_free(d->symbols);
        for (size_t i = 0; i < d->n_rules; i++)
                bundle_deinit(&d->bundles[i]);
        free(d->site_text);
        buf_deinit(&d->text);
        *d = (struct driver){ 0 };
        printf("end\n");
        fflush(stdout);
}

/* ---- reading ---- */

static char *line;
static size_t line_capacity;

static bool read_line(void) {
        ssize_t n = getline(&line, &line_capacity, stdin);

        if (n > 0 && line[n - 1] == '\n')
                line[n - 1] = 0;
        return n >= 0;
}

static char *read_text(struct driver *d) {
        buf_reset(&d->text);
        while (read_line() && strcmp(line, ".") != 0) {
                buf_puts(&d->text, line);
                buf_puts(&d->text, "\n");
        }
        buf_put_u8(&d->text, 0);
        return (char *)d->text.p;
}

static void play_section(struct driver *d) {
        _cleanup_buf_ struct buf how = BUF_INIT;

        buf_puts(&how, line + 4);
        buf_put_u8(&how, 0);
        play(d, (char *)how.p, read_text(d));
}

int main(void) {
        struct driver d = { 0 };

        while (read_line())
                if (strncmp(line, "case ", 5) == 0)
                        case_begin(&d, line + 5);
                else if (strcmp(line, "site") == 0)
                        add_site(&d, read_text(&d));
                else if (strcmp(line, "rules") == 0)
                        add_rules(&d, read_text(&d));
                else if (strncmp(line, "play", 4) == 0)
                        play_section(&d);
                else if (strcmp(line, "end") == 0)
                        case_end(&d);
                else
                        must(false, "neither a section nor an end");
        free(line);
        return 0;
}

/*
 * `wardwatch journal`: what stands in the journal. Works beside a running engine, as one more reader, and on a stopped
 * one. All of it reads in batches: no transaction stays open while a terminal is slow.
 */
#include "journal/journal.h"
#include "base/arena.h"
#include "command/command_internal.h"
#include "command/socket.h"
#include "journal/record_json.h"
#include "journal/redact.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { OPTION_FROM, OPTION_TO, OPTION_DIR };

#define DUMP_INPUTS 256
#define DUMP_BYTES  ((size_t)1024 * 1024)

static const struct command_option journal_options[] = {
        { "--from", 0, "N", "dump: first input, default the oldest" },
        { "--to", 0, "N", "dump: last input, default the newest" },
        { "--state", 0, "DIR", "state directory, instead of the configuration's" },
        { 0 },
};

struct journal_view {
        struct journal *j;
        const char *dir;
        bool json;
        uint64_t from, to;
};

static int say(const char *what, int r) {
        const char *why = r < 0 ? strerror(-r) : "unknown answer";

        if (r == JOURNAL_E_DAMAGED)
                why = "damaged; the engine saves what is right at its next start";
        else if (r == JOURNAL_E_FORMAT)
                why = "written by a newer Wardwatch";
        else if (r == JOURNAL_E_TRIMMED)
                why = "trimmed meanwhile";
        else if (r == -ESTALE)
                why = "replaced meanwhile: try again";
        (void)fprintf(stderr, "wardwatch journal: %s: %s\n", what, why);
        return 1;
}

static int put_json(json_t *o) {
        return command_put_json(o, JSON_COMPACT) ? 1 : 0;
}

/* --- status --- */

static double mib(uint64_t bytes) {
        return (double)bytes / (1024 * 1024);
}

static int status_put_text(const struct journal_status *s) {
        double fill = s->map_bytes ? 100.0 * (double)s->used_bytes / (double)s->map_bytes : 0;

        (void)printf("journal   %s\n", s->id);
        (void)printf("inputs    %" PRIu64 ", from %" PRIu64 " to %" PRIu64 "\n", s->inputs, s->tail, s->head);
        (void)printf("outputs   %" PRIu64 "\n", s->outputs);
        (void)printf("live      %" PRIu64 "\n", s->live);
        (void)printf("map       %.1f MiB, %.1f MiB in use (%.1f %%), %.1f MiB on the disk\n", mib(s->map_bytes),
                     mib(s->used_bytes), fill, mib(s->disk_bytes));
        (void)printf("readers   %u of %u\n", s->readers, s->readers_max);
        return 0;
}

static int status_put_json(const struct journal_status *s) {
        return put_json(json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i}", "id", s->id, "head",
                                  (json_int_t)s->head, "tail", (json_int_t)s->tail, "inputs", (json_int_t)s->inputs,
                                  "outputs", (json_int_t)s->outputs, "live", (json_int_t)s->live, "map_bytes",
                                  (json_int_t)s->map_bytes, "used_bytes", (json_int_t)s->used_bytes, "free_bytes",
                                  (json_int_t)s->free_bytes, "disk_bytes", (json_int_t)s->disk_bytes, "readers",
                                  (int)s->readers, "readers_max", (int)s->readers_max));
}

static int view_status(struct journal_view *v) {
        struct journal_status s;
        int r = journal_status(v->j, &s);

        if (r)
                return say(v->dir, r);
        return v->json ? status_put_json(&s) : status_put_text(&s);
}

/* --- dump --- */

static json_t *item_json(const struct journal_item *item, struct arena *arena, int *ret_r) {
        struct ww_input input;
        struct ww_output output;

        if (item->output) {
                *ret_r = ww_output_decode(item->record, item->seq, item->n, arena, &output);
                return *ret_r ? NULL : record_json_output(&output);
        }
        *ret_r = ww_input_decode(item->record, item->seq, &input);
        return *ret_r ? NULL : record_json_input(&input);
}

/* A record that cannot be read is shown as it is: that it is there is worth knowing. */
static json_t *item_json_bad(const struct journal_item *item) {
        return json_pack("{s:I, s:I, s:s, s:o}", "seq", (json_int_t)item->seq, "n", (json_int_t)item->n, "type",
                         "unreadable", "record", record_json_str(item->record));
}

static int dump_item(const struct journal_view *v, const struct journal_item *item, struct arena *arena) {
        int r = 0;
        json_t *o = item_json(item, arena, &r), *line;
        const char *place = item->output ? "output" : "input";

        if (r > 0)
                o = item_json_bad(item);
        arena_reset(arena);
        if (v->json) {
                line = json_pack("{s:s, s:o}", "in", place, "record", o);
                return put_json(line);
        }
        (void)printf("%s %" PRIu64, item->output ? "  " : "", item->seq);
        if (item->output)
                (void)printf(".%" PRIu32, item->n);
        (void)putchar(' ');
        return put_json(o);
}

static int dump_batch(const struct journal_view *v, const struct journal_batch *b, uint64_t *ret_next) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf redacted = BUF_INIT;
        struct journal_item item;

        for (size_t i = 0; i < b->n; i++) {
                if (b->items[i].seq > v->to)
                        break;
                if (redact_item(b, i, &arena, &redacted, &item) || dump_item(v, &item, &arena))
                        return 1;
        }
        *ret_next = b->items[b->n - 1].seq + 1;
        return 0;
}

static int view_dump(struct journal_view *v) {
        struct journal_batch b = { 0 };
        uint64_t next = v->from ? v->from : journal_tail(v->j);
        int r = 0, put = 0;

        while (next && next <= v->to && put == 0) {
                r = journal_read(v->j, next, DUMP_INPUTS, DUMP_BYTES, &b);
                if (r || b.n == 0)
                        break;
                put = dump_batch(v, &b, &next);
        }
        journal_batch_deinit(&b);
        if (r)
                return say(v->dir, r);
        return put || fflush(stdout) == EOF ? 1 : 0;
}

/* --- verify --- */

struct verify_view {
        const struct journal_view *view;
        uint64_t bad;
};

static void verify_bad(void *userdata, const char *database, uint64_t seq, uint32_t n, const char *why) {
        struct verify_view *v = userdata;

        v->bad++;
        if (v->view->json)
                (void)put_json(json_pack("{s:s, s:I, s:I, s:s}", "in", database, "seq", (json_int_t)seq, "n",
                                         (json_int_t)n, "why", why));
        else
                (void)printf("%s %" PRIu64 ".%" PRIu32 ": %s\n", database, seq, n, why);
}

static int view_verify(struct journal_view *v) {
        struct verify_view verify = { .view = v };
        uint64_t records = 0;
        int r = journal_verify(v->j, verify_bad, &verify, &records);

        if (r)
                return say(v->dir, r);
        if (v->json)
                (void)put_json(json_pack("{s:I, s:I}", "records", (json_int_t)records, "bad", (json_int_t)verify.bad));
        else
                (void)printf("%" PRIu64 " records read, %" PRIu64 " wrong\n", records, verify.bad);
        return verify.bad ? 1 : 0;
}

/* --- the command --- */

static const struct {
        const char *name;
        int (*view)(struct journal_view *v);
} views[] = {
        { "status", view_status },
        { "dump", view_dump },
        { "verify", view_verify },
};

static bool parse_seq(const char *text, uint64_t none, uint64_t *ret) {
        char *end;

        if (!text) {
                *ret = none;
                return true;
        }
        errno = 0;
        *ret = strtoull(text, &end, 10);
        return text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0;
}

static int usage(const char *what) {
        (void)fprintf(stderr,
                      "wardwatch journal: %s\n  help: wardwatch journal status|dump|verify [--from N] [--to N]\n",
                      what);
        return 2;
}

static int journal_view_dir(struct journal_view *v, size_t which) {
        const struct journal_options options = { .dir = v->dir };
        int r = journal_open(&v->j, &options);

        if (r)
                return say(v->dir, r);
        r = views[which].view(v);
        v->j = journal_close(v->j);
        return r;
}

static int journal_run(const struct command_args *args) {
        struct journal_view view = { .json = args->json, .dir = args->values[OPTION_DIR] };
        struct config config = { 0 };
        size_t which = 0;
        int r;

        while (args->argc == 1 && which < sizeof views / sizeof *views && strcmp(views[which].name, args->argv[0]) != 0)
                which++;
        if (args->argc != 1 || which == sizeof views / sizeof *views)
                return usage(args->argc == 1 ? "no such view" : "say what to show");
        if (!parse_seq(args->values[OPTION_FROM], 0, &view.from) ||
            !parse_seq(args->values[OPTION_TO], UINT64_MAX, &view.to))
                return usage("--from and --to take a number");
        if (view.dir)
                return journal_view_dir(&view, which);
        if (socket_config(&config, args->config))
                return 1;
        view.dir = config.state.dir;
        r = journal_view_dir(&view, which);
        config_deinit(&config);
        return r;
}

const struct command command_journal = {
        .name = "journal",
        .synopsis = "journal status|dump|verify [--from N] [--to N] [--state DIR] [--json]",
        .help = "show what stands in the journal, or check it",
        .text = "`status` tells its size and ends. `dump` prints inputs, each followed by what was concluded from it. "
                "`verify` reads every record and checks it, and on a stopped engine the pages below, too; it exits "
                "with 1 if something is wrong. All of it works beside a running engine.",
        .options = journal_options,
        .run = journal_run,
};

/* `wardwatch sensors show TYPE`: what a type came to when it was compiled: which topics lead to it, in the order in
 * which they are tried, what each message asks for, and what it tells. */
#include "command/sensors.h"

#include "base/span.h"
#include "decode/type.h"

#include <stdio.h>

static void put_paths(const char *word, const struct path *paths, size_t n) {
        for (size_t i = 0; i < n; i++)
                (void)printf("%s%.*s", i ? ", " : word, WW_STR_ARG(paths[i].written));
        if (n)
                (void)printf("\n");
}

static void put_expr(const char *word, const struct expr *e) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (!e || expr_print(e, &text))
                return;
        (void)printf("%s%.*s\n", word, WW_STR_ARG(buf_str(&text)));
}

static void put_match(const struct type_match *match) {
        (void)printf("    match    %.*s is ", WW_STR_ARG(match->path.written));
        for (size_t i = 0; i < match->n; i++)
                (void)printf("%s%.*s", i ? " or " : "", WW_STR_ARG(match->texts[i]));
        (void)printf("\n");
}

static void put_source(const char *word, const struct source *s) {
        if (!s)
                return;
        (void)fputs(word, stdout);
        for (size_t i = 0; i < s->n_paths; i++)
                (void)printf("%s%.*s", i ? " or " : "", WW_STR_ARG(s->paths[i].written));
        for (size_t i = 0; i < s->n_pieces; i++) {
                (void)printf("%.*s", WW_STR_ARG(s->pieces[i].text));
                if (s->pieces[i].path)
                        (void)printf("{%.*s}", WW_STR_ARG(s->pieces[i].path->written));
        }
        if (!s->n_paths && !s->n_pieces)
                sensors_put_value(s->constant, WW_STR_NONE);
        if (s->as != SOURCE_AS_IS)
                (void)printf(" as %s", source_as_names[s->as]);
        if (s->as == SOURCE_AS_NUMBER && (s->scale != 1 || s->offset != 0))
                (void)printf(" × %.15g %+.15g", s->scale, s->offset);
        if (s->invert)
                (void)fputs(" inverted", stdout);
        if (s->asset_field.p)
                (void)printf(" → the asset's `%.*s`", WW_STR_ARG(s->asset_field));
        if (s->map)
                (void)printf(" by a map of %zu row%s", s->map->n, s->map->n == 1 ? "" : "s");
}

static void put_event(const struct decode_types *types, const struct type_event *e) {
        const struct ww_kind *kind = &types->kinds->rows[e->family];
        char span[32];

        (void)printf("    event    %s", ww_kind_name(types->kinds, e->family, e->fixed));
        put_source("  state ", e->state);
        put_source("  value ", e->value);
        put_source("  device ", e->device);
        if (e->unit.n)
                (void)printf("  in %.*s", WW_STR_ARG(e->unit));
        if (kind->normal && e->fixed == WW_STATE_UNKNOWN)
                (void)printf("  (%s, %s)", kind->active, kind->normal);
        if (e->repeat_within) {
                span_format(e->repeat_within, span);
                (void)printf("  at most once in %s", span);
        }
        for (size_t i = 0; i < e->n_classes; i++)
                (void)printf("%s%.*s: %s", i ? ", " : "  by class ", WW_STR_ARG(e->classes[i].name),
                             types->kinds->rows[e->classes[i].family].family);
        (void)printf("\n");
        put_expr("             where ", e->where);
        for (size_t i = 0; i < e->n_attrs; i++) {
                (void)printf("             %.*s: ", WW_STR_ARG(e->attrs[i].name));
                put_source("", e->attrs[i].source);
                (void)printf("\n");
        }
}

static void put_formats(const struct decode_types *types, const struct type_message *m) {
        (void)printf("    format   ");
        for (size_t i = 0; i < m->n_formats; i++)
                (void)printf("%s%s", i ? ", else " : "", types->formats[m->formats[i]].format->name);
        (void)printf("\n");
}

static void put_guards(const struct type_message *m) {
        put_paths("    has      ", m->has, m->n_has);
        put_paths("    lacks    ", m->lacks, m->n_lacks);
        for (size_t i = 0; i < m->n_matches; i++)
                put_match(&m->matches[i]);
        put_expr("    where    ", m->where);
        put_expr("    check    ", m->check);
}

static void put_body(const struct decode_types *types, const struct type_message *m) {
        if (m->for_each)
                (void)printf("    for each %.*s\n", WW_STR_ARG(m->for_each->written));
        put_expr("    only     ", m->only);
        put_source("    device   ", m->device);
        (void)printf("\n");
        if (m->time.source) {
                put_source("    time     ", m->time.source);
                (void)printf(" (%.*s)\n",
                             WW_STR_ARG(m->time.how.form == STAMP_PATTERN ? m->time.how.pattern
                                                                          : ww_str(stamp_forms[m->time.how.form])));
        }
        for (size_t i = 0; i < m->n_events; i++)
                put_event(types, &m->events[i]);
}

static void put_message(const struct decode_types *types, const struct type_message *m) {
        (void)printf("\n  message %.*s  (%.*s:%u)\n", WW_STR_ARG(m->name), WW_STR_ARG(m->pos.file), m->pos.line);
        for (size_t i = 0; i < m->n_topics; i++)
                (void)printf("    topic    %.*s\n", WW_STR_ARG(m->topics[i].patterns->written));
        put_formats(types, m);
        put_guards(m);
        if (m->ignore)
                (void)printf("    ignored\n");
        else
                put_body(types, m);
}

/* ---- topics, the most special first: that is how they are tried ---- */

struct row {
        const struct topic_pattern *pattern;
        const struct type_message *message;
        size_t number;
};

static int by_rank(const void *a, const void *b) {
        const struct row *x = a, *y = b;

        if (x->pattern->rank != y->pattern->rank)
                return x->pattern->rank < y->pattern->rank ? 1 : -1;
        return (x->number > y->number) - (x->number < y->number);
}

static size_t rows_of(const struct type *type, struct row *rows) {
        size_t n = 0;

        for (size_t i = 0; i < type->n_messages; i++)
                for (size_t k = 0; k < type->messages[i].n_topics; k++)
                        for (size_t p = 0; p < type->messages[i].topics[k].n; p++) {
                                if (rows)
                                        rows[n] = (struct row){ &type->messages[i].topics[k].patterns[p],
                                                                &type->messages[i], n };
                                n++;
                        }
        return n;
}

static int put_topics(const struct type *type) {
        size_t n = rows_of(type, NULL);
        _cleanup_free_ struct row *rows = calloc(n + 1, sizeof *rows);

        if (!rows)
                return -ENOMEM;
        (void)rows_of(type, rows);
        qsort(rows, n, sizeof *rows, by_rank);
        (void)printf("\n  topics, in the order in which they are tried\n");
        for (size_t i = 0; i < n; i++) {
                for (size_t k = 0; k < rows[i].pattern->n; k++)
                        (void)printf("%s%.*s", k ? "/" : "    ", WW_STR_ARG(rows[i].pattern->levels[k].text));
                (void)printf("  → %.*s\n", WW_STR_ARG(rows[i].message->name));
        }
        return 0;
}

static void put_examples(const struct type *type) {
        size_t number = 0;

        (void)printf("\n  examples\n");
        yaml_each(example, type->examples) {
                const struct yaml_node *given = yaml_get(example, "given"), *events = yaml_get(example, "events");

                (void)printf("    %zu  %.*s:%u  %u message%s, %u event%s\n", ++number, WW_STR_ARG(example->pos.file),
                             example->pos.line, given ? (unsigned)given->n : 0, given && given->n == 1 ? "" : "s",
                             events ? (unsigned)events->n : 0, events && events->n == 1 ? "" : "s");
        }
        if (!number)
                (void)printf("    none: nothing tests it\n");
}

static const struct type *type_find(const struct decode_types *types, const char *name) {
        for (size_t i = 0; i < types->n; i++)
                if (ww_str_is(types->types[i].name, name) || ww_str_is(types->types[i].sensor, name))
                        return &types->types[i];
        return NULL;
}

static int unknown_type(const struct decode_types *types, const char *name) {
        const char *nearest = decode_types_nearest(types, ww_str(name));

        (void)fprintf(stderr, "wardwatch sensors show: there is no sensor type `%s`\n", name);
        (void)fprintf(stderr,
                      nearest ? "  help: did you mean `%s`?\n" : "  help: `wardwatch sensors list` lists them\n",
                      nearest);
        return 1;
}

static int show_type(const struct decode_types *types, const struct type *type) {
        (void)printf("%.*s%s%.*s\n  %.*s:%u\n", WW_STR_ARG(type->sensor), type->title.n ? "  " : "",
                     WW_STR_ARG(type->title), WW_STR_ARG(type->pos.file), type->pos.line);
        if (put_topics(type))
                return 1;
        for (size_t i = 0; i < type->n_messages; i++)
                put_message(types, &type->messages[i]);
        put_examples(type);
        return fflush(stdout) == EOF;
}

static int show_run(const struct command_args *args) {
        const struct type *type;
        struct sensors s;
        int r;

        if (args->argc != 1)
                return sensors_usage("show", "name one type", "wardwatch sensors show zigbee2mqtt");
        r = sensors_open(&s, "show", args);
        if (r)
                return r;
        type = type_find(s.rules->types, args->argv[0]);
        r = type ? show_type(s.rules->types, type) : unknown_type(s.rules->types, args->argv[0]);
        sensors_close(&s);
        return r;
}

const struct command command_sensors_show = {
        .name = "sensors show",
        .synopsis = "sensors show TYPE",
        .help = "a type as it was compiled: topics in their order, guards, events, examples",
        .text = "Its topics are sorted as they are tried: a word before a part of a word, before a capture, before "
                "many "
                "levels. Of each message it shows formats, guards and what it tells, with the kinds that may come of "
                "it.",
        .run = show_run,
};

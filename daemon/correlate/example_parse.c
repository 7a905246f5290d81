#include "correlate/example.h"

#include "base/span.h"
#include "correlate/word.h"

struct parser {
        const struct correlate_rules *set;
        const struct rule *rule;
        struct arena *arena;
        struct diag *d;
};

static struct ww_str token(struct ww_str *text) {
        struct ww_str out;

        while (text->n && text->p[0] == ' ')
                text->p++, text->n--;
        out = (struct ww_str){ text->p, 0 };
        while (text->n && text->p[0] != ' ')
                text->p++, text->n--, out.n++;
        return out;
}

static int bad(struct parser *p, const struct yaml_node *n, const char *help, const char *what) {
        return diag_error(p->d, n->pos, help, "rule `%s`: example: %s: `%.*s`", p->rule->name.p, what,
                          n->type == YAML_SCALAR ? (int)n->text.n : 3, n->type == YAML_SCALAR ? n->text.p : "...");
}

/* "W3,B7" → "ward=W3,badge=B7", and the parts as attributes */
static int parse_key(struct parser *p, const struct yaml_node *n, struct ww_str text, struct example_row *row) {
        _cleanup_buf_ struct buf key = BUF_INIT;

        for (size_t i = 0; i < p->rule->n_key; i++) {
                const char *comma = i + 1 < p->rule->n_key ? memchr(text.p, ',', text.n) : NULL;
                struct ww_str part = { text.p, comma ? (size_t)(comma - text.p) : text.n };

                if (!part.n)
                        return bad(p, n, "write the parts of the key as in `by`, with `,` between", "a key is missing");
                key_put_part(&key, p->rule->key_names[i], part);
                row->attrs[row->n_attrs++] = (struct ww_attr){ .name = p->rule->key_names[i],
                                                               .value = ww_string(part) };
                text.p += part.n + (comma != NULL);
                text.n -= part.n + (comma != NULL);
        }
        row->key = arena_copy(p->arena, buf_str(&key));
        return key.error || !row->key.p ? -ENOMEM : 0;
}

/* badge="17" is a text, badge=17 a number */
static void value_unquote(struct yaml_node *value) {
        struct ww_str *t = &value->text;

        if (t->n < 2 || (t->p[0] != '"' && t->p[0] != '\'') || t->p[t->n - 1] != t->p[0])
                return;
        *t = (struct ww_str){ t->p + 1, t->n - 2 };
        value->plain = false;
}

static int parse_field(struct parser *p, const struct yaml_node *n, struct ww_str word, struct example_row *row) {
        const char *equal = memchr(word.p, '=', word.n);
        struct yaml_node value = { .type = YAML_SCALAR, .plain = true };
        struct ww_attr a;

        if (!equal || equal == word.p)
                return bad(p, n, "write `30s exit W3 badge=17`", "not `field=value`");
        if (row->n_attrs == EXAMPLE_FIELDS_MAX)
                return bad(p, n, NULL, "too many fields");
        a = (struct ww_attr){ .name = { word.p, (size_t)(equal - word.p) } };
        value.text = (struct ww_str){ equal + 1, word.n - a.name.n - 1 };
        value_unquote(&value);
        a.value = yaml_value(&value);
        row->fields[row->n_fields++] = (struct selection_field){ a.name, value.text, a.value };
        row->attrs[row->n_attrs++] = a;
        return 0;
}

static int parse_rest(struct parser *p, const struct yaml_node *n, struct ww_str text, struct example_row *row) {
        struct ww_str word;

        while ((word = token(&text)).n) {
                int64_t delay;
                int r = 0;

                if (ww_str_is(word, "at")) {
                        word = token(&text);
                        if (word.n < 2 || word.p[0] != '+' ||
                            span_parse((struct ww_str){ word.p + 1, word.n - 1 }, &delay) < 0)
                                return bad(p, n, "write `at +5s`", "no arrival after `at`");
                        row->arrival = row->time + delay;
                } else {
                        r = parse_field(p, n, word, row);
                }
                if (r)
                        return r;
        }
        return 0;
}

static int parse_given(struct parser *p, const struct yaml_node *n, struct example_row *row) {
        struct ww_str text = n->text, word;
        int alias = -1, r;

        if (n->type != YAML_SCALAR || span_parse(token(&text), &row->time) < 0)
                return bad(p, n, "write `30s exit W3`", "no time at its beginning");
        row->arrival = row->time;
        word = token(&text);
        if (ww_str_is(word, "ack") || ww_str_is(word, "mode") || ww_str_is(word, "reload"))
                return bad(p, n, NULL, "this act is not supported by this version");
        if (ww_str_is(word, "not")) {
                row->act = EXAMPLE_END;
                word = token(&text);
        } else if (ww_str_is(word, "reset")) {
                row->act = EXAMPLE_RESET;
        }
        for (size_t i = 0; i < p->rule->n_aliases && row->act != EXAMPLE_RESET; i++)
                if (ww_str_equal(p->rule->aliases[i].alias, word))
                        alias = (int)i;
        if (alias < 0 && row->act != EXAMPLE_RESET)
                return bad(p, n, "write `TIME ALIAS KEY`", "no selection of the rule");
        row->alias = alias < 0 ? 0 : (uint32_t)alias;
        r = parse_key(p, n, p->rule->n_key ? token(&text) : WW_STR_NONE, row);
        return r ? r : parse_rest(p, n, text, row);
}

static int parse_expected(struct parser *p, const struct yaml_node *n, struct example_row *row) {
        struct ww_str text = n->text, word;
        int r;

        if (n->type != YAML_SCALAR || span_parse(token(&text), &row->time) < 0)
                return bad(p, n, "write `30s W3`", "no time at its beginning");
        row->arrival = row->time;
        r = parse_key(p, n, p->rule->n_key ? token(&text) : WW_STR_NONE, row);
        word = token(&text);
        if (!r && word.n && !ww_priority_find(word, &row->priority))
                return bad(p, n, "write `30s W3 critical`", "no priority behind the key");
        return r;
}

static int parse_rows(struct parser *p, const struct yaml_node *list, struct example_row *rows, size_t *ret_n,
                      int (*parse)(struct parser *, const struct yaml_node *, struct example_row *)) {
        int r = 0;

        if (!list)
                return 0;
        if (list->type != YAML_SEQUENCE || list->n > EXAMPLE_ROWS_MAX)
                return bad(p, list, "write `[30s exit W3, …]`", "not a list of at most 256 rows");
        yaml_each(n, list) {
                r = parse(p, n, &rows[*ret_n]);
                if (r)
                        return r;
                ++*ret_n;
        }
        return 0;
}

static int parse_with(struct parser *p, const struct yaml_node *with, struct example *e) {
        yaml_each(n, with) {
                int64_t span;

                if (e->n_with == EXAMPLE_FIELDS_MAX)
                        return bad(p, n, NULL, "too many fields");
                e->with[e->n_with++] = (struct site_field){ .name = n->key,
                                                            .value = span_parse(n->text, &span) < 0 ? yaml_value(n)
                                                                                                    : ww_span(span) };
        }
        return 0;
}

static void last_time(const struct example_row *rows, size_t n, int64_t *last) {
        for (size_t i = 0; i < n; i++)
                *last = rows[i].arrival > *last ? rows[i].arrival : *last;
}

static int parse_until(struct parser *p, const struct yaml_node *node, struct example *e) {
        const struct yaml_node *until = yaml_get(node, "until");
        const struct rule *rule = p->rule;

        if (until)
                return yaml_span(until, "until", 0, RULE_SPAN_MAX, p->d, &e->until);
        last_time(e->given, e->n_given, &e->until);
        last_time(e->raised, e->n_raised, &e->until);
        last_time(e->cleared, e->n_cleared, &e->until);
        /* an expectation goes on for ever: only what is named is looked at */
        if (rule->condition != CONDITION_EXPECT)
                e->until += rule->within + rule->gap + rule->hold.usec + rule->quiet.usec;
        return 0;
}

int example_parse(const struct correlate_rules *set, const struct rule *rule, const struct yaml_node *node,
                  struct arena *arena, struct diag *d, struct example *e) {
        struct parser p = { set, rule, arena, d };
        const char *names[8];
        int r;

        memset(e, 0, sizeof *e);
        e->node = node;
        for (size_t i = 0; i < word_example_n; i++)
                names[i] = word_example[i].name;
        if (node->type != YAML_MAPPING)
                return bad(&p, node, "write `- given: […]` and `alarms: […]` below", "not a mapping");
        r = yaml_known_keys(node, "an example", names, word_example_n, d);
        if (r)
                return r;
        e->alarms = yaml_get(node, "alarms");
        e->clears = yaml_get(node, "clears");
        if (!e->alarms || !yaml_get(node, "given"))
                return bad(&p, node, "add `alarms: []` for a near miss", "it needs `given` and `alarms`");
        r = parse_rows(&p, yaml_get(node, "given"), e->given, &e->n_given, parse_given);
        r = r ? r : parse_rows(&p, e->alarms, e->raised, &e->n_raised, parse_expected);
        r = r ? r : parse_rows(&p, e->clears, e->cleared, &e->n_cleared, parse_expected);
        r = r ? r : parse_with(&p, yaml_get(node, "with"), e);
        return r ? r : parse_until(&p, node, e);
}

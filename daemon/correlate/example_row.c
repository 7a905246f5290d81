/*
 * One row of an example: `30s exit W3 badge=17 at +5s`, `60s mode armed off`, `30s W3 critical`. A word behind the time
 * is a selection of the rule, if it has one of that name, else an act.
 */
#include "base/span.h"
#include "correlate/example.h"
#include "correlate/word.h"

/* what is left of a row */
struct rest {
        const struct example_parser *p;
        const struct yaml_node *n;
        struct ww_str text;
};

static struct ww_str token(struct rest *rest) {
        struct ww_str *text = &rest->text, out;

        while (text->n && text->p[0] == ' ')
                text->p++, text->n--;
        out = (struct ww_str){ text->p, 0 };
        while (text->n && text->p[0] != ' ')
                text->p++, text->n--, out.n++;
        return out;
}

int example_bad(const struct example_parser *p, const struct yaml_node *n, const char *help, const char *what) {
        if (n->type != YAML_SCALAR)
                return diag_error(p->d, n->pos, help, "rule `%s`: example: %s", p->rule->name.p, what);
        return diag_error(p->d, n->pos, help, "rule `%s`: example: %s: `%.*s`", p->rule->name.p, what,
                          WW_STR_ARG(n->text));
}

static int bad(const struct rest *rest, const char *help, const char *what) {
        return example_bad(rest->p, rest->n, help, what);
}

static int row_end(struct rest *rest, const char *help) {
        return token(rest).n ? bad(rest, help, "there is more than belongs here") : 0;
}

/* "W3,B7" → "ward=W3,badge=B7" */
static int row_key(struct rest *rest, const struct rule *rule, struct ww_str *ret) {
        struct ww_str text = rule->n_key ? token(rest) : WW_STR_NONE;
        _cleanup_buf_ struct buf key = BUF_INIT;

        for (size_t i = 0; i < rule->n_key; i++) {
                const char *comma = i + 1 < rule->n_key && text.n ? memchr(text.p, ',', text.n) : NULL;
                struct ww_str part = { text.p, comma ? (size_t)(comma - text.p) : text.n };

                if (!part.n)
                        return bad(rest,
                                   rule->n_key > 1 ? "write the parts of the key as in `by`, with a comma between and "
                                                     "in quotes: `\"30s exit W3,B7\"`"
                                                   : "write `30s exit W3`",
                                   "a key is missing");
                key_put_part(&key, rule->key_names[i], part);
                text.p += part.n + (comma != NULL);
                text.n -= part.n + (comma != NULL);
        }
        *ret = arena_copy(rest->p->arena, buf_str(&key));
        return key.error || !ret->p ? -ENOMEM : 0;
}

static int row_priority(struct rest *rest, bool needed, enum ww_priority *ret) {
        struct ww_str word = token(rest);
        const char *help = needed ? "write `90s W3 critical`" : "write `30s W3`, or `30s W3 critical`";

        if ((needed || word.n) && !ww_priority_find(word, ret))
                return bad(rest, help, "no priority behind the key");
        return row_end(rest, help);
}

/* a rule of the set, other than the one that is tried */
static int row_rule(struct rest *rest, const struct rule **ret) {
        const struct correlate_rules *set = rest->p->set;
        struct ww_str name = token(rest);
        const struct rule *rule = correlate_rule(set, name);
        const char *near;

        *ret = rule;
        if (rule == rest->p->rule)
                return bad(rest, "write the events that raise it", "an example's own rule is not another one");
        if (rule)
                return 0;
        near = correlate_rule_nearest(set, name);
        return bad(rest,
                   near ? arena_printf(rest->p->arena, "did you mean `%s`?", near)
                        : "name a rule of these files, and then its key",
                   "there is no such rule");
}

/* ---- what a row of `given` may end with ---- */

/* badge="17" is a text, badge=17 a number */
static void value_unquote(struct yaml_node *value) {
        struct ww_str *t = &value->text;

        if (t->n < 2 || (t->p[0] != '"' && t->p[0] != '\'') || t->p[t->n - 1] != t->p[0])
                return;
        *t = (struct ww_str){ t->p + 1, t->n - 2 };
        value->plain = false;
}

static int field_parse(struct rest *rest, struct ww_str word, struct example_row *row) {
        const char *equal = memchr(word.p, '=', word.n);
        struct yaml_node value = { .type = YAML_SCALAR, .plain = true };
        struct ww_attr a;

        if (!equal || equal == word.p)
                return bad(rest, "write `30s exit W3 badge=17`", "not `field=value`");
        if (row->n_attrs == EXAMPLE_FIELDS_MAX)
                return bad(rest, "name those that the rule reads", "too many fields");
        a = (struct ww_attr){ .name = { word.p, (size_t)(equal - word.p) } };
        value.text = (struct ww_str){ equal + 1, word.n - a.name.n - 1 };
        value_unquote(&value);
        a.value = yaml_value(&value);
        row->fields[row->n_fields++] = (struct selection_field){ a.name, value.text, a.value };
        row->attrs[row->n_attrs++] = a;
        return 0;
}

static int arrival_parse(struct rest *rest, struct example_row *row) {
        struct ww_str word = token(rest);
        int64_t delay;

        if (word.n < 2 || word.p[0] != '+' || span_parse((struct ww_str){ word.p + 1, word.n - 1 }, &delay) < 0)
                return bad(rest, "write `at +5s`", "no arrival after `at`");
        row->arrival = row->time + delay;
        return 0;
}

static int fields_parse(struct rest *rest, struct example_row *row) {
        struct ww_str word;
        int r = 0;

        while (!r && (word = token(rest)).n)
                r = ww_str_is(word, "at") ? arrival_parse(rest, row) : field_parse(rest, word, row);
        return r;
}

/* ---- events ---- */

static int alias_find(const struct rest *rest, struct ww_str name) {
        for (size_t i = 0; i < rest->p->rule->n_aliases; i++)
                if (ww_str_equal(rest->p->rule->aliases[i].alias, name))
                        return (int)i;
        return -1;
}

static int event_parse(struct rest *rest, struct ww_str alias, struct example_row *row) {
        const struct rule *rule = row->rule;
        const char *names[RULE_ALIASES_MAX + WORD_NAMES_MAX];
        int found = alias_find(rest, alias), r;
        size_t n = 0;

        for (size_t i = 0; i < rule->n_aliases; i++)
                names[n++] = rule->aliases[i].alias.p;
        for (size_t i = 0; i < word_act_n && i < WORD_NAMES_MAX; i++)
                names[n++] = word_act[i].name;
        if (found < 0)
                return bad(rest, alias.n ? diag_suggest(alias, names, n) : "write `TIME ALIAS KEY`",
                           "no selection of the rule, and no act");
        row->alias = (uint32_t)found;
        r = row_key(rest, rule, &row->key);
        for (size_t i = 0; i < rule->n_key && !r; i++)
                row->attrs[row->n_attrs++] = (struct ww_attr){
                        .name = rule->key_names[i], .value = ww_string(key_part(rest->p->arena, row->key, i))
                };
        return r ? r : fields_parse(rest, row);
}

static int end_parse(struct rest *rest, struct example_row *row) {
        return event_parse(rest, token(rest), row);
}

/* ---- acts ---- */

static int key_parse(struct rest *rest, struct example_row *row) {
        int r = row_key(rest, row->rule, &row->key);

        return r ? r : row_end(rest, "write `9s ack W3`, with a key of this rule");
}

static int ack_parse(struct rest *rest, struct example_row *row) {
        if (!rest->p->staged)
                return bad(rest, "it can be tried by `wardwatch check`", "there is no alarm to acknowledge here");
        return key_parse(rest, row);
}

static const char *help_near(const struct rest *rest, const char *near, const char *otherwise) {
        return near ? arena_printf(rest->p->arena, "did you mean `%s`?", near) : otherwise;
}

static int mode_parse(struct rest *rest, struct example_row *row) {
        const struct site *site = rest->p->set->site;
        struct ww_str word;

        row->name = token(rest);
        if (site_mode_find(site, row->name) == SITE_NONE)
                return bad(rest,
                           help_near(rest, site_nearest_mode(site, row->name), "modes stand in the site's `modes:`"),
                           "the site has no such mode");
        word = token(rest);
        row->on = !ww_str_is(word, "off");
        if (word.n && row->on && !ww_str_is(word, "on"))
                return bad(rest, "write `9s mode armed`, or `9s mode armed off`", "a mode goes on or off");
        return row_end(rest, "write `9s mode armed`, or `9s mode armed off`");
}

static int list_parse(struct rest *rest, struct example_row *row) {
        static const char help[] = "write `9s list maternity add nurse`, or `… remove nurse`";
        const struct site *site = rest->p->set->site;
        struct ww_str word;

        row->name = token(rest);
        if (site_list_find(site, row->name) == SITE_NONE)
                return bad(rest,
                           help_near(rest, site_nearest_list(site, row->name), "lists stand in the site's `lists:`"),
                           "the site has no such list");
        word = token(rest);
        row->on = ww_str_is(word, "add");
        row->member = token(rest);
        if ((!row->on && !ww_str_is(word, "remove")) || !row->member.n)
                return bad(rest, help, "a list gets a member or loses one");
        return row_end(rest, help);
}

static int reload_parse(struct rest *rest, struct example_row *row) {
        return row_end(rest, "write `9s reload`");
}

/* Where an alarm is: what is written, else what its key says. */
static struct ww_str asset_written(struct rest *rest, const struct example_row *row) {
        static const char head[] = "asset=";
        const size_t n = sizeof head - 1;
        struct ww_str word = token(rest);

        if (word.n > n && memcmp(word.p, head, n) == 0)
                return (struct ww_str){ word.p + n, word.n - n };
        rest->text = word.n ? (struct ww_str){ word.p, rest->text.n + word.n } : rest->text;
        for (size_t i = 0; i < row->rule->n_key; i++)
                if (ww_str_is(row->rule->key_names[i], "asset"))
                        return key_part(rest->p->arena, row->key, i);
        return WW_STR_NONE;
}

static int raise_parse(struct rest *rest, struct example_row *row) {
        static const char help[] = "write `9s raise door-held d1`, or `9s raise door-held d1 asset=door-w3-exit`";
        struct ww_str asset;
        int r = row_rule(rest, &row->rule);

        if (!r)
                r = row_key(rest, row->rule, &row->key);
        if (r)
                return r;
        asset = asset_written(rest, row);
        row->asset = asset.n ? site_asset_find(rest->p->set->site, asset) : SITE_NONE;
        if (asset.n && row->asset == SITE_NONE)
                return bad(rest, "assets stand in the site's `assets:`", "the site has no such asset");
        return row_end(rest, help);
}

static int clear_parse(struct rest *rest, struct example_row *row) {
        int r = row_rule(rest, &row->rule);

        if (!r)
                r = row_key(rest, row->rule, &row->key);
        return r ? r : row_end(rest, "write `9s clear door-held d1`");
}

/* in the order of word_act */
static const struct {
        enum example_act act;
        int (*parse)(struct rest *rest, struct example_row *row);
} acts[] = {
        { EXAMPLE_END, end_parse },     { EXAMPLE_RESET, key_parse },   { EXAMPLE_ACK, ack_parse },
        { EXAMPLE_MODE, mode_parse },   { EXAMPLE_LIST, list_parse },   { EXAMPLE_RELOAD, reload_parse },
        { EXAMPLE_RAISE, raise_parse }, { EXAMPLE_CLEAR, clear_parse },
};

int example_parse_given(const struct example_parser *p, const struct yaml_node *n, struct example_row *row) {
        struct rest rest = { p, n, n->text };
        const struct word *act;
        struct ww_str word;

        *row = (struct example_row){ .node = n, .rule = p->rule, .asset = SITE_NONE };
        if (n->type != YAML_SCALAR || span_parse(token(&rest), &row->time) < 0)
                return bad(&rest, "write `30s exit W3`", "no time at its beginning");
        row->arrival = row->time;
        word = token(&rest);
        act = alias_find(&rest, word) < 0 ? word_find(word_act, word_act_n, word.p, word.n) : NULL;
        if (!act)
                return event_parse(&rest, word, row);
        row->act = acts[act - word_act].act;
        return acts[act - word_act].parse(&rest, row);
}

/* ---- what is expected ---- */

int example_parse_expected(const struct example_parser *p, const struct yaml_node *n, enum example_what what,
                           struct example_outcome *row) {
        static const char *const helps[EXAMPLE_LISTS] = { "write `30s W3`", "write `30s W3`", "write `90s W3 critical`",
                                                          "write `30s door-held d1`" };
        struct rest rest = { p, n, n->text };
        int r = 0;

        *row = (struct example_outcome){ .rule = p->rule };
        if (n->type != YAML_SCALAR || span_parse(token(&rest), &row->time) < 0)
                return bad(&rest, helps[what], "no time at its beginning");
        if (what == EXAMPLE_MUTES)
                r = row_rule(&rest, &row->rule);
        if (!r)
                r = row_key(&rest, row->rule, &row->key);
        if (r)
                return r;
        return what == EXAMPLE_ALARMS || what == EXAMPLE_PRIORITIES
                       ? row_priority(&rest, what == EXAMPLE_PRIORITIES, &row->priority)
                       : row_end(&rest, helps[what]);
}

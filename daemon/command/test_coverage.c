/*
 * Coverage: of rules by their examples, and of kinds of events by rules. A rule without a near miss, an example in
 * which things happen and nothing is raised, fires perhaps at everything; nobody has looked.
 */
#include "command/test_coverage.h"
#include "journal/record_json.h"

#include <stdio.h>

#define FILE_WIDTH 28

struct file_sum {
        struct ww_str name;
        size_t rules, examples, near_misses, without;
};

struct coverage {
        struct file_sum *files;
        size_t n_files;
        struct buf without; /* rules without a near miss, a line each */
        json_t *rules;      /* NULL: text */
};

static struct file_sum *file_of(struct coverage *c, struct ww_str name) {
        struct file_sum *grown;

        for (size_t i = 0; i < c->n_files; i++)
                if (ww_str_equal(c->files[i].name, name))
                        return &c->files[i];
        grown = reallocarray(c->files, c->n_files + 1, sizeof *grown);
        if (!grown)
                return NULL;
        c->files = grown;
        c->files[c->n_files] = (struct file_sum){ .name = name };
        return &c->files[c->n_files++];
}

static int add_rule(struct coverage *c, const struct correlate_coverage *rule) {
        struct file_sum *file = file_of(c, rule->file);

        if (!file)
                return -ENOMEM;
        file->rules++;
        file->examples += rule->examples;
        file->near_misses += rule->near_misses;
        file->without += rule->near_misses == 0;
        if (!rule->near_misses)
                buf_printf(&c->without,
                           "%.*s:%u: rule `%.*s` has no near miss: add an example of what must not raise it\n",
                           WW_STR_ARG(rule->file), rule->line, WW_STR_ARG(rule->rule));
        if (!c->rules)
                return 0;
        return json_array_append_new(c->rules,
                                     json_pack("{s:o, s:o, s:I, s:I, s:I, s:I}", "rule", record_json_str(rule->rule),
                                               "file", record_json_str(rule->file), "line", (json_int_t)rule->line,
                                               "examples", (json_int_t)rule->examples, "firing",
                                               (json_int_t)rule->firing, "near_misses", (json_int_t)rule->near_misses))
                       ? -ENOMEM
                       : 0;
}

/* ---- kinds ---- */

static json_t *kinds_json(const struct correlate_rules *rules) {
        const struct ww_kinds *kinds = correlate_coverage_kinds(rules);
        json_t *object = json_object();

        for (size_t i = 0; i < kinds->n; i++)
                (void)json_object_set_new(object, kinds->rows[i].family,
                                          json_integer((json_int_t)correlate_coverage_kind(rules, (ww_family)i)));
        return object;
}

static void kinds_text(const struct correlate_rules *rules, struct buf *out) {
        const struct ww_kinds *kinds = correlate_coverage_kinds(rules);
        _cleanup_buf_ struct buf none = BUF_INIT;
        size_t looked_at = 0, column = 0;

        for (size_t i = 0; i < kinds->n; i++) {
                const struct ww_str name = ww_str(kinds->rows[i].family);

                if (correlate_coverage_kind(rules, (ww_family)i)) {
                        looked_at++;
                        continue;
                }
                column = column + name.n > 96 ? 0 : column;
                buf_puts(&none, column ? ", " : none.n ? ",\n  " : "  ");
                buf_printf(&none, "%.*s", WW_STR_ARG(name));
                column += name.n + 2;
        }
        buf_printf(out, "\n%zu of %zu kinds of events are selected by a rule; not these:\n%.*s\n", looked_at, kinds->n,
                   WW_STR_ARG(buf_str(&none)));
}

/* ---- both ---- */

static struct ww_str last_part(struct ww_str path) {
        const char *slash = memrchr(path.p, '/', path.n);

        return slash ? (struct ww_str){ slash + 1, path.n - (size_t)(slash + 1 - path.p) } : path;
}

static int tell(struct coverage *c, const struct correlate_rules *rules) {
        _cleanup_buf_ struct buf out = BUF_INIT;

        buf_printf(&out, "\n%-*s %6s %9s %11s %8s\n", FILE_WIDTH, "file", "rules", "examples", "near misses",
                   "without");
        for (size_t i = 0; i < c->n_files; i++) {
                const struct file_sum *f = &c->files[i];

                buf_printf(&out, "%-*.*s %6zu %9zu %11zu %8zu\n", FILE_WIDTH, WW_STR_ARG(last_part(f->name)), f->rules,
                           f->examples, f->near_misses, f->without);
        }
        kinds_text(rules, &out);
        if (out.error)
                return -ENOMEM;
        if (command_put(&out, false))
                return -EIO;
        return c->without.n && command_put(&c->without, true) ? -EIO : 0;
}

int test_coverage(struct examples_report *report, const struct correlate_rules *rules, bool json, json_t **ret_json) {
        struct coverage c = { .rules = json ? json_array() : NULL };
        struct correlate_coverage rule;
        bool lacking;
        int r = json && !c.rules ? -ENOMEM : 0;

        for (size_t i = 0; i < correlate_rules_count(rules) && !r; i++) {
                correlate_coverage_rule(rules, i, &rule);
                if (examples_report_wanted(report, rule.rule, rule.file))
                        r = add_rule(&c, &rule);
        }
        lacking = c.without.n > 0;
        if (!r && !json)
                r = tell(&c, rules);
        if (!r && json)
                *ret_json = json_pack("{s:O, s:o}", "rules", c.rules, "kinds", kinds_json(rules));
        json_decref(c.rules);
        buf_deinit(&c.without);
        free(c.files);
        return r ? r : lacking;
}

/*
 * From files to a rule set. The order of the parts matters: names of selections come first, because everything else
 * speaks of them; the key before the title, because a title's word is looked for in the key first.
 */
#include "correlate/rule_load.h"

#include "correlate/state.h"
#include <xxhash.h>

#define NAME_MAX_BYTES 64

const char *rule_load_what(struct loader *l, const char *word) {
        const char *p = arena_printf(&l->set->arena, "rule `%s`: `%s`", l->rule->name.p ? l->rule->name.p : "?", word);

        return p ? p : word;
}

int rule_load_alias_find(const struct rule *r, struct ww_str name) {
        for (size_t i = 0; i < r->n_aliases; i++)
                if (ww_str_equal(r->aliases[i].alias, name))
                        return (int)i;
        return -1;
}

int rule_load_alias(struct loader *l, struct ww_str name, struct diag_pos pos) {
        const char *names[RULE_ALIASES_MAX];
        int alias = rule_load_alias_find(l->rule, name);

        if (alias >= 0)
                return alias;
        for (size_t i = 0; i < l->rule->n_aliases; i++)
                names[i] = l->rule->aliases[i].alias.p;
        diag_error(l->d, pos, diag_suggest(name, names, l->rule->n_aliases), "rule `%s`: unknown selection `%.*s`",
                   l->rule->name.p, WW_STR_ARG(name));
        return -1;
}

int rule_load_capture(struct loader *l, uint16_t aliases, const struct field *field, struct diag_pos pos) {
        struct rule *r = l->rule;

        for (size_t i = 0; i < r->n_captures; i++)
                if (ww_str_equal(r->captures[i].field->name, field->name)) {
                        r->captures[i].aliases |= aliases;
                        return (int)i;
                }
        if (r->n_captures == RULE_CAPTURES_MAX) {
                diag_error(l->d, pos, "read fewer fields in `distinct`, in the title and of other steps",
                           "rule `%s`: more than %d fields have to be remembered", r->name.p, RULE_CAPTURES_MAX);
                return -1;
        }
        r->captures[r->n_captures] = (struct capture){ aliases, field };
        return (int)r->n_captures++;
}

/* among the names that sensor types and assets give */
static const char *nearest_symbol(const struct symtab *symbols, struct ww_str name) {
        const char *best = NULL;

        for (uint32_t i = 1; i <= symtab_count(symbols); i++) {
                const char *pair[] = { symtab_name(symbols, i).p, best };

                if (!ww_str_is(name, pair[0]))
                        best = diag_nearest(name, pair, best ? 2 : 1);
        }
        return best;
}

/* `door.exitt`: legal, since a site may grow, and missing for all that there is now */
static void advise_asset_field(struct loader *l, const struct field *f, struct diag_pos pos) {
        const struct site *site = l->set->site;
        const char *near;

        if (!site_asset_count(site) || site_asset_field_known(site, f->tail))
                return;
        near = site_nearest_field(site, f->tail);
        diag_warning(l->d, pos,
                     near ? arena_printf(&l->set->arena, "did you mean `%.*s.%s`?", WW_STR_ARG(f->base->name), near)
                          : "write it at the assets that have it",
                     "rule `%s`: no asset has a field `%.*s`", l->rule->name.p, WW_STR_ARG(f->tail));
}

const struct field *rule_load_field(struct loader *l, struct ww_str name, struct diag_pos pos, int *ret_error) {
        const char *names[32], *near;
        size_t n = 0;
        bool known = true;
        const struct field *f;

        if (!name.n || name.n > 128) {
                *ret_error = diag_error(l->d, pos, "write the name of a field, such as `zone` or `badge`",
                                        name.n ? "rule `%s`: `%.*s` is no field"
                                               : "rule `%s`: the name of a field is missing%.*s",
                                        l->rule->name.p, WW_STR_ARG(name));
                return NULL;
        }
        f = field_resolve(&l->set->arena, l->set->site, l->set->symbols, name, &known);
        if (!f) {
                *ret_error = -ENOMEM;
                return NULL;
        }
        if (f->source == FIELD_OF_ASSET)
                advise_asset_field(l, f, pos);
        if (known)
                return f;
        for (size_t i = 0; i < field_words_n; i++)
                names[n++] = field_words[i].name;
        for (size_t i = 0; i < word_select_n; i++)
                names[n++] = word_select[i].name;
        near = diag_nearest(name, names, n);
        if (near) {
                *ret_error = diag_error(l->d, pos, arena_printf(&l->set->arena, "did you mean `%s`?", near),
                                        "rule `%s`: unknown field `%.*s`", l->rule->name.p, WW_STR_ARG(name));
                return NULL;
        }
        near = diag_has_room(l->d) ? nearest_symbol(l->set->symbols, name) : NULL;
        diag_warning(l->d, pos,
                     near ? arena_printf(&l->set->arena, "did you mean `%s`?", near)
                          : "let a sensor type give it under `attributes`, or assets have a field of that name",
                     "rule `%s`: no sensor type and no asset gives the field `%.*s`", l->rule->name.p,
                     WW_STR_ARG(name));
        return f;
}

int rule_load_words(struct loader *l, const struct yaml_node *n, const char *what, const struct word *words,
                    size_t n_words) {
        const char *names[WORD_NAMES_MAX];

        return yaml_known_keys(n, rule_load_what(l, what), names, word_names(words, n_words, names), l->d);
}

static void hash_node(struct buf *b, const struct yaml_node *n) {
        buf_put_u8(b, (uint8_t)n->type);
        if (n->type == YAML_SCALAR) {
                buf_put_str(b, n->text);
                return;
        }
        buf_put_var(b, n->n);
        yaml_each(child, n) {
                buf_put_str(b, child->key);
                hash_node(b, child);
        }
}

static uint64_t hash_words(const struct yaml_node *node, const char *const *words, size_t n) {
        _cleanup_buf_ struct buf b = BUF_INIT;

        for (size_t i = 0; i < n; i++) {
                const struct yaml_node *value = yaml_get(node, words[i]);

                buf_put_u8(&b, value != NULL);
                if (value)
                        hash_node(&b, value);
        }
        return XXH3_64bits(b.p ? (const void *)b.p : "", b.n);
}

/* What the site says of the kinds of its own that the rule selects. 0: it selects none. */
static uint64_t hash_kinds(const struct loader *l) {
        _cleanup_buf_ struct buf b = BUF_INIT;

        for (size_t i = 0; i < l->rule->n_aliases; i++)
                for (size_t k = 0; k < l->rule->aliases[i].n_kinds; k++) {
                        const struct ww_kind *kind = &l->set->kinds->rows[l->rule->aliases[i].kinds[k].family];

                        if (l->rule->aliases[i].kinds[k].family < ww_kinds_builtin()->n)
                                continue;
                        buf_put_u8(&b, (uint8_t)kind->nature);
                        buf_put_str(&b, ww_str(kind->family));
                        buf_put_str(&b, ww_str(kind->active));
                        buf_put_str(&b, ww_str(kind->normal));
                }
        return b.n ? XXH3_64bits(b.p, b.n) : 0;
}

static void load_hashes(struct loader *l) {
        static const char *const state[] = { "select", "by",    "within", "every", "gap",   "when", "sequence",
                                             "each",   "after", "expect", "for",   "while", "hold" };
        static const char *const key[] = { "by", "each" };
        const char *all[40];
        size_t n = 0;

        for (size_t i = 0; i < word_rule_n; i++)
                if (strcmp(word_rule[i].name, "examples") != 0)
                        all[n++] = word_rule[i].name;
        l->rule->hash = hash_words(l->node, all, n);
        l->rule->state_hash = hash_words(l->node, state, sizeof state / sizeof *state) + hash_kinds(l);
        l->rule->key_hash = hash_words(l->node, key, sizeof key / sizeof *key);
}

static int load_words(struct loader *l) {
        const char *what = arena_printf(&l->set->arena, "rule `%s`", l->rule->name.p);
        const char *names[WORD_NAMES_MAX];
        int r;

        r = yaml_known_keys(l->node, what ? what : "rule", names, word_names(word_rule, word_rule_n, names), l->d);
        yaml_each(n, l->node) {
                const struct word *w = word_find(word_rule, word_rule_n, n->key.p, n->key.n);

                if (w && !w->supported)
                        r = rule_load_worse(r, diag_error(l->d, n->key_pos, "take it out",
                                                          "rule `%s`: `%s` is not supported by this version",
                                                          l->rule->name.p, w->name));
        }
        return r;
}

static int load_name(struct loader *l) {
        const struct yaml_node *n;
        bool ok = true;

        if (l->node->type != YAML_MAPPING)
                return diag_error(l->d, l->node->pos, "write `- rule: name`", "a rule is a mapping");
        n = yaml_get(l->node, "rule");
        if (!n || n->type != YAML_SCALAR)
                return diag_error(l->d, l->node->pos, "write `- rule: name`", "this rule has no name");
        for (size_t i = 0; i < n->text.n; i++) {
                char c = n->text.p[i];

                ok = ok && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
        }
        if (!ok || !n->text.n || n->text.n > NAME_MAX_BYTES)
                return diag_error(l->d, n->pos, "use small letters, digits and `-`, at most 64",
                                  "`%.*s` cannot name a rule", WW_STR_ARG(n->text));
        l->rule->name = arena_copy(&l->set->arena, n->text);
        l->rule->name_hash = XXH3_64bits(n->text.p, n->text.n);
        l->rule->pos = n->pos;
        return l->rule->name.p ? 0 : -ENOMEM;
}

static int load_rule(struct loader *l) {
        int r = load_name(l), selected;

        if (r)
                return r;
        l->rule->node = l->node;
        r = load_words(l);
        l->misspelt = r != 0;
        selected = rule_load_select(l);
        l->misspelt = l->misspelt || selected;
        r = rule_load_worse(r, selected);
        if (r < 0 || !l->rule->n_aliases)
                return r;
        r = rule_load_worse(r, rule_load_key(l));
        r = rule_load_worse(r, rule_load_condition(l));
        r = rule_load_worse(r, rule_load_raise(l));
        r = rule_load_worse(r, rule_load_mute(l));
        r = rule_load_worse(r, rule_load_title(l));
        l->rule->entry_size = sizeof(struct entry) + l->rule->n_captures * sizeof(struct captured);
        l->rule->examples = yaml_get(l->node, "examples");
        load_hashes(l);
        if (!r)
                rule_advise(l);
        return r;
}

static int load_more(struct correlate_rules *set, size_t *capacity) {
        struct rule *rules;

        if (set->n < *capacity)
                return 0;
        *capacity = *capacity ? *capacity * 2 : 64;
        rules = realloc(set->rules, *capacity * sizeof *rules);
        if (!rules)
                return -ENOMEM;
        set->rules = rules;
        return 0;
}

static int load_file(struct correlate_rules *set, const struct bundle_file *file, struct diag *d, size_t *capacity) {
        struct yaml_node *tree;
        int r = yaml_parse(&set->arena, file->path, file->text, d, &tree);

        if (r)
                return r;
        if (tree->type == YAML_MAPPING && !tree->n)
                return 0;
        if (tree->type != YAML_SEQUENCE)
                return diag_error(d, tree->pos, "write `- rule: name`, and what belongs to it below",
                                  "a file of rules is a list of rules");
        yaml_each(node, tree) {
                struct loader l = { .set = set, .d = d, .node = node };

                if (load_more(set, capacity))
                        return -ENOMEM;
                l.rule = &set->rules[set->n++];
                memset(l.rule, 0, sizeof *l.rule);
                r = rule_load_worse(r, load_rule(&l));
        }
        return r;
}

static int rule_compare(const void *a, const void *b) {
        const struct rule *x = a, *y = b;
        int r = ww_str_compare(x->name, y->name);

        r = r ? r : ww_str_compare(x->pos.file, y->pos.file);
        return r ? r : (x->pos.line > y->pos.line) - (x->pos.line < y->pos.line);
}

static int load_finish(struct correlate_rules *set, struct diag *d) {
        int r = 0;

        if (set->n)
                qsort(set->rules, set->n, sizeof *set->rules, rule_compare);
        for (size_t i = 0; i < set->n; i++) {
                struct rule *rule = &set->rules[i];

                rule->number = (uint32_t)i;
                if (rule->clear == CLEAR_QUIET)
                        set->quiet_max = RULE_SPAN_MAX < rule->quiet.usec || rule->quiet.field ? RULE_SPAN_MAX
                                         : rule->quiet.usec > set->quiet_max                   ? rule->quiet.usec
                                                                                               : set->quiet_max;
                if (i && rule->name.n && ww_str_equal(rule->name, rule[-1].name))
                        r = diag_error(d, rule->pos, "choose another name",
                                       "a second rule named `%s` (the other: %.*s:%u)", rule->name.p,
                                       WW_STR_ARG(rule[-1].pos.file), rule[-1].pos.line);
        }
        return r;
}

static bool selects(const struct rule *rule, uint16_t mask, ww_family family) {
        for (size_t i = 0; family != WW_FAMILY_NONE && i < rule->n_aliases; i++)
                for (size_t k = 0; (mask >> i & 1) && k < rule->aliases[i].n_kinds; k++)
                        if (rule->aliases[i].kinds[k].family == family)
                                return true;
        return false;
}

/* Which rules are the supervision: what they say of a source is of no doubtful quality, and makes others' doubtful. */
static void note_supervision(struct correlate_rules *set) {
        ww_family heartbeat;
        enum ww_state state;

        if (!ww_kind_find(set->kinds, WW_STR("device.heartbeat"), &heartbeat, &state))
                heartbeat = WW_FAMILY_NONE;
        for (size_t i = 0; i < set->n; i++) {
                struct rule *rule = &set->rules[i];
                bool by_asset = rule->span_for.field && ww_str_is(rule->span_for.field->tail, "supervision");

                rule->link = selects(rule, rule->condition_mask, set->link_family);
                rule->silent = rule->each && rule->condition == CONDITION_EXPECT &&
                               (by_asset || selects(rule, rule->expect_mask, heartbeat));
        }
}

int correlate_rules_compile(struct correlate_rules **ret, const struct bundle *bundle, const struct site *site,
                            struct symtab *symbols, const struct ww_kinds *kinds, struct diag *d) {
        _cleanup_(correlate_rules_freep) struct correlate_rules *set = calloc(1, sizeof *set);
        enum ww_state state;
        size_t capacity = 0;
        int r = 0;

        if (!set)
                return -ENOMEM;
        set->site = site;
        set->symbols = symbols;
        set->kinds = kinds;
        if (derived_intern(symbols) < 0)
                return -ENOMEM;
        for (int i = 0; i < 2; i++) {
                if (!ww_kind_find(kinds, i ? WW_STR("alarm.raised") : WW_STR("alarm.cleared"), &set->alarm_family[i],
                                  &state))
                        set->alarm_family[i] = WW_FAMILY_NONE;
        }
        if (!ww_kind_find(kinds, WW_STR("device.link"), &set->link_family, &state))
                set->link_family = WW_FAMILY_NONE;
        for (size_t i = 0; i < bundle->n; i++)
                if (bundle->files[i].role == BUNDLE_RULES)
                        r = rule_load_worse(r, load_file(set, &bundle->files[i], d, &capacity));
        if (r < 0)
                return r;
        r = rule_load_worse(r, load_finish(set, d));
        if (!r)
                r = rule_link(set, d);
        if (r)
                return r;
        note_supervision(set);
        r = index_new(&set->index, set);
        if (r)
                return r;
        *ret = set;
        set = NULL;
        return 0;
}

struct correlate_rules *correlate_rules_free(struct correlate_rules *set) {
        if (!set)
                return NULL;
        index_free(set->index);
        free(set->rules);
        free(set->fields);
        arena_deinit(&set->arena);
        free(set);
        return NULL;
}

size_t correlate_rules_count(const struct correlate_rules *set) {
        return set->n;
}

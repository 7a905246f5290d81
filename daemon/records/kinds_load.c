/* From files to kinds: fields, states, clocks, and the kind itself. */
#include "records/kinds_load.h"

#include "records/records.h"

#include <math.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define FIELD_NAME   40

/* A field's name is an attribute's: rules can write it in expressions. */
static bool field_name(struct rules_loader *l, const struct yaml_node *n, struct ww_str *ret) {
        const struct yaml_node *value = yaml_get(n, "field");
        bool good;

        if (yaml_string(value, "field", l->d, ret)) {
                l->result = DIAG_E_USER;
                return false;
        }
        good = ret->n > 0 && ret->n <= FIELD_NAME && ret->p[0] >= 'a' && ret->p[0] <= 'z';
        for (size_t i = 0; i < ret->n; i++)
                good = good && ((ret->p[i] >= 'a' && ret->p[i] <= 'z') || (ret->p[i] >= '0' && ret->p[i] <= '9') ||
                                ret->p[i] == '_');
        if (!good)
                l->result = diag_error(l->d, value->pos,
                                       "use small letters, digits and `_`, a letter first, at most 40",
                                       "`%.*s` cannot name a field", WW_STR_ARG(*ret));
        return good;
}

static int load_integer(struct rules_loader *l, const struct yaml_node *n, const char *key, int64_t least, int64_t most,
                        int64_t *ret) {
        const struct yaml_node *value = yaml_get(n, key);

        return value ? rules_told(l, yaml_integer(value, key, least, most, l->d, ret)) : 0;
}

static void field_fits(struct rules_loader *l, const struct record_field *f) {
        if (f->type == RECORD_CHOICE && !f->n_words)
                l->result = diag_error(l->d, f->pos, "name what may be chosen: `words: [high, low]`",
                                       "`%.*s` is a choice without `words`", WW_STR_ARG(f->name));
        if (f->type == RECORD_MEMBER && !f->of.n)
                l->result = diag_error(l->d, f->pos, "name the list of the site: `of: staff`",
                                       "`%.*s` is a member without `of`", WW_STR_ARG(f->name));
        if (f->type != RECORD_NUMBER && (f->unit.n || isfinite(f->least) || isfinite(f->most)))
                l->result = diag_error(l->d, f->pos, "make it `type: number`, or leave them out",
                                       "`%.*s` is no number: `unit`, `least` and `most` say nothing of it",
                                       WW_STR_ARG(f->name));
        if (f->least > f->most)
                l->result = diag_error(l->d, f->pos, "let `least` be at most `most`", "no number fits `%.*s`",
                                       WW_STR_ARG(f->name));
        if (f->type == RECORD_REFERENCE && !f->of.n)
                l->result = diag_error(l->d, f->pos, "name the kind that it refers to: `of: hazard`",
                                       "`%.*s` is a record without `of`", WW_STR_ARG(f->name));
}

static void load_number(struct rules_loader *l, const struct yaml_node *n, const char *key, double *ret) {
        const struct yaml_node *value = yaml_get(n, key);

        if (value && yaml_number(value, key, l->d, ret))
                l->result = DIAG_E_USER;
}

static int load_field(struct rules_loader *l, const struct yaml_node *n, void *to) {
        const char *types[RECORD_TYPE_MAX_];
        struct record_field *f = to;
        int type, r;

        if (!rules_mapping(l, n, "a field", kinds_field_keys, kinds_field_keys_n) || !field_name(l, n, &f->name))
                return 0;
        for (size_t i = 0; i < RECORD_TYPE_MAX_; i++)
                types[i] = record_types[i].name;
        f->pos = rules_pos(l, n);
        f->title = f->name;
        type = rules_word(l, n, "type", types, RECORD_TYPE_MAX_);
        f->type = type < 0 ? RECORD_TEXT : (enum record_type)type;
        rules_text(l, n, "title", &f->title);
        rules_text(l, n, "of", &f->of);
        rules_text(l, n, "unit", &f->unit);
        f->least = -INFINITY;
        f->most = INFINITY;
        load_number(l, n, "least", &f->least);
        load_number(l, n, "most", &f->most);
        rules_bool(l, n, "must", &f->must);
        rules_bool(l, n, "fixed", &f->fixed);
        rules_bool(l, n, "tell", &f->tell);
        r = load_integer(l, n, "max", 1, RECORD_FIELD_BYTES, &f->max);
        if (!r)
                r = kinds_texts(l, n, "in", &f->states, &f->n_states);
        if (!r)
                r = kinds_texts(l, n, "words", &f->words, &f->n_words);
        if (!r && type >= 0)
                field_fits(l, f);
        return r;
}

static void load_membership(struct rules_loader *l, const struct yaml_node *n, struct record_membership *m) {
        m->member_field = m->if_field = SIZE_MAX;
        if (!rules_mapping(l, n, "`list`", kinds_list_keys, kinds_list_keys_n))
                return;
        rules_text(l, n, "name", &m->list);
        rules_text(l, n, "member", &m->member);
        rules_text(l, n, "if", &m->only_if);
        if (yaml_get(n, "name"))
                kinds_list(l, yaml_get(n, "name")->pos, m->list);
}

static int load_state(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct record_state *s = to;
        const struct yaml_node *list = yaml_get(n, "list");

        if (!rules_mapping(l, n, "a state", kinds_state_keys, kinds_state_keys_n) ||
            !rules_name(l, n, "state", &s->name))
                return 0;
        s->pos = rules_pos(l, n);
        s->title = s->name;
        rules_text(l, n, "title", &s->title);
        rules_bool(l, n, "over", &s->over);
        if (!list)
                return 0;
        s->lists = arena_array(kinds_arena(l), struct record_membership, list->type == YAML_SEQUENCE ? list->n : 1);
        if (!s->lists)
                return -ENOMEM;
        if (list->type == YAML_SEQUENCE)
                yaml_each(one, list)
                        load_membership(l, one, &s->lists[s->n_lists++]);
        else
                load_membership(l, list, &s->lists[s->n_lists++]);
        return 0;
}

static int load_clock(struct rules_loader *l, const struct yaml_node *n, void *to) {
        static const char *const priorities[] = { "low", "medium", "high", "critical" };
        const char *hazards[WW_HAZARD_MAX_];
        struct record_clock *c = to;
        int hazard, priority;

        if (!rules_mapping(l, n, "a clock", kinds_clock_keys, kinds_clock_keys_n) ||
            !rules_name(l, n, "clock", &c->name))
                return 0;
        for (enum ww_hazard h = 0; h < WW_HAZARD_MAX_; h++)
                hazards[h] = ww_hazard_name(h);
        c->pos = rules_pos(l, n);
        c->title = c->name;
        rules_text(l, n, "title", &c->title);
        rules_text(l, n, "at", &c->at);
        rules_text(l, n, "to", &c->to_name);
        if (yaml_get(n, "after"))
                (void)rules_told(l, yaml_span(yaml_get(n, "after"), "after", 0, 3660 * WW_DAY, l->d, &c->after));
        hazard = rules_word(l, n, "hazard", hazards, WW_HAZARD_MAX_);
        priority = rules_word(l, n, "priority", priorities, COUNT(priorities));
        c->hazard = hazard < 0 ? WW_HAZARD_MAX_ : (enum ww_hazard)hazard;
        c->priority = priority < 0 ? WW_PRIORITY_LOW : (enum ww_priority)(priority + 1);
        if (!c->at.n && !yaml_get(n, "after"))
                l->result = diag_error(l->d, c->pos, "say `at: FIELD`, or `after: 7d`, or both",
                                       "nothing says when `%.*s` falls due", WW_STR_ARG(c->name));
        return kinds_texts(l, n, "in", &c->in_names, &c->n_in);
}

/* --- a kind --- */

/* A list of entries below a word of the kind, at most `max`. */
static int load_part(struct rules_loader *l, const struct yaml_node *kind, const char *key, const char *what,
                     void **array, size_t *n, size_t size, size_t max,
                     int (*read)(struct rules_loader *l, const struct yaml_node *n, void *to)) {
        const struct yaml_node *list = yaml_get(kind, key);

        if (!list)
                return 0;
        if (list->type == YAML_SEQUENCE && list->n > max) {
                l->result = diag_error(l->d, list->pos, "make two kinds of it", "`%s`: more than %zu", key, max);
                return 0;
        }
        return rules_entries(l, list, what, array, n, size, read);
}

#define PART(key, what, member, max, read)                                                                             \
        do {                                                                                                           \
                void *array = k->member;                                                                               \
                                                                                                                       \
                r = r ? r : load_part(l, n, key, what, &array, &k->n_##member, sizeof *k->member, max, read);          \
                k->member = array;                                                                                     \
        } while (0)

static int load_parts(struct rules_loader *l, const struct yaml_node *n, struct record_kind *k) {
        int r = 0;

        PART("fields", "field", fields, KIND_FIELDS_MAX, load_field);
        PART("states", "state", states, KIND_STATES_MAX, load_state);
        PART("acts", "act", acts, KIND_ACTS_MAX, kinds_load_act);
        PART("clocks", "clock", clocks, KIND_CLOCKS_MAX, load_clock);
        PART("opens", "on", opens, KIND_OPENS_MAX, kinds_load_opens);
        return r;
}

static int load_kind(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct record_kind *k = to;
        int r;

        if (!rules_mapping(l, n, "a kind of records", kinds_record_keys, kinds_record_keys_n) ||
            !rules_name(l, n, "record", &k->name))
                return 0;
        k->pos = rules_pos(l, n);
        k->title = k->name;
        k->max = KIND_OPEN_MAX;
        k->label_field = SIZE_MAX;
        rules_text(l, n, "title", &k->title);
        rules_text(l, n, "number", &k->number);
        rules_text(l, n, "label", &k->label);
        k->read = kinds_role_set(l, n, "read");
        r = load_integer(l, n, "duty", 1, 15, &k->duty);
        if (!r)
                r = load_integer(l, n, "max", 1, 100000, &k->max);
        return r ? r : load_parts(l, n, k);
}

/* --- files --- */

static int load_records(struct kinds_loader *l, const struct yaml_node *n) {
        struct record_kinds *kinds = l->kinds;
        void *array = kinds->kinds;
        int r = rules_entries(&l->base, n, "record", &array, &kinds->n_kinds, sizeof *kinds->kinds, load_kind);

        kinds->kinds = array;
        return r;
}

/* Played once all kinds are known. */
static bool note_examples(struct kinds_loader *l, const struct yaml_node *examples) {
        struct record_kinds *kinds = l->kinds;
        const struct yaml_node **grown = reallocarray(kinds->examples, kinds->n_examples + 1, sizeof(*grown));

        if (!grown)
                return false;
        grown[kinds->n_examples++] = examples;
        kinds->examples = grown;
        return true;
}

static int load_file(struct kinds_loader *l, const struct bundle_file *file) {
        const struct yaml_node *records, *examples;
        struct yaml_node *tree;
        int r = yaml_parse(kinds_arena(&l->base), file->path, file->text, l->base.d, &tree);

        l->base.path = file->path;
        if (r)
                return rules_told(&l->base, r);
        if (!rules_mapping(&l->base, tree, "a file of records", kinds_file_keys, kinds_file_keys_n))
                return 0;
        records = yaml_get(tree, "records");
        examples = yaml_get(tree, "examples");
        if (examples && !note_examples(l, examples))
                return -ENOMEM;
        return records ? rules_told(&l->base, load_records(l, records)) : 0;
}

/* What tell.c gives the events of every record. */
static int intern_attrs(const struct record_kinds *kinds, struct symtab *symbols) {
        static const char *const names[] = { "record", "number", "state", "title",  "act",
                                             "actor",  "clock",  "due",   "hazard", "urgency" };

        for (size_t i = 0; i < COUNT(names); i++)
                if (!symtab_intern(symbols, ww_str(names[i])))
                        return -ENOMEM;
        for (size_t i = 0; i < kinds->n_kinds; i++)
                for (size_t j = 0; j < kinds->kinds[i].n_fields; j++) {
                        const struct record_field *f = &kinds->kinds[i].fields[j];

                        if (f->tell && !symtab_intern(symbols, f->name))
                                return -ENOMEM;
                }
        return 0;
}

int record_kinds_compile(struct record_kinds **ret, const struct bundle *bundle, const struct site *site,
                         struct symtab *symbols, struct diag *d) {
        _cleanup_(record_kinds_freep) struct record_kinds *kinds = calloc(1, sizeof *kinds);
        struct kinds_loader l = { .kinds = kinds };
        int r = 0;

        if (!kinds)
                return -ENOMEM;
        kinds->host.site = site;
        l.base = (struct rules_loader){ .rules = &kinds->host, .site = site, .d = d };
        for (size_t i = 0; !r && i < bundle->n; i++)
                if (bundle->files[i].role == BUNDLE_RECORDS)
                        r = load_file(&l, &bundle->files[i]);
        if (!r && !l.base.result)
                r = kinds_link(&l.base, kinds);
        if (!r)
                r = l.base.result;
        if (!r)
                r = intern_attrs(kinds, symbols);
        if (r)
                return r;
        *ret = kinds;
        kinds = NULL;
        return 0;
}

int record_kinds_examples(struct record_kinds *kinds, struct diag *d, size_t *ret_run) {
        struct kinds_loader l = { .kinds = kinds };
        int r;

        l.base = (struct rules_loader){ .rules = &kinds->host, .site = kinds->host.site, .d = d };
        r = kinds_examples(&l, kinds->examples, kinds->n_examples, ret_run);
        return r ? r : l.base.result;
}

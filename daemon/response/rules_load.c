/* From files to compiled rules: the file's own words, and the short entries. */
#include "response/rules_load.h"

static const char *const priorities[] = { "low", "medium", "high", "critical" };
static const char *const outcomes[] = { "genuine", "nuisance", "false", "test", "drill", "duplicate" };
static const char *const persons[] = { "never", "critical", "always" };

#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool again(struct rules_loader *l, const struct yaml_node *n, const char *what, bool *given) {
        if (*given)
                l->result = diag_error(l->d, n->pos, "join the two", "`%s` is there already", what);
        if (*given)
                return true;
        *given = true;
        return false;
}

/* --- incidents, required --- */

static void load_gather(struct rules_loader *l, const struct yaml_node *n) {
        struct response_rules *rules = l->rules;

        if (!rules_mapping(l, n, "`gather`", rules_gather_keys, rules_gather_keys_n))
                return;
        rules_text(l, n, "by", &rules->gather_by);
        rules_span(l, n, "within", WW_SECOND, &rules->gather_within);
        if (rules->gather_by.n && !site_zone_type_known(l->site, rules->gather_by))
                l->result = diag_error(l->d, yaml_get(n, "by")->pos, "name the `type` of some zones of the site",
                                       "no zone is a `%.*s`", WW_STR_ARG(rules->gather_by));
}

static int load_incidents(struct rules_loader *l, const struct yaml_node *n) {
        int from;

        if (again(l, n, "incidents", &l->rules->gather_given) ||
            !rules_mapping(l, n, "`incidents`", rules_incidents_keys, rules_incidents_keys_n))
                return 0;
        if (yaml_get(n, "gather"))
                load_gather(l, yaml_get(n, "gather"));
        from = rules_word(l, n, "from", priorities, COUNT(priorities));
        if (from >= 0)
                l->rules->from = (enum ww_priority)(from + 1);
        rules_span(l, n, "hold_max", WW_MINUTE, &l->rules->hold_max);
        return 0;
}

static int load_required(struct rules_loader *l, const struct yaml_node *n) {
        struct response_match *match = &l->rules->required;
        int r;

        if (again(l, n, "required", &l->rules->required_given) ||
            !rules_mapping(l, n, "`required`", rules_required_keys, rules_required_keys_n))
                return 0;
        r = rules_match_load(l, n, match);
        match->exercise = -1;
        return r;
}

static int load_handover(struct rules_loader *l, const struct yaml_node *n) {
        if (again(l, n, "handover", &l->rules->handover_given) ||
            !rules_mapping(l, n, "`handover`", rules_handover_keys, rules_handover_keys_n))
                return 0;
        rules_span(l, n, "within", WW_MINUTE, &l->rules->handover_within);
        return 0;
}

/* --- short entries --- */

static int load_disposition(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct disposition *d = to;
        int outcome, two;

        if (!rules_mapping(l, n, "a disposition", rules_disposition_keys, rules_disposition_keys_n) ||
            !rules_name(l, n, "code", &d->code))
                return 0;
        d->title = d->code;
        d->pos = rules_pos(l, n);
        rules_text(l, n, "title", &d->title);
        outcome = rules_word(l, n, "outcome", outcomes, COUNT(outcomes));
        d->outcome = ww_str(outcome >= 0 ? outcomes[outcome] : "");
        rules_bool(l, n, "report", &d->report);
        two = rules_word(l, n, "two_persons", persons, COUNT(persons));
        d->two_persons = two >= 0 ? (enum two_persons)two : TWO_PERSONS_NEVER;
        return 0;
}

static int load_channel(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct channel *c = to;

        if (!rules_mapping(l, n, "a channel", rules_channel_keys, rules_channel_keys_n) ||
            !rules_name(l, n, "channel", &c->name))
                return 0;
        c->title = c->name;
        c->pos = rules_pos(l, n);
        rules_text(l, n, "title", &c->title);
        rules_text(l, n, "fallback", &c->fallback);
        rules_bool(l, n, "closing", &c->closing);
        rules_bool(l, n, "overt", &c->overt);
        return 0;
}

static void load_addresses(struct rules_loader *l, const struct yaml_node *n, struct recipient *to) {
        if (n->type != YAML_MAPPING) {
                l->result = diag_error(l->d, n->pos, "write `address: {mail: \"name@example.org\"}`",
                                       "`address` must name a channel for each address");
                return;
        }
        yaml_each(value, n) {
                if (to->n == ESCALATION_TO_MAX) {
                        l->result = diag_error(l->d, value->pos, "make another recipient", "more than %d addresses",
                                               ESCALATION_TO_MAX);
                        return;
                }
                to->channels[to->n] = value->key;
                if (!yaml_string(value, "address", l->d, &to->addresses[to->n]))
                        to->n++;
                else
                        l->result = DIAG_E_USER;
        }
}

static int load_recipient(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct recipient *r = to;

        if (!rules_mapping(l, n, "a recipient", rules_recipient_keys, rules_recipient_keys_n) ||
            !rules_name(l, n, "recipient", &r->name))
                return 0;
        r->title = r->name;
        r->pos = rules_pos(l, n);
        rules_text(l, n, "title", &r->title);
        if (yaml_get(n, "address"))
                load_addresses(l, yaml_get(n, "address"), r);
        return 0;
}

static int load_manning_entry(struct rules_loader *l, const struct yaml_node *n, struct post *p) {
        const struct yaml_node *count = yaml_get(n, "persons");
        struct manning *m = &p->manning[p->n_manning];

        if (!rules_mapping(l, n, "an entry of `manning`", rules_manning_keys, rules_manning_keys_n))
                return 0;
        *m = (struct manning){ .schedule = rules_schedule(l, n), .persons = p->persons };
        p->n_manning++;
        return count ? rules_told(l, yaml_integer(count, "persons", 0, 1000, l->d, &m->persons)) : 0;
}

static int load_manning(struct rules_loader *l, const struct yaml_node *n, struct post *p) {
        int r = 0;

        if (n->type != YAML_SEQUENCE) {
                l->result = diag_error(l->d, n->pos, "write `manning: [{schedule: night, persons: 1}, {persons: 2}]`",
                                       "`manning` must be a list");
                return 0;
        }
        yaml_each(entry, n) {
                if (p->n_manning == POST_MANNING_MAX) {
                        l->result = diag_error(l->d, entry->pos, "join hours in one schedule of the site",
                                               "more than %d entries", POST_MANNING_MAX);
                        break;
                }
                r = r ? r : load_manning_entry(l, entry, p);
        }
        return r;
}

static void load_post_zone(struct rules_loader *l, const struct yaml_node *n, struct post *p) {
        rules_text(l, n, "zone", &p->zone);
        if (p->zone.n && site_zone_find(l->site, p->zone) == SITE_NONE)
                l->result = diag_error(l->d, yaml_get(n, "zone")->pos, "name one that is under `zones:` of the site",
                                       "the site has no zone `%.*s`", WW_STR_ARG(p->zone));
}

static int load_post(struct rules_loader *l, const struct yaml_node *n, void *to) {
        const struct yaml_node *count = yaml_get(n, "persons"), *manning = yaml_get(n, "manning");
        struct post *p = to;
        int r;

        if (!rules_mapping(l, n, "a post", rules_post_keys, rules_post_keys_n) || !rules_name(l, n, "post", &p->name))
                return 0;
        p->title = p->name;
        p->pos = rules_pos(l, n);
        p->persons = 1;
        rules_text(l, n, "title", &p->title);
        load_post_zone(l, n, p);
        r = count ? rules_told(l, yaml_integer(count, "persons", 1, 1000, l->d, &p->persons)) : 0;
        return r || !manning ? r : load_manning(l, manning, p);
}

/* --- files --- */

#define LIST(name, what, member, read)                                                                                 \
        static int load_##name(struct rules_loader *l, const struct yaml_node *n) {                                    \
                void *array = l->rules->member;                                                                        \
                int r = rules_entries(l, n, what, &array, &l->rules->n_##member, sizeof *l->rules->member, read);      \
                                                                                                                       \
                l->rules->member = array;                                                                              \
                return r;                                                                                              \
        }

LIST(procedures, "procedure", procedures, rules_load_procedure)
LIST(dispositions, "code", dispositions, load_disposition)
LIST(escalations, "escalation", escalations, rules_load_escalation)
LIST(channels, "channel", channels, load_channel)
LIST(recipients, "recipient", recipients, load_recipient)
LIST(posts, "post", posts, load_post)

static const struct {
        const char *name;
        int (*load)(struct rules_loader *l, const struct yaml_node *n);
} parts[] = {
        { "incidents", load_incidents },       { "procedures", load_procedures },
        { "dispositions", load_dispositions }, { "required", load_required },
        { "escalations", load_escalations },   { "channels", load_channels },
        { "recipients", load_recipients },     { "posts", load_posts },
        { "handover", load_handover },
};

static int load_file(struct rules_loader *l, const struct bundle_file *file) {
        struct yaml_node *tree;
        int r = yaml_parse(&l->rules->arena, file->path, file->text, l->d, &tree);

        l->path = file->path;
        l->rules->given = true;
        if (r)
                return rules_told(l, r);
        if (!rules_mapping(l, tree, "a file of the response", rules_file_keys, rules_file_keys_n))
                return 0;
        for (size_t i = 0; !r && i < COUNT(parts); i++) {
                const struct yaml_node *n = yaml_get(tree, parts[i].name);

                r = n ? rules_told(l, parts[i].load(l, n)) : 0;
        }
        return r;
}

static const struct response_match match_all = { .schedule = SITE_NONE, .exercise = -1 };

int response_rules_compile(struct response_rules **ret, const struct bundle *bundle, const struct site *site,
                           struct diag *d) {
        _cleanup_(response_rules_freep) struct response_rules *rules = calloc(1, sizeof *rules);
        struct rules_loader l = { .rules = rules, .site = site, .d = d };
        int r = 0;

        if (!rules)
                return -ENOMEM;
        rules->site = site;
        rules->from = WW_PRIORITY_MEDIUM;
        rules->gather_within = 30 * WW_MINUTE;
        rules->hold_max = 4 * WW_HOUR;
        rules->handover_within = 15 * WW_MINUTE;
        rules->required = match_all;
        for (size_t i = 0; !r && i < bundle->n; i++)
                if (bundle->files[i].role == BUNDLE_RESPONSE)
                        r = load_file(&l, &bundle->files[i]);
        if (!r && !rules->n_dispositions)
                r = rules_default_dispositions(rules);
        if (!r)
                r = rules_link(&l);
        if (!r)
                r = l.result;
        if (r)
                return r;
        *ret = rules;
        rules = NULL;
        return 0;
}

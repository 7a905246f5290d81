/* From files to kinds: acts, and what opens a record by itself. */
#include "records/kinds_load.h"

static bool is_empty_list(const struct yaml_node *n) {
        return n && n->type == YAML_SEQUENCE && n->n == 0;
}

static int load_makes(struct rules_loader *l, const struct yaml_node *n, struct record_makes *ret) {
        const struct yaml_node *makes = yaml_get(n, "makes");
        int r;

        if (!makes || !rules_mapping(l, makes, "`makes`", kinds_makes_keys, kinds_makes_keys_n))
                return 0;
        rules_text(l, makes, "record", &ret->name);
        r = kinds_pairs(l, makes, "fields", &ret->fields);
        return r ? r : kinds_texts(l, makes, "given", &ret->given, &ret->n_given);
}

static int load_notify(struct rules_loader *l, const struct yaml_node *n, struct record_notify *ret) {
        static const char *const priorities[] = { "low", "medium", "high", "critical" };
        const struct yaml_node *notify = yaml_get(n, "notify");
        int priority, r;

        ret->field = SIZE_MAX;
        if (!notify || !rules_mapping(l, notify, "`notify`", kinds_notify_keys, kinds_notify_keys_n))
                return 0;
        ret->pos = rules_pos(l, notify);
        rules_text(l, notify, "whom", &ret->whom);
        priority = rules_word(l, notify, "priority", priorities, sizeof priorities / sizeof *priorities);
        ret->priority = priority < 0 ? WW_PRIORITY_MEDIUM : (enum ww_priority)(priority + 1);
        r = kinds_texts(l, notify, "by", &ret->by, &ret->n_by);
        if (!r)
                r = kinds_texts(l, notify, "to", &ret->to, &ret->n_to);
        if (!r && (ret->n_to > 0) == (ret->whom.n > 0))
                l->result = diag_error(l->d, ret->pos,
                                       "give `to: public-security`, or `whom:` and a field that says it",
                                       "who is told is not clear");
        return r;
}

static int load_act_lists(struct rules_loader *l, const struct yaml_node *n, struct record_act *a) {
        int r = kinds_texts(l, n, "from", &a->from_names, &a->n_from);

        if (!r)
                r = kinds_texts(l, n, "takes", &a->takes, &a->n_takes);
        if (!r)
                r = kinds_texts(l, n, "must", &a->must, &a->n_must);
        if (!r)
                r = kinds_texts(l, n, "brings", &a->brings, &a->n_brings);
        if (!r)
                r = kinds_texts(l, n, "words", &a->words, &a->n_words);
        if (!r)
                r = kinds_texts(l, n, "other_than", &a->other_than, &a->n_other_than);
        if (!r)
                r = kinds_pairs(l, n, "fields", &a->fields);
        if (!r)
                r = kinds_on(l, n, &a->on);
        if (!r)
                r = load_notify(l, n, &a->notify);
        return r ? r : load_makes(l, n, &a->makes);
}

int kinds_load_act(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct record_act *a = to;

        if (!rules_mapping(l, n, "an act", kinds_act_keys, kinds_act_keys_n) || !rules_name(l, n, "act", &a->name))
                return 0;
        a->pos = rules_pos(l, n);
        a->title = a->name;
        a->to = SIZE_MAX;
        a->opens = is_empty_list(yaml_get(n, "from"));
        a->roles = yaml_get(n, "roles") ? kinds_role_set(l, n, "roles") : ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR;
        rules_text(l, n, "title", &a->title);
        rules_text(l, n, "to", &a->to_name);
        rules_text(l, n, "sign", &a->sign);
        rules_text(l, n, "log", &a->log);
        rules_text(l, n, "check", &a->ticks);
        rules_text(l, n, "done", &a->done_name);
        rules_text(l, n, "send", &a->publish);
        rules_bool(l, n, "reason", &a->reason);
        a->takes_listed = yaml_get(n, "takes") != NULL;
        if (yaml_get(n, "words") && !a->log.n)
                l->result = diag_error(l->d, yaml_get(n, "words")->pos, "name the field of type `log`: `log: entries`",
                                       "`words` are those of an entry, and `%.*s` adds none", WW_STR_ARG(a->name));
        if (a->n_words > RECORD_ENTRY_WORDS)
                l->result = diag_error(l->d, a->pos, "put several into one", "an entry has at most %d words",
                                       RECORD_ENTRY_WORDS);
        if (ww_str_is(a->name, "amend"))
                l->result = diag_error(l->d, a->pos, "call it otherwise", "`amend` is there by itself");
        return load_act_lists(l, n, a);
}

static int load_incident(struct rules_loader *l, const struct yaml_node *n, struct record_opens *o) {
        int when, r;

        if (!rules_mapping(l, n, "`incident`", kinds_incident_keys, kinds_incident_keys_n))
                return 0;
        o->incident = true;
        when = rules_word(l, n, "when", kinds_whens, KINDS_WHENS);
        o->when = when < 0 ? RECORD_WHEN_OPENED : (enum record_when)when;
        r = rules_match_load(l, n, &o->match);
        return r ? r : kinds_texts(l, n, "code", &o->codes, &o->n_codes);
}

int kinds_load_opens(struct rules_loader *l, const struct yaml_node *n, void *to) {
        const struct yaml_node *incident = yaml_get(n, "incident");
        struct record_opens *o = to;
        int r;

        o->match.schedule = SITE_NONE;
        if (!rules_mapping(l, n, "an entry of `opens`", kinds_opens_keys, kinds_opens_keys_n))
                return 0;
        o->pos = rules_pos(l, n);
        rules_text(l, n, "plan", &o->plan);
        rules_text(l, n, "to", &o->to_name);
        rules_text(l, n, "schedule", &o->schedule);
        rules_text(l, n, "every", &o->every);
        rules_text(l, n, "begin", &o->begin);
        r = kinds_on(l, n, &o->on);
        if (!r && incident)
                r = load_incident(l, incident, o);
        if (!r)
                r = kinds_texts(l, n, "while", &o->while_names, &o->n_while);
        if ((yaml_get(n, "on") != NULL) + (incident != NULL) + (o->plan.n > 0) != 1)
                l->result = diag_error(l->d, o->pos, "give exactly one of `on`, `incident`, `plan`",
                                       "what opens the record is not clear");
        if (o->plan.n && (o->schedule.n > 0) == (o->every.n > 0))
                l->result = diag_error(l->d, o->pos, "give the plan's field of type `schedule` or of type `duration`",
                                       "a plan needs either `schedule` or `every`");
        return r ? r : kinds_pairs(l, n, "fields", &o->fields);
}

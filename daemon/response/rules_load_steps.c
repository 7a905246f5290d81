/* Procedures and ladders, with their steps. */
#include "response/rules_load.h"

static const char *const roles[] = { "operator", "supervisor", "maintenance" };
static const char *const untils[] = { "acknowledged", "dispatched", "resolved" };

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* --- procedures --- */

static int when_name(void *userdata, struct ww_str name, struct diag_pos pos, struct diag *d, struct expr_ref *ret) {
        for (uint32_t i = 0; i < STEP_WORDS; i++)
                if (ww_str_is(name, step_words[i])) {
                        ret->slot = i;
                        ret->type = i == STEP_WORD_EXERCISE ? EXPR_BOOL : EXPR_STRING;
                        return 0;
                }
        return EXPR_E_UNKNOWN;
}

static int load_when(struct rules_loader *l, const struct yaml_node *n, const struct expr **ret) {
        const struct expr_scope scope = { .name = when_name, .names = step_words, .n_names = STEP_WORDS };
        const struct yaml_node *value = yaml_get(n, "when");
        struct diag_pos pos;
        struct ww_str text;

        if (!value)
                return 0;
        if (yaml_string(value, "when", l->d, &text))
                return rules_told(l, DIAG_E_USER);
        pos = value->pos;
        pos.column += !value->plain;
        return rules_told(l, expr_compile(&l->rules->arena, text, pos, &scope, EXPR_BOOL, l->d, ret));
}

/* A device's words have no place in a command to the field. */
static void check_words(struct rules_loader *l, const struct yaml_node *n, const char *key, struct ww_str text) {
        if (text.n && memmem(text.p, text.n, "{title}", 7))
                l->result = diag_error(l->d, yaml_get(n, key)->pos,
                                       "take it out: {zone}, {hazard}, {priority} and "
                                       "{incident} may stand here",
                                       "`%s` may not hold {title}, which devices can write", key);
}

static void check_topic(struct rules_loader *l, const struct yaml_node *n, struct ww_str topic) {
        bool wild = memchr(topic.p, '+', topic.n) || memchr(topic.p, '#', topic.n);

        if (!topic.n || wild)
                l->result = diag_error(l->d, yaml_get(n, "topic")->pos, "name the one topic that the device listens to",
                                       "`%.*s` is no topic to publish to", WW_STR_ARG(topic));
}

static void load_action(struct rules_loader *l, const struct yaml_node *n, struct step_action *to) {
        const struct yaml_node *confirm;

        if (!rules_mapping(l, n, "`action`", rules_action_keys, rules_action_keys_n))
                return;
        to->within = 10 * WW_SECOND;
        rules_text(l, n, "topic", &to->topic);
        rules_text(l, n, "payload", &to->payload);
        rules_span(l, n, "within", WW_SECOND, &to->within);
        check_topic(l, n, to->topic);
        check_words(l, n, "topic", to->topic);
        check_words(l, n, "payload", to->payload);
        confirm = yaml_get(n, "confirm");
        if (!confirm || !rules_mapping(l, confirm, "`confirm`", rules_confirm_keys, rules_confirm_keys_n))
                return;
        rules_text(l, confirm, "kind", &to->confirm_kind);
        rules_text(l, confirm, "zone", &to->confirm_zone);
}

static int load_step(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct procedure_step *step = to;
        int role;

        if (!rules_mapping(l, n, "a step", rules_step_keys, rules_step_keys_n) ||
            !rules_name(l, n, "step", &step->name))
                return 0;
        rules_text(l, n, "text", &step->text);
        rules_text(l, n, "link", &step->link);
        rules_bool(l, n, "required", &step->required);
        role = rules_word(l, n, "role", roles, COUNT(roles));
        step->role = ww_str(role >= 0 ? roles[role] : "");
        if (yaml_get(n, "action"))
                load_action(l, yaml_get(n, "action"), &step->action);
        return load_when(l, n, &step->when);
}

static void check_steps(struct rules_loader *l, const struct yaml_node *list, const struct procedure *p) {
        if (!p->n || p->n > PROCEDURE_STEPS_MAX)
                l->result = diag_error(l->d, list->pos, p->n ? "make two procedures of it" : "write `- step: NAME`",
                                       "procedure `%.*s` has %zu steps; 1 to %d may be", WW_STR_ARG(p->name), p->n,
                                       PROCEDURE_STEPS_MAX);
        for (size_t i = 0; i < p->n; i++)
                for (size_t k = 0; k < i; k++)
                        if (p->steps[i].name.n && ww_str_equal(p->steps[i].name, p->steps[k].name))
                                l->result = diag_error(l->d, list->pos, "give each its own name",
                                                       "procedure `%.*s` has two steps `%.*s`", WW_STR_ARG(p->name),
                                                       WW_STR_ARG(p->steps[i].name));
}

int rules_load_procedure(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct procedure *p = to;
        void *steps = NULL;
        int r;

        if (!rules_mapping(l, n, "a procedure", rules_procedure_keys, rules_procedure_keys_n) ||
            !rules_name(l, n, "procedure", &p->name))
                return 0;
        p->pos = rules_pos(l, n);
        p->title = p->name;
        rules_text(l, n, "title", &p->title);
        r = rules_entries(l, yaml_get(n, "steps"), "step", &steps, &p->n, sizeof *p->steps, load_step);
        p->steps = steps;
        if (!r)
                check_steps(l, yaml_get(n, "steps"), p);
        return r;
}

/* --- ladders --- */

static int load_rung(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct escalation_step *step = to;
        int until;

        step->until = UNTIL_ACKNOWLEDGED;
        if (!rules_mapping(l, n, "a step", rules_rung_keys, rules_rung_keys_n))
                return 0;
        rules_span(l, n, "after", 0, &step->after);
        rules_texts(l, n, "to", step->to, &step->n_to);
        rules_texts(l, n, "by", step->by, &step->n_by);
        until = rules_word(l, n, "until", untils, COUNT(untils));
        if (until >= 0)
                step->until = (enum until)(until + 1);
        return 0;
}

int rules_load_escalation(struct rules_loader *l, const struct yaml_node *n, void *to) {
        struct escalation *e = to;
        void *steps = NULL;
        int r = 0;

        e->match = (struct response_match){ .schedule = SITE_NONE };
        if (!rules_mapping(l, n, "an escalation", rules_escalation_keys, rules_escalation_keys_n) ||
            !rules_name(l, n, "escalation", &e->name))
                return 0;
        e->pos = rules_pos(l, n);
        if (yaml_get(n, "match") &&
            rules_mapping(l, yaml_get(n, "match"), "`match`", rules_match_keys, rules_match_keys_n))
                r = rules_match_load(l, yaml_get(n, "match"), &e->match);
        if (!r)
                r = rules_entries(l, yaml_get(n, "steps"), "after", &steps, &e->n, sizeof *e->steps, load_rung);
        e->steps = steps;
        if (!r && (!e->n || e->n > ESCALATION_STEPS_MAX))
                l->result = diag_error(l->d, n->pos, "write `- {after: 60s, to: …, by: …}`",
                                       "escalation `%.*s` has %zu steps; 1 to %d may be", WW_STR_ARG(e->name), e->n,
                                       ESCALATION_STEPS_MAX);
        return r;
}

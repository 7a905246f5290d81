#pragma once
/*
 * The loader, in parts. Every part tells what is wrong and goes on, so that one run shows all mistakes of the files;
 * the rules are refused at the end if anything was told. What refers to another entry is checked last (rules_link.c).
 */
#include "config/yaml.h"
#include "response/rules.h"

#define RULES_SPAN_MAX (30 * WW_DAY)

struct rules_loader {
        struct response_rules *rules;
        const struct site *site;
        struct diag *d;
        struct ww_str path; /* of the file at work */
        int result;         /* DIAG_E_USER once something was told */
};

/* One word of the files: the reference and the schema are made from these rows. */
struct rules_key {
        const char *name, *help;
        const char *form; /* of the schema: "text", "texts", "bool", "span", "number"; else the table of that name */
        bool must;
};

/* clang-format off */
#define RULES_KEYS(X) \
        X(file) X(incidents) X(gather) X(procedure) X(step) X(action) X(confirm) X(disposition) X(required) \
        X(escalation) X(match) X(rung) X(channel) X(recipient) X(post) X(manning) X(handover)
/* clang-format on */
#define RULES_KEYS_DECLARE(name)                                                                                       \
        extern const struct rules_key rules_##name##_keys[];                                                           \
        extern const size_t rules_##name##_keys_n;
RULES_KEYS(RULES_KEYS_DECLARE)

/* A table by its name, for the reference and the schema. */
struct rules_keys {
        const char *name, *title;
        const struct rules_key *keys;
        const size_t *n;
};
extern const struct rules_keys rules_keys[];
extern const size_t rules_keys_n;

/** Notes that something was told; passes a negative errno on, everything else is 0. */
static inline int rules_told(struct rules_loader *l, int r) {
        if (r > 0)
                l->result = r;
        return r < 0 ? r : 0;
}

/** A mapping with no other keys than these. False, after telling, if it is none or lacks one that must be there. */
bool rules_mapping(struct rules_loader *l, const struct yaml_node *n, const char *what, const struct rules_key *keys,
                   size_t n_keys);
/** Each entry of a list of mappings, which begin with their name; `size` bytes each into *array, whose length is *n.
 *  `read` fills one in: 0, or DIAG_E_USER after telling, or -ENOMEM. */
int rules_entries(struct rules_loader *l, const struct yaml_node *list, const char *what, void **array, size_t *n,
                  size_t size, int (*read)(struct rules_loader *l, const struct yaml_node *n, void *to));
/** `key`: its name, in small letters, digits and `-`. False after telling. */
bool rules_name(struct rules_loader *l, const struct yaml_node *n, const char *key, struct ww_str *ret);
/* Members that may be left out: then *ret stays. What is wrong is told. */
void rules_text(struct rules_loader *l, const struct yaml_node *n, const char *key, struct ww_str *ret);
void rules_bool(struct rules_loader *l, const struct yaml_node *n, const char *key, bool *ret);
void rules_span(struct rules_loader *l, const struct yaml_node *n, const char *key, int64_t least, int64_t *ret);
/** A word out of a list of them; -1 if it is not there, or after telling. */
int rules_word(struct rules_loader *l, const struct yaml_node *n, const char *key, const char *const *words,
               size_t n_words);
/** One text, or a list of them, at most ESCALATION_TO_MAX. */
void rules_texts(struct rules_loader *l, const struct yaml_node *n, const char *key, struct ww_str *ret, size_t *ret_n);
/** hazard, priority, zone, schedule, exercise of a mapping. 0 or -ENOMEM. */
int rules_match_load(struct rules_loader *l, const struct yaml_node *n, struct response_match *ret);
/** The schedule that `schedule` names; SITE_NONE if it is not there, or after telling. */
uint32_t rules_schedule(struct rules_loader *l, const struct yaml_node *n);
struct diag_pos rules_pos(const struct rules_loader *l, const struct yaml_node *n);

int rules_load_procedure(struct rules_loader *l, const struct yaml_node *n, void *to);
int rules_load_escalation(struct rules_loader *l, const struct yaml_node *n, void *to);
/** What refers to what: channels, recipients, names that are there twice. 0 or DIAG_E_USER. */
int rules_link(struct rules_loader *l);
/** The codes of a site that names none. 0 or -ENOMEM. */
int rules_default_dispositions(struct response_rules *rules);

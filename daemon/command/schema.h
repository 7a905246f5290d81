#pragma once
/*
 * JSON Schema (2020-12) of the files that users write, for completion and checking in an editor. Made from the tables
 * that the loaders read by, so that a word is in the schema if and only if it is in the language. A schema says what a
 * file may look like; what it means is said by `check`.
 */
#include <jansson.h>
#include <stddef.h>

struct schema_kind {
        const char *name, *help;
        json_t *(*make)(void);
};
extern const struct schema_kind schema_kinds[]; /* rules first: the default */
extern const size_t schema_kinds_n;

json_t *schema_rules(void);
json_t *schema_sensors(void);
json_t *schema_site(void);
json_t *schema_response(void);
json_t *schema_records(void);
json_t *schema_config(void);

/* Parts. All of them return a new reference, or NULL without memory; all take NULL for a part that is not there. */

/** The head of a schema; `body` gives it its type. */
json_t *schema_root(const char *title, json_t *body);
/** An object that has these properties and no others. */
json_t *schema_object(json_t *properties);
json_t *schema_list_of(json_t *items);
/** One, or a list of them. `one` is used twice. */
json_t *schema_one_or_list(json_t *one);
json_t *schema_pattern(const char *regex);
json_t *schema_enum(const char *const *names, size_t n);
json_t *schema_ref(const char *definition);
/** Adds what an editor shows; returns `schema`. */
json_t *schema_described(json_t *schema, const char *help);
/** A span such as 90s. */
json_t *schema_span(void);

#pragma once
/*
 * Names as small integers: field and attribute names of sensor types and rules, so that the hot path compares
 * integers. One table belongs to one rule set; symbols count from 1 (0 = none) in order of first use, and are
 * never removed. Not part of any record: on disk names are names.
 */
#include "base/error.h"
#include <wardwatch/str.h>

struct symtab;

int symtab_new(struct symtab **ret);
struct symtab *symtab_free(struct symtab *t); /* returns NULL */
DEFINE_CLEANUP(struct symtab *, symtab_free)

uint32_t symtab_intern(struct symtab *t, struct ww_str name);       /* 0 only without memory */
uint32_t symtab_find(const struct symtab *t, struct ww_str name);   /* 0 = not interned */
struct ww_str symtab_name(const struct symtab *t, uint32_t symbol); /* NUL-terminated; lives with the table */
uint32_t symtab_count(const struct symtab *t);

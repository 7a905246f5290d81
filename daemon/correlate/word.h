#pragma once
/*
 * The words of the rule language, one row each: what the loader knows, what it refuses until it is supported, and the
 * reference in rules/README.md.
 */
#include <stdbool.h>
#include <stddef.h>

struct word {
        const char *name;
        bool supported;
        const char *help;
};

extern const struct word word_rule[]; /* keys of a rule */
extern const size_t word_rule_n;
extern const struct word word_raise[]; /* keys of `raise` */
extern const size_t word_raise_n;
extern const struct word word_select[]; /* keys of a selection that are not fields */
extern const size_t word_select_n;
extern const struct word word_limits[]; /* keys of `limits` */
extern const size_t word_limits_n;
extern const struct word word_call[]; /* functions of `when` */
extern const size_t word_call_n;
extern const struct word word_example[]; /* keys of an example */
extern const size_t word_example_n;
extern const struct word word_act[]; /* what a row of `given` says that is no event */
extern const size_t word_act_n;

const struct word *word_find(const struct word *words, size_t n, const char *name, size_t name_n);

#pragma once
/* How well rules are tried by their examples, and which kinds of events no rule looks at. */
#include "correlate/correlate.h"

struct correlate_coverage {
        struct ww_str rule, file; /* live as long as the rules */
        uint32_t line;
        size_t examples;
        size_t firing;      /* examples that expect an alarm */
        size_t near_misses; /* examples in which something happens, and no alarm is expected */
};

/** Of the `rule`th one, below correlate_rules_count. */
void correlate_coverage_rule(const struct correlate_rules *set, size_t rule, struct correlate_coverage *ret);
/** How many rules select some value of that kind; `family` is an index into the site's kinds. */
size_t correlate_coverage_kind(const struct correlate_rules *set, ww_family family);
/** The kinds that the rules were compiled with. */
const struct ww_kinds *correlate_coverage_kinds(const struct correlate_rules *set);

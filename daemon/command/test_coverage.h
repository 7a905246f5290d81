#pragma once
/* `wardwatch test --coverage`. */
#include "command/examples_report.h"
#include "correlate/coverage.h"

/** What of the wanted rules is tried, and which kinds no rule looks at: as text on standard output, or as JSON in
 *  *ret_json where `json` (the caller's). 0; 1 if a wanted rule has no near miss; -ENOMEM. */
int test_coverage(struct examples_report *report, const struct correlate_rules *rules, bool json, json_t **ret_json);

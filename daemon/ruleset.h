#pragma once
/*
 * A compiled bundle: sensor types, rules and site that belong together, with the symbols they share. Immutable once
 * compiled, so that a reload can compile the next one in a thread beside the one in force.
 */
#include "config/bundle.h"
#include "correlate/correlate.h"
#include "decode/decode.h"
#include "records/records.h"
#include "response/response.h"
#include <wardwatch/record.h>

struct ruleset {
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct decode_types *types;
        struct correlate_rules *rules;
        struct response_rules *response;
        struct record_kinds *records;
};

/** Takes the bundle's content over (it is left empty), but not on failure: messages borrow from it. With `run_examples`
 * the examples of sensor types and rules must hold, too. 0, DIAG_E_USER (told in `d`), -errno. */
int ruleset_compile(struct ruleset **ret, struct bundle *bundle, bool run_examples, struct diag *d);
/** The same from a reload record's payload. */
int ruleset_decode(struct ruleset **ret, struct ww_str payload, struct diag *d);
/** Runs the rules' own examples, with the alarm stage behind them. 0, DIAG_E_USER (told in `d`), -errno. */
int ruleset_examples(const struct correlate_rules *rules, struct diag *d, size_t *ret_run);
/** The same of some rules, or traced; `examples` without its stage, which is filled in. */
int ruleset_test(const struct correlate_rules *rules, const struct correlate_examples *examples, struct diag *d,
                 struct correlate_examples_result *ret);
/** The procedures that rules name must exist, if any response is given, and so must the kinds that their steps wait
 * for. 0 or DIAG_E_USER (told in `d`). */
int ruleset_procedures(const struct correlate_rules *rules, const struct response_rules *response,
                       const struct ww_kinds *kinds, struct diag *d);
/** The channels and recipients that acts of records name must exist. 0 or DIAG_E_USER (told in `d`). */
int ruleset_notify(const struct record_kinds *kinds, const struct response_rules *response, struct diag *d);
struct ruleset *ruleset_free(struct ruleset *r);
DEFINE_CLEANUP(struct ruleset *, ruleset_free)
void ruleset_describe(const struct ruleset *r, struct ww_ruleset *ret);

#include "ruleset.h"

struct ruleset *ruleset_free(struct ruleset *r) {
        if (!r)
                return NULL;
        record_kinds_free(r->records);
        response_rules_free(r->response);
        correlate_rules_free(r->rules);
        decode_types_free(r->types);
        site_free(r->site);
        symtab_free(r->symbols);
        bundle_deinit(&r->bundle);
        free(r);
        return NULL;
}

/* All parts are tried, so that the user sees every message of one run. */
static int ruleset_compile_parts(struct ruleset *r, bool run_examples, struct diag *d) {
        const struct ww_kinds *kinds;
        size_t ran;
        int site, types, rules, response, records;

        site = site_compile(&r->site, &r->bundle, r->symbols, d);
        if (site)
                return site;
        kinds = site_kinds(r->site);
        types = decode_types_compile(&r->types, &r->bundle, r->site, r->symbols, kinds, run_examples, d);
        records = record_kinds_compile(&r->records, &r->bundle, r->site, r->symbols, d);
        rules = correlate_rules_compile(&r->rules, &r->bundle, r->site, r->symbols, kinds, d);
        response = response_rules_compile(&r->response, &r->bundle, r->site, d);
        if (!response && !rules)
                response = ruleset_procedures(r->rules, r->response, kinds, d);
        if (!response && !records)
                records = ruleset_notify(r->records, r->response, d);
        if (!rules && run_examples)
                rules = ruleset_examples(r->rules, d, &ran);
        if (!records && run_examples)
                records = record_kinds_examples(r->records, d, &ran);
        response = records < 0 || !response ? records : response;
        if (types < 0 || rules < 0 || response < 0)
                return types < 0 ? types : rules < 0 ? rules : response;
        return types ? types : rules ? rules : response;
}

int ruleset_compile(struct ruleset **ret, struct bundle *bundle, bool run_examples, struct diag *d) {
        _cleanup_(ruleset_freep) struct ruleset *r = calloc(1, sizeof *r);
        int result;

        if (!r)
                return -ENOMEM;
        r->bundle = *bundle;
        *bundle = (struct bundle){ 0 };
        result = symtab_new(&r->symbols);
        if (!result)
                result = ruleset_compile_parts(r, run_examples, d);
        if (result) { /* messages in `d` borrow the files' names from the bundle */
                *bundle = r->bundle;
                r->bundle = (struct bundle){ 0 };
                return result;
        }
        *ret = r;
        r = NULL;
        return 0;
}

int ruleset_decode(struct ruleset **ret, struct ww_str payload, struct diag *d) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        int result = bundle_decode(payload, &bundle);

        return result ? result : ruleset_compile(ret, &bundle, false, d);
}

void ruleset_describe(const struct ruleset *r, struct ww_ruleset *ret) {
        *ret = (struct ww_ruleset){
                .hash = ww_str(r->bundle.hash),
                .rules = (uint32_t)correlate_rules_count(r->rules),
                .sensors = (uint32_t)decode_types_count(r->types),
                .assets = (uint32_t)site_asset_count(r->site),
                .zones = (uint32_t)site_zone_count(r->site),
                .complete = WW_TIME_NONE,
        };
}

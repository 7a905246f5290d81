/*
 * PCRE2 with the rule set's arena as its memory: the program, and what compiling it takes, go with the arena, so nobody
 * frees a pattern. What one match needs is the heap's, and given back with it: the arena would only grow.
 *
 * PCRE2's own limit on steps begins anew at each byte where a match may begin: 4096 times too much for a subject that
 * was chosen to be slow. So the steps of the whole search are counted, by the callout before each item of the pattern.
 */
#include "expr/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define OPTIONS                                                                                                        \
        (PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |         \
         PCRE2_AUTO_CALLOUT)

struct pattern {
        pcre2_code *code;
};

DEFINE_CLEANUP(pcre2_match_data *, pcre2_match_data_free)
DEFINE_CLEANUP(pcre2_match_context *, pcre2_match_context_free)

static void *pattern_memory(PCRE2_SIZE n, void *arena) {
        return arena_alloc(arena, n);
}

static void pattern_memory_keep(void *p, void *arena) {
        /* goes with the arena */
}

static const char *pattern_why(struct arena *arena, int error) {
        PCRE2_UCHAR text[160];

        if (pcre2_get_error_message(error, text, sizeof text) < 0)
                return NULL;
        return arena_printf(arena, "%s", (const char *)text);
}

int pattern_compile(struct arena *arena, struct ww_str text, const struct pattern **ret, const char **ret_why,
                    size_t *ret_at) {
        pcre2_general_context *memory = pcre2_general_context_create(pattern_memory, pattern_memory_keep, arena);
        pcre2_compile_context *bounds = memory ? pcre2_compile_context_create(memory) : NULL;
        struct pattern *p = arena_new(arena, struct pattern);
        int error = 0;

        if (!bounds || !p)
                return -ENOMEM;
        if (text.n > PATTERN_TEXT_MAX) {
                *ret_why = "a pattern has at most 256 bytes";
                *ret_at = PATTERN_TEXT_MAX;
                return PATTERN_E_WRONG;
        }
        pcre2_set_parens_nest_limit(bounds, PATTERN_NEST_MAX);
        p->code = pcre2_compile((PCRE2_SPTR)(text.n ? text.p : ""), text.n, OPTIONS, &error, ret_at, bounds);
        if (!p->code && error == PCRE2_ERROR_HEAP_FAILED)
                return -ENOMEM;
        if (!p->code) {
                *ret_why = pattern_why(arena, error);
                return *ret_why ? PATTERN_E_WRONG : -ENOMEM;
        }
        *ret = p;
        return 0;
}

static int pattern_step(pcre2_callout_block *block, void *userdata) {
        unsigned *steps = userdata;

        return ++*steps > PATTERN_STEPS_MAX ? PCRE2_ERROR_MATCHLIMIT : 0;
}

static int pattern_answer(int r) {
        if (r >= 0)
                return 1;
        if (r == PCRE2_ERROR_NOMATCH)
                return 0;
        return r == PCRE2_ERROR_NOMEMORY ? -ENOMEM : -ELOOP;
}

/* `pairs`: how many of the places that were found are wanted, the whole and the groups. */
static int pattern_search(const struct pattern *p, struct ww_str subject, unsigned pairs, PCRE2_SIZE *ret) {
        _cleanup_(pcre2_match_data_freep) pcre2_match_data *found = NULL;
        _cleanup_(pcre2_match_context_freep) pcre2_match_context *limits = NULL;
        unsigned steps = 0;
        int r;

        if (subject.n > PATTERN_SUBJECT_MAX)
                return -E2BIG;
        found = pcre2_match_data_create(pairs, NULL);
        limits = pcre2_match_context_create(NULL);
        if (!found || !limits)
                return -ENOMEM;
        pcre2_set_callout(limits, pattern_step, &steps);
        pcre2_set_match_limit(limits, PATTERN_STEPS_MAX);
        pcre2_set_depth_limit(limits, PATTERN_STEPS_MAX);
        pcre2_set_heap_limit(limits, PATTERN_HEAP_MAX_KIB);
        r = pattern_answer(
                pcre2_match(p->code, (PCRE2_SPTR)(subject.n ? subject.p : ""), subject.n, 0, 0, found, limits));
        if (r == 1)
                memcpy(ret, pcre2_get_ovector_pointer(found), 2 * pairs * sizeof *ret);
        return r;
}

int pattern_match(const struct pattern *p, struct ww_str subject) {
        PCRE2_SIZE places[2];

        return pattern_search(p, subject, 1, places);
}

int pattern_find(const struct pattern *p, struct ww_str subject, struct ww_str *ret) {
        PCRE2_SIZE places[4] = { 0 }, from, to;
        uint32_t groups = 0;
        int r = pattern_search(p, subject, 2, places);

        if (r != 1)
                return r;
        (void)pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &groups);
        from = places[groups ? 2 : 0];
        to = places[groups ? 3 : 1];
        if (from == PCRE2_UNSET || from > to) /* \K in a look-ahead can put the end before the beginning */
                return 0;
        *ret = (struct ww_str){ subject.p + from, to - from };
        return 1;
}

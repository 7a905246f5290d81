#pragma once
/*
 * Priming: what a reload's new and changed rules would know had they been there before. A shadow of the correlation is
 * fed with the journal's last hour (the rules' `keep`): events as they were written, with the places that the next site
 * gives their devices, alarms of the rules that stay, blindness, modes and lists. Pure, like the pipeline, and one code
 * for the live reload and for the replay of its record.
 */
#include "journal/journal.h"
#include "ruleset.h"

struct prime;

/** What is new or changed between two rule sets, both of which must outlive it. `from`: journal time to count back
 *  from. *ret NULL: nothing is primed. 0 or -errno. */
int prime_new(struct prime **ret, const struct ruleset *current, const struct ruleset *next, int64_t from);
struct prime *prime_free(struct prime *p);
DEFINE_CLEANUP(struct prime *, prime_free)

/** Journal time of the first input that it wants. */
int64_t prime_since(const struct prime *p);

/** What stood just before that: before the first batch, as prime_stood_put wrote it. 0, -EBADMSG, -errno. */
int prime_stand(struct prime *p, struct ww_str stood);
int prime_stood_put(const struct correlate *c, const struct site *site, int64_t time, struct buf *out);

/** The inputs of a batch below `before`, with their outputs, in the journal's order. What cannot be read is passed
 *  over. 0 or -errno. */
int prime_batch(struct prime *p, const struct journal_batch *batch, uint64_t before);

/** Inputs that it was fed with. */
uint64_t prime_inputs(const struct prime *p);

/** The shadow, ready for the swap at `now`; the caller's from here on. 0, or -errno: then there is none any more. */
int prime_take(struct prime *p, int64_t now, struct correlate **ret);

#pragma once
/*
 * Texts with words in braces: `{title} in {zone}`.
 *
 * What stands for a word comes from devices and people: it is data. Before it is put in, everything that could begin a
 * new line, a header or another direction of writing is made a blank, and what is longer than TEMPLATE_VALUE_MAX is cut
 * at a character's end. So a text made from a template of one line has one line.
 */
#include "base/diag.h"
#include "notify/notification.h"

#define TEMPLATE_VALUE_MAX 512 /* bytes for one word */

/** Every word in braces is one of ours? 0 or DIAG_E_USER. "{{" is a brace. */
int template_check(struct ww_str text, struct diag_pos pos, const char *what, struct diag *d);
/** Is there an incident, a record, where the text has one? Where not, a link with it would lead nowhere. */
bool template_fits(struct ww_str text, const struct notification *n);
/** Appends the text for this notification. `link`: what stands for {link}. -ENOMEM is latched in `out`. */
void template_put(struct ww_str text, const struct notification *n, struct ww_str link, struct buf *out);
/** Appends `text` as a value: one line, no control characters, bounded. Bytes that are not UTF-8 become `?`. */
void template_put_value(struct ww_str text, size_t max, struct buf *out);

/** The words with their help, for the reference. */
struct template_word {
        const char *name, *help;
};
extern const struct template_word template_words[];
extern const size_t template_words_n;

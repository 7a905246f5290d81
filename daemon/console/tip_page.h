#pragma once
/* The pages of the form for hints, in both languages: HTML that stands alone, without script. */
#include "base/buf.h"
#include <stdbool.h>

#define TIP_TEXT_MAX      2000 /* bytes, as the field `text` of the kind `tip` */
#define TIP_WORD_MAX      200  /* of a name, a place, where an answer goes */
#define TIP_REFERENCE_MAX 24   /* XXXXX-XXXXX-XXXXX-XXXXX and the end */

enum tip_language { TIP_EN, TIP_ZH, TIP_LANGUAGES };

/* What a page says above everything else. */
enum tip_said {
        TIP_SAID_NOTHING,
        TIP_SAID_TAKEN,
        TIP_SAID_EMPTY,
        TIP_SAID_LONG,
        TIP_SAID_MALFORMED,
        TIP_SAID_ELSEWHERE,
        TIP_SAID_OFTEN,
        TIP_SAID_AWAY,
        TIP_SAID_NO_REFERENCE,
        TIP_SAID_UNKNOWN,
        TIP_SAID_NEW,
        TIP_SAID_TRIAGED,
        TIP_SAID_ANSWERED,
        TIP_SAID_MAX_,
};

struct tip_page {
        enum tip_language language;
        enum tip_said said;
        const char *reference; /* that was taken, or asked for; NULL: none */
        const char *next;      /* of the hint that this form would give */
        const char *answer;    /* UTF-8; NULL: none */
};

/** The whole page; out->error if there is no memory. What was sent is never in it but the reference of a hint that was
 *  taken. */
void tip_page_write(struct buf *out, const struct tip_page *page);
/** The Content-Security-Policy of these pages: nothing but their own style and their own form. */
const char *tip_page_policy(void);
/** By a word such as "zh" or an Accept-Language; TIP_EN without one that is known. */
enum tip_language tip_page_language(const char *word);

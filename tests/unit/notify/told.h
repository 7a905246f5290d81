#pragma once
/* A notification out of a body, as the journal would tell it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notify/notification.h"

/* `body` with ' for " */
static inline void told_body(struct notification *n, const char *body) {
        char *text = strdup(body);
        struct ww_change change = { .subject = WW_SUBJECT_NOTIFICATION, .id = 1, .version = 1 };

        for (char *p = text; *p; p++)
                if (*p == '\'')
                        *p = '"';
        change.body = ww_str(text);
        assert_int_equal(notification_init(n, &change), 0);
        free(text);
}

/* Bodies of notifications on stdin, a line each; their CAP documents on stdout, a line of its length before each. */
#include "notify/cap.h"
#include "notify/template.h"

#include <stdio.h>
#include <wardwatch/time.h>

static int one(struct ww_str body) {
        struct ww_change change = { .subject = WW_SUBJECT_NOTIFICATION, .id = 1, .version = 1, .body = body };
        _cleanup_buf_ struct buf title = BUF_INIT, text = BUF_INIT, out = BUF_INIT;
        struct notification n;
        struct cap cap = { .notification = &n,
                           .sender = WW_STR("wardwatch@test"),
                           .link = WW_STR("https://x/?a=1&b=2"),
                           .sent = INT64_C(1767261600) * WW_SECOND };
        int r = notification_init(&n, &change);

        if (r)
                return r;
        template_put(WW_STR("{title}"), &n, WW_STR_NONE, &title);
        template_put(WW_STR("{text}"), &n, WW_STR_NONE, &text);
        cap.title = buf_str(&title);
        cap.text = buf_str(&text);
        r = cap_put(&cap, &out);
        (void)printf("%zu\n%.*s", out.n, WW_STR_ARG(buf_str(&out)));
        notification_deinit(&n);
        return r;
}

int main(void) {
        _cleanup_free_ char *line = NULL;
        size_t capacity = 0;
        ssize_t n;

        while ((n = getline(&line, &capacity, stdin)) > 0)
                if (one((struct ww_str){ line, (size_t)n }))
                        return 1;
        return 0;
}

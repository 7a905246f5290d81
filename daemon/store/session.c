#include "store/session.h"

#include "base/diag.h"

#include <stdio.h>

int session_tell(int e, const struct wire_error *error, const char *verb, const char *what) {
        if (e < 0)
                (void)fprintf(stderr, "wardwatch %s: %s: %s\n", verb, what, strerror(-e));
        else
                (void)fprintf(stderr, "wardwatch %s: %s: %s%s%s\n", verb, what, error->text,
                              error->sqlstate[0] ? " " : "", error->sqlstate);
        return e < 0 ? e : -EIO;
}

static int session_password(const struct config *config, char **ret) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct diag diag = DIAG_INIT;
        int e = 0;

        if (config->database.password_file[0])
                e = config_secret(config->database.password_file, &diag, ret);
        if (e) {
                diag_render(&diag, &text);
                (void)fprintf(stderr, "%.*s\n", WW_STR_ARG(buf_str(&text)));
        }
        diag_deinit(&diag);
        return e ? -EACCES : 0;
}

int session_open(const struct config *config, const char *verb, struct wire **ret) {
        struct wire_error error = { "", "" };
        _cleanup_free_ char *password = NULL;
        int e;

        if (!config->database.url[0]) {
                (void)fprintf(stderr, "wardwatch %s: database.url is not set\n", verb);
                return -EINVAL;
        }
        e = session_password(config, &password);
        if (e)
                return e;
        e = wire_connect(ret, config->database.url, password, &error);
        return e ? session_tell(e, &error, verb, "cannot connect to the database") : 0;
}

#include "config/config_internal.h"
#include "config/file.h"

#include <sys/stat.h>

#define SECRET_BYTES_MAX 65536 /* a private key, too */

void config_check_secret_file(const char *file, struct diag_pos pos, struct diag *d) {
        struct stat st;

        if (stat(file, &st) < 0 && errno == EACCES) {
                diag_warning(d, pos, "check as the daemon's user", "cannot look at `%s`", file);
                return;
        }
        if (stat(file, &st) < 0)
                (void)diag_error(d, pos, "create it with mode 0600", "secret file `%s`: %s", file, strerror(errno));
        else if (!S_ISREG(st.st_mode))
                (void)diag_error(d, pos, "name a file that holds the secret alone", "secret file `%s` is not a file",
                                 file);
        else if (st.st_mode & 077)
                (void)diag_error(d, pos, "let only the daemon's user read it: chmod 0600",
                                 "secret file `%s` has mode %04o: others can read it", file,
                                 (unsigned)st.st_mode & 07777);
}

int config_secret(const char *file, struct diag *d, char **ret) {
        struct diag_pos pos = { .file = ww_str(file) };
        size_t errors = d->errors, n;
        char *text;
        int r;

        config_check_secret_file(file, pos, d);
        if (d->errors > errors)
                return DIAG_E_USER;
        r = file_read(file, SECRET_BYTES_MAX, &text, &n);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return diag_error(d, pos, "let the daemon's user read it", "cannot be read: %s", strerror(-r));
        if (memchr(text, '\0', n)) {
                explicit_bzero(text, n);
                free(text);
                return diag_error(d, pos, "a secret is text: write it anew", "holds a NUL character");
        }
        while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
                text[--n] = '\0';
        *ret = text;
        return 0;
}

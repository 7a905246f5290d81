/*
 * Length is what counts; rules about kinds of characters only make people write passwords down. So: 15 characters, and
 * none of those that everybody tries first. What is that long and common is mostly a short word over and over, a run
 * along the keyboard, or a phrase: the first two are recognised as such, phrases stand in a list. All are compared
 * without case, blanks, signs and digits at either end, and with digits read as the letters that they stand for.
 */
#include "auth/password.h"

#include "auth/auth_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const common[] = {
        "abcdefghijklmno",
        "administrator",
        "changeme",
        "correcthorsebatterystaple",
        "defaultpassword",
        "enterthepassword",
        "hospitalpassword",
        "hospitalsecurity",
        "iamtheadministrator",
        "iloveyou",
        "iloveyousomuch",
        "letmein",
        "letmeinplease",
        "maytheforcebewithyou",
        "mypassword",
        "mypasswordispassword",
        "nopassword",
        "openthedoor",
        "password",
        "passwordpassword",
        "pleaseletmein",
        "qwertyuiop",
        "qwertyuiopasdfgh",
        "qwertyuiopasdfghjkl",
        "qwertyuiopasdfghjklzxcvbnm",
        "securitydepartment",
        "secretpassword",
        "superadministrator",
        "supersecretpassword",
        "temporarypassword",
        "thequickbrownfox",
        "thequickbrownfoxjumps",
        "thequickbrownfoxjumpsoverthelazydog",
        "thisisapassword",
        "thisismypassword",
        "thisissecret",
        "tobeornottobe",
        "trustnoone",
        "wardwatch",
        "wardwatchpassword",
        "welcome",
        "welcometothehospital",
        "winteriscoming",
        "zaqwsxcderfvbgt",
        "zxcvbnmasdfghjkl",
};

static const char *const runs[] = {
        "abcdefghijklmnopqrstuvwxyz",
        "01234567890123456789",
        "qwertyuiopasdfghjklzxcvbnm",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
};

static size_t count_characters(const char *text) {
        size_t n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xc0) != 0x80;
        return n;
}

/* Letters and digits only, small. */
static void plain(const char *text, char *out, size_t size) {
        size_t n = 0;

        for (; *text && n + 1 < size; text++)
                if (isalnum((unsigned char)*text) || (unsigned char)*text >= 0x80)
                        out[n++] = (char)tolower((unsigned char)*text);
        out[n] = 0;
}

static void read_digits(char *text) {
        static const char letters[] = "oizeasgtbg"; /* 0 to 9 */

        for (; *text; text++)
                if (isdigit((unsigned char)*text))
                        *text = letters[*text - '0'];
}

/* Without the digits at either end. */
static void strip(const char *text, char *out, size_t size) {
        size_t n;

        while (isdigit((unsigned char)*text))
                text++;
        n = strlen(text);
        while (n && isdigit((unsigned char)text[n - 1]))
                n--;
        (void)snprintf(out, size, "%.*s", (int)n, text);
}

/* One word over and over, or the start of it at the end. */
static size_t period(const char *text) {
        size_t n = strlen(text), p = 1;

        while (p < n && strncmp(text, text + p, n - p) != 0)
                p++;
        return p;
}

static bool is_common(const char *text) {
        char word[AUTH_PASSWORD_MAX + 1];
        size_t p = period(text);

        (void)snprintf(word, sizeof word, "%.*s", (int)p, text);
        for (size_t i = 0; i < sizeof common / sizeof *common; i++)
                if (strcmp(text, common[i]) == 0 || strcmp(word, common[i]) == 0)
                        return true;
        return false;
}

static bool is_run(const char *text) {
        char back[AUTH_PASSWORD_MAX + 1];
        size_t n = strlen(text);

        for (size_t i = 0; i < n; i++)
                back[i] = text[n - 1 - i];
        back[n] = 0;
        for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
                if (strstr(runs[i], text) || strstr(runs[i], back))
                        return true;
        return false;
}

/* How much is left when the name is taken out wherever it stands. */
static size_t without_name(const char *text, const char *name) {
        size_t n = 0, k = strlen(name);

        while (*text) {
                if (k && strncmp(text, name, k) == 0) {
                        text += k;
                } else {
                        n++;
                        text++;
                }
        }
        return n;
}

bool password_good(const char *name, const char *password, char *why, size_t why_size) {
        char text[AUTH_PASSWORD_MAX + 1], middle[AUTH_PASSWORD_MAX + 1], own[AUTH_NAME_MAX + 1];
        const char *told = NULL;

        plain(password, text, sizeof text);
        plain(name, own, sizeof own);
        strip(text, middle, sizeof middle);
        if (strlen(password) > AUTH_PASSWORD_MAX)
                told = "it may have 256 bytes";
        else if (count_characters(password) < PASSWORD_LEAST)
                told = "it has fewer than 15 characters";
        else if (without_name(text, own) < 8)
                told = "it is hardly more than the name";
        else if (period(text) <= 4 || is_run(text) || is_run(middle))
                told = "it is one pattern over and over, or a run along the keyboard";
        else if (is_common(text) || is_common(middle))
                told = "it is one of those that everybody tries first";
        if (!told) {
                read_digits(text);
                read_digits(middle);
                told = is_common(text) || is_common(middle) ? "it is one of those that everybody tries first" : NULL;
        }
        if (told)
                (void)snprintf(why, why_size, "%s", told);
        return !told;
}

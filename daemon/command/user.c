/* `wardwatch user`: who may log in. Passwords come from the terminal or standard input, never from the command line. */
#include "auth/auth.h"
#include "base/jsonline.h"
#include "command/command_internal.h"
#include "command/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { OPTION_OFF, OPTION_SCOPES, OPTION_OWN };

static const struct command_option user_options[] = {
        [OPTION_OFF] = { "--off", 0, NULL, "with `totp`: no second factor any more" },
        [OPTION_SCOPES] = { "--scopes", 's', "LIST", "with `key-add`: what the key is for: live,act,history,figures" },
        [OPTION_OWN] = { "--own", 0, NULL, "with `passwd`: by the person's own hand, who knows the old one" },
        { 0 },
};

#define PASSWORD_SIZE 512

static void wipe(char *text, size_t n) {
        explicit_bzero(text, n);
}

/* --- the password --- */

static bool read_line(char out[PASSWORD_SIZE]) {
        if (!fgets(out, PASSWORD_SIZE, stdin))
                return false;
        out[strcspn(out, "\r\n")] = 0;
        return true;
}

static bool ask_once(const char *prompt, char out[PASSWORD_SIZE]) {
        struct termios shown, hidden;
        bool read;

        if (tcgetattr(STDIN_FILENO, &shown) < 0)
                return read_line(out);
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        (void)fprintf(stderr, "%s", prompt);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
        read = read_line(out);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        (void)fprintf(stderr, "\n");
        return read;
}

/* Twice at a terminal, once from a pipe. */
static int ask_password(char out[PASSWORD_SIZE]) {
        char again[PASSWORD_SIZE] = "";
        bool same = ask_once("New password (15 characters or more): ", out);

        if (same && isatty(STDIN_FILENO))
                same = ask_once("The same again: ", again) && strcmp(out, again) == 0;
        wipe(again, sizeof again);
        if (!same)
                (void)fprintf(stderr, "wardwatch user: no password, or not twice the same\n  help: type it at the "
                                      "prompt, or write one line to standard input\n");
        return same ? 0 : 2;
}

/* --- the question --- */

static int ask(const struct command_args *args, json_t *request, json_t **ret) {
        struct jsonline_state state = { 0 };
        struct config config = { 0 };
        char path[4096];
        int fd, r = request ? 0 : -ENOMEM;

        *ret = NULL;
        if (socket_config(&config, args->config)) {
                json_decref(request);
                return 1;
        }
        (void)snprintf(path, sizeof path, "%s/" AUTH_DIR "/" AUTH_SOCKET, config.state.run_dir);
        fd = jsonline_connect(path);
        if (fd < 0)
                (void)fprintf(stderr, "wardwatch: %s: %s\n  help: %s\n", path, strerror(-fd),
                              config.auth.enabled ? "is the daemon running, and are you root, or its user?"
                                                  : "set `auth: {enabled: true}`, and restart the daemon");
        else if (r || (r = jsonline_write(fd, request)) || (r = jsonline_read(fd, &state, 60000, ret)))
                (void)fprintf(stderr, "wardwatch: no answer: %s\n  help: look at the daemon's log\n", strerror(-r));
        if (fd >= 0)
                (void)close(fd);
        jsonline_state_free(&state);
        json_decref(request);
        config_deinit(&config);
        return *ret ? 0 : 1;
}

/* --- the acts --- */

static void put_users(json_t *answer) {
        json_t *user;
        size_t i;

        json_array_foreach(json_object_get(answer, "users"), i, user)(void)
                printf("%-24s %-14s %-6s %s by %s\n", json_string_value(json_object_get(user, "name")),
                       json_is_true(json_object_get(user, "totp")) ? "two factors" : "password",
                       json_is_true(json_object_get(user, "given")) ? "given" : "own",
                       json_string_value(json_object_get(user, "changed_at")),
                       json_string_value(json_object_get(user, "changed_by")));
}

static void put_secret(json_t *answer) {
        const char *secret = json_string_value(json_object_get(answer, "secret"));

        if (secret)
                (void)printf("secret  %s\nlink    %s\nIt is not shown again: put it into the person's authenticator.\n",
                             secret, json_string_value(json_object_get(answer, "uri")));
        else
                (void)printf("no second factor any more\n");
}

static void put_done(json_t *answer) {
        (void)printf("done\n");
}

static void put_key(json_t *answer) {
        (void)printf("key  %s\nIt is not shown again: give it to the program, as `Authorization: Bearer KEY`.\n",
                     json_string_value(json_object_get(answer, "key")));
}

static void put_keys(json_t *answer) {
        json_t *key;
        size_t i;

        json_array_foreach(json_object_get(answer, "keys"), i, key) {
                char *scopes = json_dumps(json_object_get(key, "scopes"), JSON_COMPACT);

                (void)printf("%-24s %-40s %s by %s\n", json_string_value(json_object_get(key, "name")),
                             scopes ? scopes : "", json_string_value(json_object_get(key, "changed_at")),
                             json_string_value(json_object_get(key, "changed_by")));
                free(scopes);
        }
}

static const struct {
        const char *name;
        bool named, password;
        void (*put)(json_t *answer);
} acts[] = {
        { "add", true, true, put_done },         { "passwd", true, true, put_done },
        { "totp", true, false, put_secret },     { "remove", true, false, put_done },
        { "list", false, false, put_users },     { "key-add", true, false, put_key },
        { "key-remove", true, false, put_done }, { "key-list", false, false, put_keys },
};

/* "live,act" */
static json_t *scopes_of(const char *text) {
        json_t *list = json_array();

        while (text && *text) {
                size_t n = strcspn(text, ",");

                (void)json_array_append_new(list, json_stringn(text, n));
                text += n + (text[n] == ',');
        }
        return list;
}

static bool result_is(const json_t *answer, const char *word) {
        const char *result = json_string_value(json_object_get(answer, "result"));

        return result && strcmp(result, word) == 0;
}

static int ask_own(const struct command_args *args, const char *old, const char *fresh, const char *code,
                   json_t **ret) {
        json_t *request = json_pack("{s:s, s:s, s:s}", "id", "1", "cmd", "own", "name", args->argv[1]);

        socket_put_text(&request, "password", old);
        socket_put_text(&request, "new", fresh);
        if (*code)
                socket_put_text(&request, "totp", code);
        return ask(args, request, ret);
}

static int own_told(const struct command_args *args, json_t *answer) {
        bool changed = result_is(answer, "yes");

        if (!json_is_true(json_object_get(answer, "ok"))) {
                socket_refused(answer);
                return 1;
        }
        if (args->json)
                (void)command_put_json(json_incref(answer), JSON_COMPACT);
        else if (changed)
                put_done(answer);
        if (!changed)
                (void)fprintf(stderr,
                              "wardwatch user: the name, the old password or the code is not right\n"
                              "  help: repeat; who has forgotten it gets another with `wardwatch user passwd`\n");
        return changed ? 0 : 1;
}

/* The old one, the new one, and the code if there is a second factor. */
static int act_own(const struct command_args *args) {
        char old[PASSWORD_SIZE] = "", fresh[PASSWORD_SIZE] = "", code[PASSWORD_SIZE] = "";
        json_t *answer = NULL;
        int r = ask_once("Old password: ", old) ? ask_password(fresh) : 2;

        if (!r)
                r = ask_own(args, old, fresh, code, &answer);
        if (!r && result_is(answer, "totp") && ask_once("Code of the second factor: ", code)) {
                json_decref(answer);
                r = ask_own(args, old, fresh, code, &answer);
        }
        if (!r)
                r = own_told(args, answer);
        json_decref(answer);
        wipe(old, sizeof old);
        wipe(fresh, sizeof fresh);
        wipe(code, sizeof code);
        return r;
}

static int act(const struct command_args *args, size_t at) {
        char password[PASSWORD_SIZE] = "";
        json_t *request, *answer;
        int r = acts[at].password ? ask_password(password) : 0;

        if (r)
                return r;
        request = json_pack("{s:s, s:s, s:s?, s:b, s:o}", "id", "1", "cmd", acts[at].name, "name",
                            acts[at].named ? args->argv[1] : NULL, "off", args->values[OPTION_OFF] != NULL, "scopes",
                            scopes_of(args->values[OPTION_SCOPES]));
        if (acts[at].password)
                socket_put_text(&request, "password", password);
        wipe(password, sizeof password);
        r = ask(args, request, &answer);
        if (!r && !json_is_true(json_object_get(answer, "ok"))) {
                socket_refused(answer);
                r = 1;
        } else if (!r && args->json) {
                (void)command_put_json(json_incref(answer), JSON_COMPACT);
        } else if (!r) {
                acts[at].put(answer);
        }
        json_decref(answer);
        return r;
}

static int user_run(const struct command_args *args) {
        if (args->values[OPTION_OWN] && args->argc == 2 && strcmp(args->argv[0], "passwd") == 0)
                return act_own(args);
        for (size_t i = 0; args->argc && i < sizeof acts / sizeof *acts; i++)
                if (strcmp(args->argv[0], acts[i].name) == 0 && args->argc == (acts[i].named ? 2 : 1))
                        return act(args, i);
        (void)fprintf(stderr, "wardwatch user: say add, passwd, totp, remove, key-add or key-remove with one NAME, or "
                              "list or key-list\n"
                              "  help: see `wardwatch help user`\n");
        return 2;
}

const struct command command_user = {
        .name = "user",
        .synopsis = "user add|passwd|totp|remove NAME [--off] [--own] | key-add NAME --scopes LIST | key-remove NAME | "
                    "list | "
                    "key-list [--json]",
        .help = "keep the passwords and second factors of those who log in",
        .text = "For root and the daemon's own user; `auth.enabled` must be set. The password is read from the "
                "terminal, or "
                "one line from standard input. What somebody may do is said by `wardwatch act operator-add`: a user "
                "who "
                "is no operator may do nothing, an operator who is no user cannot log in. The record says that "
                "credentials "
                "changed, never what they are. A password that somebody else has given is marked until its owner has "
                "chosen another: in the console, or with `passwd --own`, which reads the old one, the new one, and the "
                "code where there is a second factor. `totp` makes a new secret and shows it once. `key-add` makes a "
                "key for "
                "a program that "
                "uses the console's interface: it acts as the operator of that name, within its scopes, and never "
                "disposes or "
                "approves. Another password or second factor ends the sessions of that person, as `remove` does; a "
                "key that is removed is none at once.",
        .options = user_options,
        .run = user_run,
};

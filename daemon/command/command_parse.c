/*
 * Options of a row. `--name VALUE`, `--name=VALUE`, `-c VALUE`, `-cVALUE`; letters of flags may stand together; `--`
 * ends the options; options and positional words may be mixed. A value is never an option's name by accident: what
 * follows an option that wants one is its value, whatever it looks like.
 */
#include "base/diag.h"
#include "command/command_internal.h"

#include <stdio.h>
#include <string.h>

enum {
        COMMON_CONFIG,
        COMMON_JSON,
        COMMON_HELP,
};

const struct command_option command_common[] = {
        [COMMON_CONFIG] = { "--config", 'c', "FILE", "the configuration file" },
        [COMMON_JSON] = { "--json", 0, NULL, "JSON instead of text" },
        [COMMON_HELP] = { "--help", 'h', NULL, "show this help" },
        { 0 },
};

#define NO_OPTION SIZE_MAX
#define COMMON    100 /* an option's number: in the row, or COMMON + in command_common */

struct parser {
        const struct command *row;
        struct command_args *args;
        char **argv;
        int argc, at;
        bool help;
};

static int parse_fails(const struct parser *p, const char *help, const char *what, const char *word) {
        (void)fprintf(stderr, "wardwatch %s: %s `%s`\n", p->row->name, what, word);
        (void)fprintf(stderr, "  help: %s\n", help ? help : "see `wardwatch help` and the command's name");
        return 2;
}

static const struct command_option *option_at(const struct parser *p, size_t number) {
        return number >= COMMON ? &command_common[number - COMMON] : &p->row->options[number];
}

static size_t option_by_name(const struct parser *p, struct ww_str name) {
        for (size_t i = 0; p->row->options && p->row->options[i].name; i++)
                if (ww_str_is(name, p->row->options[i].name))
                        return i;
        for (size_t i = 0; command_common[i].name; i++)
                if (ww_str_is(name, command_common[i].name))
                        return COMMON + i;
        return NO_OPTION;
}

static size_t option_by_letter(const struct parser *p, char letter) {
        for (size_t i = 0; p->row->options && p->row->options[i].name; i++)
                if (p->row->options[i].letter == letter)
                        return i;
        for (size_t i = 0; command_common[i].name; i++)
                if (command_common[i].letter == letter)
                        return COMMON + i;
        return NO_OPTION;
}

static const char *option_nearest(const struct parser *p, struct ww_str name) {
        const char *names[COMMAND_OPTIONS_MAX + 4];
        size_t n = 0;

        for (size_t i = 0; p->row->options && p->row->options[i].name && n < COMMAND_OPTIONS_MAX; i++)
                names[n++] = p->row->options[i].name;
        for (size_t i = 0; command_common[i].name; i++)
                names[n++] = command_common[i].name;
        return diag_suggest(name, names, n);
}

static void option_set(struct parser *p, size_t number, const char *value) {
        if (number < COMMON)
                p->args->values[number] = value;
        else if (number == COMMON + COMMON_CONFIG)
                p->args->config = value;
        else if (number == COMMON + COMMON_JSON)
                p->args->json = true;
        else
                p->help = true;
}

/* The word after an option that wants a value. */
static int take_value(struct parser *p, const char *option, const char **ret) {
        if (p->at + 1 >= p->argc)
                return parse_fails(p, "write it behind the option", "no value for", option);
        *ret = p->argv[++p->at];
        return 0;
}

static int parse_long(struct parser *p, const char *word) {
        const char *equals = strchr(word, '='), *value = equals ? equals + 1 : "";
        struct ww_str name = { word, equals ? (size_t)(equals - word) : strlen(word) };
        size_t number = option_by_name(p, name);
        bool wants;
        int r = 0;

        if (number == NO_OPTION)
                return parse_fails(p, option_nearest(p, name), "unknown option", word);
        wants = option_at(p, number)->value != NULL;
        if (equals && !wants)
                return parse_fails(p, "it is given or not", "an option that takes no value:", word);
        if (!equals && wants)
                r = take_value(p, word, &value);
        if (r == 0)
                option_set(p, number, value);
        return r;
}

static int parse_letters(struct parser *p, const char *word) {
        for (const char *letter = word + 1; *letter; letter++) {
                size_t number = option_by_letter(p, *letter);
                const char *value = letter + 1;
                int r = 0;

                if (number == NO_OPTION)
                        return parse_fails(p, NULL, "unknown option", word);
                if (!option_at(p, number)->value) {
                        option_set(p, number, "");
                        continue;
                }
                if (!*value)
                        r = take_value(p, word, &value);
                if (r == 0)
                        option_set(p, number, value);
                return r;
        }
        return 0;
}

int command_parse(const struct command *row, int argc, char **argv, struct command_args *ret) {
        struct parser p = { .row = row, .args = ret, .argv = argv, .argc = argc };
        bool ended = false;
        int r = 0;

        *ret = (struct command_args){ .config = command_default_config(), .argv = argv };
        for (; r == 0 && p.at < argc; p.at++) {
                char *word = argv[p.at];

                if (!ended && strcmp(word, "--") == 0)
                        ended = true;
                else if (!ended && word[0] == '-' && word[1] == '-')
                        r = parse_long(&p, word);
                else if (!ended && word[0] == '-' && word[1])
                        r = parse_letters(&p, word);
                else
                        argv[ret->argc++] = word;
        }
        return r ? r : p.help ? 1 : 0;
}

/* Help for a terminal, from the rows. */
#include "command/command_internal.h"

#include <string.h>

#define COLUMNS 78

/* Words of `text` in lines of at most COLUMNS, each indented. */
static void put_wrapped(const char *text, const char *indent, struct buf *out) {
        size_t column = 0;

        while (*text) {
                size_t word = strcspn(text, " \n");

                if (column && column + 1 + word > COLUMNS) {
                        buf_puts(out, "\n");
                        column = 0;
                }
                buf_puts(out, column ? " " : indent);
                column += column ? 1 + word : strlen(indent) + word;
                buf_put(out, text, word);
                text += word;
                text += strspn(text, " \n");
        }
        buf_puts(out, "\n");
}

static void put_option(const struct command_option *option, struct buf *out) {
        _cleanup_buf_ struct buf left = BUF_INIT;

        if (option->letter)
                buf_printf(&left, "-%c, ", option->letter);
        buf_printf(&left, "%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
        buf_printf(out, "  %-24.*s  %s\n", (int)left.n, (const char *)left.p, option->help);
}

void command_help_all(struct buf *out) {
        buf_puts(out, "wardwatch COMMAND [OPTIONS]\n\n");
        buf_puts(out, "The central alarm and event correlation daemon of a hospital's security.\n\nCommands:\n");
        for (size_t i = 0; i < command_table_n; i++)
                if (!command_table[i]->hidden)
                        buf_printf(out, "  %-10s  %s\n", command_table[i]->name, command_table[i]->help);
        buf_puts(out, "\nOptions of every command:\n");
        for (size_t i = 0; command_common[i].name; i++)
                put_option(&command_common[i], out);
        buf_printf(out, "\nThe configuration is %s unless --config names another.\n", command_default_config());
        buf_puts(out, "`wardwatch help COMMAND` says more; `wardwatch --version` says which version this is.\n");
}

void command_help_one(const struct command *row, struct buf *out) {
        buf_printf(out, "wardwatch %s\n\n", row->synopsis ? row->synopsis : row->name);
        put_wrapped(row->help, "", out);
        if (row->text) {
                buf_puts(out, "\n");
                put_wrapped(row->text, "", out);
        }
        if (row->parts) {
                buf_puts(out, "\nParts:\n");
                for (size_t i = 0; row->parts[i]; i++)
                        buf_printf(out, "  %-10s  %s\n", command_part_word(row->parts[i]), row->parts[i]->help);
                buf_printf(out, "\n`wardwatch %s PART --help` says more.\n", row->name);
                return;
        }
        buf_puts(out, "\nOptions:\n");
        for (size_t i = 0; row->options && row->options[i].name; i++)
                put_option(&row->options[i], out);
        for (size_t i = 0; command_common[i].name; i++)
                put_option(&command_common[i], out);
}

void command_help_config(struct buf *out) {
        buf_puts(out, "Keys of wardwatch.yaml. The key that is called mqtt.host here is written as host below mqtt.\n");
        for (size_t i = 0; i < config_keys_n; i++) {
                _cleanup_buf_ struct buf text = BUF_INIT;

                command_key_text(&config_keys[i], &text);
                buf_put_u8(&text, 0);
                if (text.error)
                        return;
                buf_printf(out, "\n%s\n", config_keys[i].name);
                put_wrapped((const char *)text.p, "    ", out);
        }
}

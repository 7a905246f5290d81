/* The completion for bash, from the rows: commands, parts, options, and files where an option or a word takes one. */
#include "command/command_internal.h"

#include <string.h>

static void put_options(const struct command *row, struct buf *out) {
        for (size_t i = 0; row->options && row->options[i].name; i++)
                buf_printf(out, " %s", row->options[i].name);
        for (size_t i = 0; command_common[i].name; i++)
                buf_printf(out, " %s", command_common[i].name);
}

/* "  'sensors list') words='--json …';;" */
static void put_row(const struct command *row, struct buf *out) {
        buf_printf(out, "        '%s') words='", row->name);
        for (size_t i = 0; row->parts && row->parts[i]; i++)
                buf_printf(out, "%s ", command_part_word(row->parts[i]));
        if (!row->parts)
                put_options(row, out);
        buf_puts(out, "' ;;\n");
        for (size_t i = 0; row->parts && row->parts[i]; i++)
                put_row(row->parts[i], out);
}

void command_completion(struct buf *out) {
        buf_puts(out, "# wardwatch(1) completion for bash; made by `wardwatch help --completion`\n"
                      "_wardwatch() {\n"
                      "    local cur=${COMP_WORDS[COMP_CWORD]} name=${COMP_WORDS[1]} words=\n"
                      "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                      "        COMPREPLY=($(compgen -W '");
        for (size_t i = 0; i < command_table_n; i++)
                if (!command_table[i]->hidden)
                        buf_printf(out, "%s ", command_table[i]->name);
        buf_puts(out, "' -- \"$cur\"))\n        return\n    fi\n"
                      "    case $name in\n    ");
        for (size_t i = 0, n = 0; i < command_table_n; i++)
                if (command_table[i]->parts)
                        buf_printf(out, "%s%s", n++ ? " | " : "", command_table[i]->name);
        buf_puts(out, ") [ \"$COMP_CWORD\" -eq 2 ] || name+=\" ${COMP_WORDS[2]}\" ;;\n    esac\n    case $name in\n");
        for (size_t i = 0; i < command_table_n; i++)
                if (!command_table[i]->hidden)
                        put_row(command_table[i], out);
        buf_puts(out, "    esac\n"
                      "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                      "    [ \"${#COMPREPLY[@]}\" -gt 0 ] || COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                      "}\n"
                      "complete -o filenames -F _wardwatch wardwatch\n");
}

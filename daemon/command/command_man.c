/* The man pages as roff. They hold nothing that depends on the machine, so that the kept ones can be compared. */
#include "command/command_internal.h"
#include "config/config.h"
#include "wardwatch-build.h"

#include <string.h>

/* Text for roff: no escape, no dash that becomes a hyphen, no line that begins as a request. */
static void put_roff(const char *text, struct buf *out) {
        bool line_begins = true;

        for (const char *p = text; *p; p++) {
                if (line_begins && (*p == '.' || *p == '\''))
                        buf_puts(out, "\\&");
                if (*p == '\\')
                        buf_puts(out, "\\e");
                else if (*p == '-')
                        buf_puts(out, "\\-");
                else
                        buf_put(out, p, 1);
                line_begins = *p == '\n';
        }
}

static void put_line(const char *request, const char *text, struct buf *out) {
        buf_puts(out, request);
        put_roff(text, out);
        buf_puts(out, "\n");
}

static void put_option(const struct command_option *option, struct buf *out) {
        buf_puts(out, ".TP\n.B ");
        if (option->letter)
                buf_printf(out, "\\-%c, ", option->letter);
        put_roff(option->name, out);
        if (option->value)
                buf_printf(out, " \\fI%s\\fP", option->value);
        buf_puts(out, "\n");
        put_line("", option->help, out);
}

static void put_command(const struct command *row, struct buf *out) {
        put_line(".SS wardwatch ", row->synopsis ? row->synopsis : row->name, out);
        put_line("", row->help, out);
        if (row->text) {
                buf_puts(out, ".PP\n");
                put_line("", row->text, out);
        }
        for (size_t i = 0; row->options && row->options[i].name; i++)
                put_option(&row->options[i], out);
        for (size_t i = 0; row->parts && row->parts[i]; i++)
                put_command(row->parts[i], out);
}

void command_man_commands(struct buf *out) {
        buf_puts(out, ".TH WARDWATCH 1 \"\" \"Wardwatch " WARDWATCH_VERSION "\"\n");
        buf_puts(out, ".SH NAME\nwardwatch \\- alarm and event correlation daemon of a hospital's security\n");
        buf_puts(out, ".SH SYNOPSIS\n.B wardwatch\n.I COMMAND\n[\\fIOPTIONS\\fP]\n.SH DESCRIPTION\n");
        put_line("",
                 "Sensors and controllers publish over MQTT. Wardwatch takes every message durably, decodes it, "
                 "correlates it against rules, raises alarms, and writes events and alarms to PostgreSQL. What it "
                 "believes changes only through one numbered, durable journal.",
                 out);
        buf_puts(out, ".SH OPTIONS\nOf every command:\n");
        for (size_t i = 0; command_common[i].name; i++)
                put_option(&command_common[i], out);
        buf_puts(out, ".SH COMMANDS\n");
        for (size_t i = 0; i < command_table_n; i++)
                if (!command_table[i]->hidden)
                        put_command(command_table[i], out);
        buf_puts(out, ".SH EXIT STATUS\n.TP\n.B 0\ndone\n.TP\n.B 1\nfailed or refused; stderr says why\n");
        buf_puts(out, ".TP\n.B 2\nwrong usage\n.SH SEE ALSO\n.BR wardwatch.yaml (5)\n");
}

static void put_key(const struct config_key *key, struct buf *out) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        command_key_text(key, &text);
        buf_put_u8(&text, 0);
        if (text.error)
                return;
        put_line(".TP\n.B ", key->name, out);
        put_line("", (const char *)text.p, out);
}

void command_man_config(struct buf *out) {
        buf_puts(out, ".TH WARDWATCH.YAML 5 \"\" \"Wardwatch " WARDWATCH_VERSION "\"\n");
        buf_puts(out, ".SH NAME\nwardwatch.yaml \\- configuration of wardwatch\n.SH DESCRIPTION\n");
        put_line(
                "",
                "Groups of keys in YAML: the key that is called mqtt.host here is written as host below mqtt. Relative "
                "paths are relative to the folder of the file. Secrets do not stand in it, but in files of their own. "
                "Unknown keys, keys given twice, anchors, aliases and tags are refused. `wardwatch check --print` "
                "shows what is in force, defaults included.",
                out);
        buf_puts(out, ".SH KEYS\n");
        for (size_t i = 0; i < config_keys_n; i++)
                put_key(&config_keys[i], out);
        buf_puts(out, ".SH EXAMPLE\n.nf\nmqtt:\n  host: broker.example\n  port: 8883\n  tls: true\n"
                      "  urgent: [\"+/panic/#\", \"+/fire/#\"]\n  bulk: [\"+/sensor/#\"]\n"
                      "database:\n  url: \"host=/run/postgresql dbname=wardwatch\"\n.fi\n");
        buf_puts(out, ".SH SEE ALSO\n.BR wardwatch (1)\n");
}

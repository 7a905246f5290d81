/* The man pages as roff. They hold nothing that depends on the machine, so that the kept ones can be compared. */
#include "base/span.h"
#include "command/command_internal.h"
#include "config/config.h"
#include "config/size.h"
#include "wardwatch-build.h"

#include <inttypes.h>
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

static const char *type_text(enum config_type type) {
        static const char *const names[] = {
                [CONFIG_STRING] = "text",
                [CONFIG_BOOL] = "true or false",
                [CONFIG_INTEGER] = "whole number",
                [CONFIG_SIZE] = "size (64MiB)",
                [CONFIG_SPAN] = "span (90s, 5m, 26h)",
                [CONFIG_PATH] = "path",
                [CONFIG_PATHS] = "list of paths",
                [CONFIG_STRINGS] = "list of texts",
                [CONFIG_CHOICE] = "one of",
                [CONFIG_SECRET] = "path of a file with mode 0600",
        };

        return names[type];
}

static void put_range(const struct config_key *key, struct buf *out) {
        char min[32], max[32];

        switch (key->type) {
        case CONFIG_INTEGER:
                buf_printf(out, ", %" PRId64 " to %" PRId64, key->min, key->max);
                break;
        case CONFIG_SIZE:
                size_format(key->min, min);
                size_format(key->max, max);
                buf_printf(out, ", %s to %s", min, max);
                break;
        case CONFIG_SPAN:
                span_format(key->min, min);
                span_format(key->max, max);
                buf_printf(out, ", %s to %s", min, max);
                break;
        case CONFIG_CHOICE:
                buf_printf(out, " %s", key->choices);
                break;
        case CONFIG_STRING:
        case CONFIG_BOOL:
        case CONFIG_PATH:
        case CONFIG_PATHS:
        case CONFIG_STRINGS:
        case CONFIG_SECRET:
                break;
        }
}

static void put_key(const struct config_key *key, struct buf *out) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_printf(&text, "%s. ", key->help);
        buf_printf(&text, "(%s", type_text(key->type));
        put_range(key, &text);
        if (key->unit && key->type == CONFIG_INTEGER)
                buf_printf(&text, " %s", key->unit);
        if (!key->default_text)
                buf_puts(&text, "; must be given");
        else if (*key->default_text)
                buf_printf(&text, "; default %s", key->default_text);
        buf_puts(&text, key->reloadable ? "; takes effect at a reload)" : ")");
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

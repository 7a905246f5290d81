/* The table of the channels' keys: nothing else knows one. Order = order of the reference. */
#include "notify/channels.h"

#include <stddef.h>
#include <wardwatch/time.h>

#define AT(field) offsetof(struct channel_config, field)
#define WEBHOOK   (1U << CHANNEL_WEBHOOK)
#define MAIL      (1U << CHANNEL_MAIL)
#define MQTT      (1U << CHANNEL_MQTT)
#define SYSLOG    (1U << CHANNEL_SYSLOG)
#define COMMAND   (1U << CHANNEL_COMMAND)
#define SCREEN    (1U << CHANNEL_SCREEN)
#define ALL       (WEBHOOK | MAIL | MQTT | SYSLOG | COMMAND)

const char *const channel_kind_names[CHANNEL_KINDS] = {
        [CHANNEL_WEBHOOK] = "webhook", [CHANNEL_MAIL] = "mail",       [CHANNEL_MQTT] = "mqtt",
        [CHANNEL_SYSLOG] = "syslog",   [CHANNEL_COMMAND] = "command", [CHANNEL_SCREEN] = "screen",
};

/* clang-format off */
const struct channel_key channels_keys[] = {
        { "channel", CHANNEL_KEY_TEXT, ALL | SCREEN, AT(name), true, NULL, 1, 64, NULL,
          "its name, as escalations have it in `by`" },
        { "kind", CHANNEL_KEY_CHOICE, ALL | SCREEN, AT(kind), true, NULL, 0, 0, "webhook mail mqtt syslog command screen",
          "how it is reached; `screen`: the console shows it anyhow, nothing is sent" },

        { "url", CHANNEL_KEY_TEXT, WEBHOOK | MAIL | MQTT | SYSLOG, AT(url), true, NULL, 1, 2048, NULL,
          "where: `https://…`; `smtp://host:587` or `smtps://host`; `mqtt://host:1883` or `mqtts://host:8883`; "
          "`udp://host:514`, `tcp://host:601` or `unix:///dev/log`" },
        { "ca_file", CHANNEL_KEY_FILE, WEBHOOK | MAIL | MQTT, AT(ca_file), false, "", 0, 0, NULL,
          "certificates that may have signed the server's; empty = the system's. A certificate is always checked" },
        { "proxy", CHANNEL_KEY_TEXT, WEBHOOK, AT(proxy), false, "", 0, 2048, NULL,
          "HTTP proxy; empty = none, whatever the environment says" },
        { "tls", CHANNEL_KEY_CHOICE, MAIL, AT(tls), false, "required", 0, 0, "required tried never",
          "STARTTLS with `smtp://`" },
        { "user", CHANNEL_KEY_TEXT, WEBHOOK | MAIL | MQTT, AT(user), false, "", 0, 255, NULL,
          "user name at the server" },
        { "password", CHANNEL_KEY_TEXT, WEBHOOK | MAIL | MQTT, AT(password), false, "", 0, 1024, NULL,
          "its password" },
        { "headers", CHANNEL_KEY_HEADERS, WEBHOOK, AT(headers), false, NULL, 0, 0, NULL,
          "headers of our own, as `{Name: value}`" },
        { "secret", CHANNEL_KEY_TEXT, WEBHOOK, AT(secret), false, "", 0, 1024, NULL,
          "key of the signature: `X-Wardwatch-Signature: sha256=HEX` is HMAC-SHA-256 over the value of "
          "`X-Wardwatch-Timestamp`, a dot and the body" },
        { "from", CHANNEL_KEY_TEXT, MAIL, AT(from), true, NULL, 3, 254, NULL,
          "the sender's address" },
        { "topic", CHANNEL_KEY_TEMPLATE, MQTT, AT(topic), true, NULL, 1, 1024, NULL,
          "where it is published; may hold words in braces, in which `/`, `+` and `#` become `_`" },
        { "qos", CHANNEL_KEY_NUMBER, MQTT, AT(qos), false, "1", 1, 2, NULL,
          "1: at least once; 2: once, as far as the broker goes" },
        { "client_id", CHANNEL_KEY_TEXT, MQTT, AT(client_id), false, "", 0, 64, NULL,
          "client identifier; empty = `wardwatch-notify-` and the channel's name" },
        { "facility", CHANNEL_KEY_NUMBER, SYSLOG, AT(facility), false, "13", 0, 23, NULL,
          "syslog's facility: 13 = log audit, 16 to 23 = local0 to local7" },
        { "app", CHANNEL_KEY_TEXT, SYSLOG, AT(app), false, "wardwatch", 1, 48, NULL,
          "its APP-NAME" },
        { "argv", CHANNEL_KEY_TEXTS, COMMAND, AT(argv), true, NULL, 1, CHANNEL_TEXTS_MAX, NULL,
          "program by its whole path, and its arguments, as a list; there is no shell. It gets the notification as one "
          "JSON line on its input; exit code 0 = delivered, 75 = try again, another one = it cannot be delivered" },

        { "format", CHANNEL_KEY_CHOICE, WEBHOOK | MQTT, AT(format), false, "json", 0, 0, "json cap",
          "what is sent: our JSON object, or a CAP 1.2 alert" },
        { "cap_sender", CHANNEL_KEY_TEXT, WEBHOOK | MQTT, AT(cap_sender), false, "", 0, 128, NULL,
          "CAP's sender, without blanks, commas, `<` and `&`; empty = `wardwatch@` and site.name" },
        { "title", CHANNEL_KEY_TEMPLATE, ALL, AT(title), false, "{marks} {priority}: {title} ({zone})", 1, 512, NULL,
          "subject of a mail, headline, `title`; one line" },
        { "text", CHANNEL_KEY_TEMPLATE, ALL, AT(text), false, "{text}", 1, 4096, NULL,
          "body of a mail, message of syslog, `text`" },
        { "link", CHANNEL_KEY_TEMPLATE, ALL, AT(link), false, "", 0, 1024, NULL,
          "what `{link}` stands for: `https://console.example.org/{page}`" },

        { "concurrency", CHANNEL_KEY_NUMBER, ALL, AT(concurrency), false, "4", 1, 32, NULL,
          "deliveries at once" },
        { "rate", CHANNEL_KEY_NUMBER, ALL, AT(rate), false, "60", 1, 60000, NULL,
          "deliveries a minute, beyond the burst; what is more waits, the most urgent first" },
        { "burst", CHANNEL_KEY_NUMBER, ALL, AT(burst), false, "20", 1, 1000, NULL,
          "deliveries that may come at once before the rate holds" },
        { "timeout", CHANNEL_KEY_SPAN, ALL, AT(timeout), false, "10s", 100 * WW_MSEC, WW_MINUTE, NULL,
          "an attempt that takes longer has failed; a program is killed then, with its children" },
        { "retry_min", CHANNEL_KEY_SPAN, ALL, AT(retry_min), false, "2s", 10 * WW_MSEC, WW_HOUR, NULL,
          "wait before the second attempt; twice that before the third, and so on, less up to half by chance" },
        { "retry_max", CHANNEL_KEY_SPAN, ALL, AT(retry_max), false, "1m", 10 * WW_MSEC, WW_HOUR, NULL,
          "longest wait between two attempts" },
        { "give_up_after", CHANNEL_KEY_SPAN, ALL, AT(give_up_after), false, "15m", WW_SECOND, WW_DAY, NULL,
          "so long after it fell due a failed attempt is the last one" },
        { "breaker_failures", CHANNEL_KEY_NUMBER, ALL, AT(breaker_failures), false, "5", 1, 1000, NULL,
          "failures in a row after which the channel is left alone: what comes then goes to its fallback at once" },
        { "breaker_pause", CHANNEL_KEY_SPAN, ALL, AT(breaker_pause), false, "30s", 100 * WW_MSEC, WW_HOUR, NULL,
          "for so long, before one is tried again" },
};
/* clang-format on */
const size_t channels_keys_n = sizeof channels_keys / sizeof *channels_keys;

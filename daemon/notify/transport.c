#include "notify/transport.h"

#include "notify/cap.h"
#include "notify/template.h"
#include "notify/transports.h"

#include <stdarg.h>
#include <stdio.h>

/* The console follows the engine by itself. */
static int screen_send(struct delivery *d) {
        delivery_ended(d, OUTCOME_SENT, "shown by the console");
        return 0;
}

static void screen_cancel(struct delivery *d) {
        (void)d;
}

static const struct transport transport_screen = { .send = screen_send, .cancel = screen_cancel };

const struct transport *const transports[CHANNEL_KINDS] = {
        [CHANNEL_WEBHOOK] = &transport_webhook, [CHANNEL_MAIL] = &transport_mail,
        [CHANNEL_MQTT] = &transport_mqtt,       [CHANNEL_SYSLOG] = &transport_syslog,
        [CHANNEL_COMMAND] = &transport_program, [CHANNEL_SCREEN] = &transport_screen,
};

void delivery_ended(struct delivery *d, enum outcome outcome, const char *format, ...) {
        _cleanup_buf_ struct buf line = BUF_INIT;
        char text[2 * DELIVERY_ANSWER_MAX];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        template_put_value(ww_str(text), DELIVERY_ANSWER_MAX - 1, &line);
        buf_put_u8(&line, 0);
        d->state = NULL;
        d->ended(d, outcome, line.error ? "" : (const char *)line.p);
}

int delivery_body(const struct delivery *d, struct buf *out) {
        const struct cap cap = { .notification = d->notification,
                                 .sender = ww_str(d->channel->cap_sender),
                                 .title = d->title,
                                 .text = d->text,
                                 .link = d->link,
                                 .sent = d->now };

        if (d->channel->format == CHANNEL_FORMAT_CAP)
                return cap_put(&cap, out);
        notification_json(d->notification, d->attempt, d->title, d->text, d->link, out);
        return out->error;
}

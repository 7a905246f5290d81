/* An HTTP POST with the notification as JSON, or as a CAP alert. 2xx is delivered. */
#include "notify/cap.h"
#include "notify/transports.h"
#include "notify/web.h"

#include <sodium.h>
#include <stdio.h>

static int webhook_open(void **ret, const struct channel_config *channel, const struct transport_ground *ground) {
        (void)channel;
        *ret = ground->web;
        return 0;
}

/* Later may be better. */
static bool webhook_passing(long status) {
        return status == 408 || status == 425 || status == 429 || status >= 500;
}

static void webhook_ended(void *userdata, const struct web_result *result) {
        struct delivery *d = userdata;
        enum outcome outcome = OUTCOME_REFUSED;

        if (result->code != CURLE_OK) {
                delivery_ended(d, OUTCOME_FAILED, "%s", result->answer);
                return;
        }
        if (result->status >= 200 && result->status < 300)
                outcome = OUTCOME_SENT;
        else if (webhook_passing(result->status))
                outcome = OUTCOME_FAILED;
        delivery_ended(d, outcome, "HTTP %ld %s", result->status, result->answer);
}

struct headers {
        struct curl_slist *list;
        bool failed;
};

static void add(struct headers *h, const char *line) {
        struct curl_slist *longer = curl_slist_append(h->list, line);

        if (longer)
                h->list = longer;
        else
                h->failed = true;
}

static void add_named(struct headers *h, const char *name, struct ww_str value) {
        _cleanup_buf_ struct buf line = BUF_INIT;

        buf_printf(&line, "%s: ", name);
        cap_name_put(value, &line); /* no blank, nothing beyond ASCII: nothing that could end a header */
        buf_put_u8(&line, 0);
        if (line.error)
                h->failed = true;
        else
                add(h, (const char *)line.p);
}

/* The time is signed, too: an old request that somebody sends again is known by it. */
static void add_signature(struct headers *h, const struct delivery *d, const struct buf *body) {
        unsigned char mac[crypto_auth_hmacsha256_BYTES];
        char hex[2 * sizeof mac + 1], line[sizeof hex + 64], when[32];
        crypto_auth_hmacsha256_state state;

        (void)snprintf(when, sizeof when, "%lld", (long long)(d->now / 1000000));
        (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)d->channel->secret,
                                          strlen(d->channel->secret));
        (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)when, strlen(when));
        (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
        (void)crypto_auth_hmacsha256_update(&state, body->p, body->n);
        (void)crypto_auth_hmacsha256_final(&state, mac);
        (void)sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
        (void)snprintf(line, sizeof line, "X-Wardwatch-Signature: sha256=%s", hex);
        add(h, line);
        (void)snprintf(line, sizeof line, "X-Wardwatch-Timestamp: %s", when);
        add(h, line);
}

static struct curl_slist *webhook_headers(const struct delivery *d, const struct buf *body) {
        const struct channel_config *c = d->channel;
        struct headers h = { 0 };

        add(&h, c->format == CHANNEL_FORMAT_CAP ? "Content-Type: application/cap+xml; charset=utf-8"
                                                : "Content-Type: application/json");
        add(&h, "Expect:");
        add_named(&h, "Idempotency-Key", ww_str(notification_text(d->notification, "key")));
        if (*c->secret)
                add_signature(&h, d, body);
        for (size_t i = 0; i < c->headers.n; i++)
                add(&h, c->headers.items[i]);
        if (!h.failed)
                return h.list;
        curl_slist_free_all(h.list);
        return NULL;
}

static int webhook_send(struct delivery *d) {
        const struct channel_config *c = d->channel;
        _cleanup_buf_ struct buf body = BUF_INIT;
        struct curl_slist *headers;
        struct web_transfer *transfer;
        CURL *easy;
        int r = delivery_body(d, &body);

        if (r)
                return r;
        headers = webhook_headers(d, &body);
        easy = headers ? web_easy("https,http", c->url, c->ca_file) : NULL;
        if (!easy) {
                curl_slist_free_all(headers);
                return -ENOMEM;
        }
        (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.p); /* the transfer keeps these bytes */
        (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "wardwatch");
        if (*c->proxy)
                (void)curl_easy_setopt(easy, CURLOPT_PROXY, c->proxy);
        if (*c->user) {
                (void)curl_easy_setopt(easy, CURLOPT_USERNAME, c->user);
                (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, c->password);
        }
        r = web_send(d->line, easy, headers, &body, webhook_ended, d, &transfer);
        if (!r)
                d->state = transfer;
        return r;
}

static void webhook_cancel(struct delivery *d) {
        web_cancel(d->state);
        d->state = NULL;
}

const struct transport transport_webhook = { .open = webhook_open, .send = webhook_send, .cancel = webhook_cancel };

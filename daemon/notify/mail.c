/*
 * A mail over SMTP: text/plain in UTF-8. The Message-ID is made of the key, so that a repeat is known as one.
 *
 * Nothing from outside reaches a header as it is: the subject goes as encoded words (RFC 2047), and an address is one
 * of a form that has no place for a second one.
 */
#include "notify/address.h"
#include "notify/transports.h"
#include "notify/web.h"

#include <sodium.h>
#include <stdio.h>
#include <time.h>
#include <wardwatch/time.h>

#define WORD_BYTES                                                                                                     \
        42 /* of the text in one encoded word, which may have 75 characters: 4 for each 3 of them, 12 around */
#define LINE_BYTES 57 /* of the text in one line of base64 of 76 characters */

static int mail_open(void **ret, const struct channel_config *channel, const struct transport_ground *ground) {
        (void)channel;
        *ret = ground->web;
        return 0;
}

static void put_base64(struct ww_str bytes, struct buf *out) {
        char text[sodium_base64_ENCODED_LEN(LINE_BYTES, sodium_base64_VARIANT_ORIGINAL)];

        (void)sodium_bin2base64(text, sizeof text, (const unsigned char *)bytes.p, bytes.n,
                                sodium_base64_VARIANT_ORIGINAL);
        buf_puts(out, text);
}

/* Encoded words end where a character does. */
static void put_subject(struct ww_str text, struct buf *out) {
        buf_puts(out, "Subject:");
        for (size_t i = 0; i < text.n;) {
                size_t n = text.n - i < WORD_BYTES ? text.n - i : WORD_BYTES;

                while (i + n < text.n && n > 1 && ((unsigned char)text.p[i + n] & 0xc0) == 0x80)
                        n--;
                buf_puts(out, i ? "\r\n =?UTF-8?B?" : " =?UTF-8?B?");
                put_base64((struct ww_str){ text.p + i, n }, out);
                buf_puts(out, "?=");
                i += n;
        }
        buf_puts(out, "\r\n");
}

static void put_body(struct ww_str text, struct buf *out) {
        for (size_t i = 0; i < text.n; i += LINE_BYTES) {
                put_base64((struct ww_str){ text.p + i, text.n - i < LINE_BYTES ? text.n - i : LINE_BYTES }, out);
                buf_puts(out, "\r\n");
        }
}

static void put_date(int64_t now, struct buf *out) {
        static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
        static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
        time_t seconds = (time_t)(now / WW_SECOND);
        struct tm t;

        (void)gmtime_r(&seconds, &t);
        buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[t.tm_wday], t.tm_mday, months[t.tm_mon],
                   t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static void put_hash(const char *text, char ret_hex[static 33]) {
        unsigned char hash[16];

        (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
        (void)sodium_bin2hex(ret_hex, 33, hash, sizeof hash);
}

/* Of the incident or the record, so that a mail program shows what belongs together; and of the key. */
static void put_ids(const struct delivery *d, struct buf *out) {
        const char *host = strchr(d->channel->from, '@') + 1;
        char hex[33];

        put_hash(notification_text(d->notification, "key"), hex);
        buf_printf(out, "Message-ID: <%s@%s>\r\n", hex, host);
        put_hash(notification_record_number(d->notification), hex);
        if (notification_record(d->notification))
                buf_printf(out, "References: <record-%s@%s>\r\n", hex, host);
        else
                buf_printf(out, "References: <incident-%llu@%s>\r\n",
                           (unsigned long long)notification_number(d->notification, "incident"), host);
}

static void put_mail(const struct delivery *d, const char *to, struct buf *out) {
        put_date(d->now, out);
        buf_printf(out, "From: <%s>\r\nTo: <%s>\r\n", d->channel->from, to);
        put_subject(d->title, out);
        put_ids(d, out);
        buf_puts(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n");
        if (notification_rank(d->notification) >= 3)
                buf_puts(out, "Importance: high\r\nX-Priority: 1\r\n");
        buf_puts(out, "\r\n");
}

static void mail_ended(void *userdata, const struct web_result *result) {
        struct delivery *d = userdata;
        bool refused = result->status >= 500 && result->code != CURLE_LOGIN_DENIED;

        if (result->code == CURLE_OK)
                delivery_ended(d, OUTCOME_SENT, "%s", result->line);
        else
                delivery_ended(d, refused ? OUTCOME_REFUSED : OUTCOME_FAILED, "%s%s%s", result->line,
                               *result->line ? ": " : "", result->answer);
}

static const long mail_tls[] = { [CHANNEL_TLS_REQUIRED] = CURLUSESSL_ALL,
                                 [CHANNEL_TLS_TRIED] = CURLUSESSL_TRY,
                                 [CHANNEL_TLS_NEVER] = CURLUSESSL_NONE };

static int mail_begin(struct delivery *d, const char *to, struct buf *mail) {
        const struct channel_config *c = d->channel;
        CURL *easy = web_easy("smtp,smtps", c->url, c->ca_file);
        struct curl_slist *recipients = easy ? curl_slist_append(NULL, to) : NULL;
        struct web_transfer *transfer;
        int r;

        if (!recipients) {
                curl_easy_cleanup(easy);
                return -ENOMEM;
        }
        (void)curl_easy_setopt(easy, CURLOPT_USE_SSL, mail_tls[c->tls]);
        /* also when it takes leave; without it libcurl waits two minutes */
        (void)curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)((c->timeout + WW_SECOND - 1) / WW_SECOND));
        if (*c->user) {
                (void)curl_easy_setopt(easy, CURLOPT_USERNAME, c->user);
                (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, c->password);
        }
        (void)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, c->from);
        (void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
        (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->n);
        (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, web_read);
        r = web_send(d->line, easy, recipients, mail, mail_ended, d, &transfer);
        if (!r)
                d->state = transfer;
        return r;
}

static int mail_send(struct delivery *d) {
        const char *to = notification_text(d->notification, "address");
        _cleanup_buf_ struct buf mail = BUF_INIT;
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (!address_good(to)) {
                delivery_ended(d, OUTCOME_REFUSED, "the recipient has no mail address that could be used: `%s`", to);
                return 0;
        }
        put_mail(d, to, &mail);
        buf_put(&text, d->text.p, d->text.n);
        if (d->link.n)
                buf_printf(&text, "\n\n%.*s", WW_STR_ARG(d->link));
        buf_puts(&text, "\n");
        if (notification_record(d->notification))
                buf_puts(&text, "\n");
        notification_put_record(d->notification, &text);
        put_body(buf_str(&text), &mail);
        if (mail.error || text.error)
                return -ENOMEM;
        return mail_begin(d, to, &mail);
}

static void mail_cancel(struct delivery *d) {
        web_cancel(d->state);
        d->state = NULL;
}

const struct transport transport_mail = { .open = mail_open, .send = mail_send, .cancel = mail_cancel };

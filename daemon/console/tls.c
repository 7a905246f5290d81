#include "console/tls.h"

#include "base/log.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

struct tls {
        const char *cert, *key;
        SSL_CTX *context;
};

static int tell(const char *file, const char *what) {
        char text[200];

        ERR_error_string_n(ERR_get_error(), text, sizeof text);
        ERR_clear_error();
        log_error("console-certificate", file,
                  "%s: %s; the certificates stand in console.tls_cert, PEM, the server's first, "
                  "and users.console must be able to read both files",
                  what, text);
        return -EINVAL;
}

/* Forward secrecy whatever the browser likes; nothing is resumed by tickets, whose keys would have to be renewed. */
static SSL_CTX *context_new(void) {
        SSL_CTX *c = SSL_CTX_new(TLS_server_method());

        if (!c)
                return NULL;
        SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE);
        SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
        if (SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
            SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1)
                return c;
        SSL_CTX_free(c);
        return NULL;
}

static int load(const struct tls *t, SSL_CTX **ret) {
        SSL_CTX *c = context_new();
        int r = 0;

        if (!c)
                return -ENOMEM;
        if (SSL_CTX_use_certificate_chain_file(c, t->cert) != 1)
                r = tell(t->cert, "no certificate");
        else if (SSL_CTX_use_PrivateKey_file(c, t->key, SSL_FILETYPE_PEM) != 1)
                r = tell(t->key, "no key");
        else if (SSL_CTX_check_private_key(c) != 1)
                r = tell(t->key, "not the certificate's key");
        if (r)
                SSL_CTX_free(c);
        else
                *ret = c;
        return r;
}

int tls_new(struct tls **ret, const char *cert, const char *key) {
        struct tls *t = calloc(1, sizeof *t);
        int r;

        if (!t)
                return -ENOMEM;
        t->cert = cert;
        t->key = key;
        r = load(t, &t->context);
        if (r) {
                free(t);
                return r;
        }
        *ret = t;
        return 0;
}

struct tls *tls_free(struct tls *t) {
        if (t)
                SSL_CTX_free(t->context);
        free(t);
        return NULL;
}

int tls_reload(struct tls *t) {
        SSL_CTX *fresh;
        int r = load(t, &fresh);

        if (r)
                return r;
        SSL_CTX_free(t->context); /* connections hold references */
        t->context = fresh;
        log_notice("console-certificate", t->cert, "taken anew");
        return 0;
}

struct bufferevent *tls_bufferevent(struct tls *t, struct event_base *base) {
        SSL *ssl = SSL_new(t->context);
        struct bufferevent *bev = ssl ? bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                                                       BEV_OPT_CLOSE_ON_FREE)
                                      : NULL;

        if (bev)
                bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
        else if (ssl)
                SSL_free(ssl);
        return bev;
}

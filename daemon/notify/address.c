#include "notify/address.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS_MAX 254

static bool character_good(char c) {
        return (unsigned char)c < 0x80 && (isalnum((unsigned char)c) || (c && strchr("@.!#$%&'*+-/=?^_`{|}~", c)));
}

bool address_good(const char *address) {
        const char *at = strchr(address, '@');

        for (const char *p = address; *p; p++)
                if (!character_good(*p))
                        return false;
        return at && at != address && at[1] && !strchr(at + 1, '@') && strlen(address) <= ADDRESS_MAX &&
               address[0] != '-';
}

bool address_server(const char *url, const char *default_port, struct address_server *ret) {
        const char *host = strstr(url, "://"), *end, *port;
        int n;

        if (!host)
                return false;
        host += 3;
        if (strncmp(url, "unix:", 5) == 0)
                return (size_t)snprintf(ret->host, sizeof ret->host, "%s", host) < sizeof ret->host && *host == '/';
        end = host + strcspn(host, "/?#");
        if (*host == '[') {
                host++;
                n = (int)strcspn(host, "]");
                port = host[n] ? host + n + 1 : end;
        } else {
                n = (int)strcspn(host, ":/?#");
                port = host + n;
        }
        if (n == 0 || n >= (int)sizeof ret->host)
                return false;
        (void)snprintf(ret->host, sizeof ret->host, "%.*s", n, host);
        if (*port == ':' && port + 1 < end)
                return snprintf(ret->port, sizeof ret->port, "%.*s", (int)(end - port) - 1, port + 1) <= 5;
        (void)snprintf(ret->port, sizeof ret->port, "%s", default_port);
        return true;
}

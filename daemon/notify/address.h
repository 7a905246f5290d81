#pragma once
/* Addresses of others: of mail, and of servers in URLs. */
#include <stdbool.h>

/** One mail address of ordinary form and nothing else: no name, no second one, no line's end. */
bool address_good(const char *address);

struct address_server {
        char host[256]; /* without the brackets of IPv6 */
        char port[8];
};

/** Of "scheme://host:port/…", or a path in `host` after "unix://". False: too long, or no host. */
bool address_server(const char *url, const char *default_port, struct address_server *ret);

#pragma once
/* The rows of transports[]: each is one file. */
#include "notify/transport.h"

extern const struct transport transport_webhook, transport_mail, transport_mqtt, transport_syslog, transport_program;

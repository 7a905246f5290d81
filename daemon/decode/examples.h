#pragma once
/*
 * A sensor type's own examples: messages as devices send them, and the events that they must give. They run through the
 * whole set of types, so that a type that takes another one's messages is found too, but on an empty site (or the one
 * that the example brings along), so that they hold in every hospital. They are run by decode_types_examples().
 */
#include "decode/type.h"

#define EXAMPLES_MESSAGES_MAX 64 /* of one example */

extern const char *const examples_keys[], *const examples_given_keys[], *const examples_event_keys[];
extern const size_t examples_keys_n, examples_given_keys_n, examples_event_keys_n;

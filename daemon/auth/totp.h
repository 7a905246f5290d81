#pragma once
/*
 * The second factor: RFC 6238 with SHA-1, 30 seconds and six digits. Others would be stronger on paper; but these are
 * the values that every authenticator understands: some ignore what the link says of the hash or the digits, and then
 * show codes that are never right. Nothing here rests on what SHA-1 has lost: HMAC needs no resistance to collisions.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOTP_SECRET_SIZE 20 /* bytes */
#define TOTP_TEXT_SIZE   33 /* base32, with its NUL */
#define TOTP_STEP        30 /* s */

/** The code of a step: 0 to 999999. */
uint32_t totp_code(const uint8_t *secret, size_t n, uint64_t step);
/** `now`: s since 1970. One step early or late is right, one that is not after `last` is not: a code is good once. */
bool totp_check(const uint8_t *secret, size_t n, int64_t now, const char *code, uint64_t last, uint64_t *ret_step);
/** As people type it. */
void totp_text(const uint8_t secret[TOTP_SECRET_SIZE], char out[TOTP_TEXT_SIZE]);

#include "auth/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define DIGITS 6

uint32_t totp_code(const uint8_t *secret, size_t n, uint64_t step) {
        uint8_t message[8], mac[EVP_MAX_MD_SIZE];
        unsigned size = 0, at;

        for (int i = 7; i >= 0; i--, step >>= 8)
                message[i] = (uint8_t)step;
        if (!HMAC(EVP_sha1(), secret, (int)n, message, sizeof message, mac, &size) || size != 20)
                return UINT32_MAX; /* matches no code */
        at = mac[19] & 0x0f;
        return ((uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 |
                mac[at + 3]) %
               1000000;
}

bool totp_check(const uint8_t *secret, size_t n, int64_t now, const char *code, uint64_t last, uint64_t *ret_step) {
        uint64_t middle = (uint64_t)(now / TOTP_STEP);
        bool right = false;

        if (strlen(code) != DIGITS || strspn(code, "0123456789") != DIGITS || middle == 0)
                return false;
        for (uint64_t step = middle - 1; step <= middle + 1; step++) { /* all three: time does not tell which */
                char text[16];

                (void)snprintf(text, sizeof text, "%06u", (unsigned)totp_code(secret, n, step));
                if (sodium_memcmp(text, code, DIGITS) == 0 && strlen(text) == DIGITS && step > last && !right) {
                        right = true;
                        *ret_step = step;
                }
        }
        return right;
}

void totp_text(const uint8_t secret[TOTP_SECRET_SIZE], char out[TOTP_TEXT_SIZE]) {
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        uint32_t bits = 0;
        size_t have = 0, n = 0;

        for (size_t i = 0; i < TOTP_SECRET_SIZE; i++) {
                bits = bits << 8 | secret[i];
                for (have += 8; have >= 5; have -= 5)
                        out[n++] = letters[bits >> (have - 5) & 31];
        }
        out[n] = 0;
}

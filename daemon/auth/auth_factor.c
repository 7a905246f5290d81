/*
 * The second factor by its owner: whoever gives the password (and the code of the factor that he has) gets a secret,
 * and it is in force once his authenticator has shown a code of it. Until then the old one is, or none: nobody locks
 * himself out by a picture that did not scan.
 *
 *     asked, password right ── a code of it ──► in force, on disk
 *          └── TRIES wrong codes; FACTOR_TIME; asked anew; this process ends ──► forgotten
 *
 * Another person's is taken away by whoever gives his own password and code; that he may is the console's to know,
 * which has the roles. What is gained by one who took the console over is little: he still needs that person's
 * password.
 */
#include "auth/auth_internal.h"

#include "base/clock.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <wardwatch/time.h>

#define FACTOR_TIME (10 * WW_MINUTE)
#define TRIES       5

json_t *auth_factor_answer(const json_t *request, const char *name, const uint8_t secret[TOTP_SECRET_SIZE]) {
        char text[TOTP_TEXT_SIZE], uri[256];
        json_t *answer;

        totp_text(secret, text);
        (void)snprintf(uri, sizeof uri, "otpauth://totp/Wardwatch:%s?secret=%s&issuer=Wardwatch", name, text);
        answer = json_pack("{s:O?, s:b, s:s, s:s, s:s}", "id", json_object_get(request, "id"), "ok", 1, "result", "yes",
                           "secret", text, "uri", uri);
        sodium_memzero(text, sizeof text);
        sodium_memzero(uri, sizeof uri);
        return answer;
}

static void forget(struct auth_factor *f) {
        sodium_memzero(f, sizeof *f);
}

/* His own place, or the one that would be forgotten first. */
static struct auth_factor *place_for(struct auth *a, const char *name) {
        struct auth_factor *oldest = &a->factors[0];

        for (size_t i = 0; i < AUTH_FACTORS_MAX; i++) {
                if (strcmp(a->factors[i].name, name) == 0)
                        return &a->factors[i];
                if (a->factors[i].until < oldest->until)
                        oldest = &a->factors[i];
        }
        return oldest;
}

void auth_factor_new(struct auth *a, struct auth_client *c, const json_t *request, const char *name) {
        struct auth_factor *f = place_for(a, name);

        forget(f);
        (void)snprintf(f->name, sizeof f->name, "%s", name);
        randombytes_buf(f->secret, sizeof f->secret);
        f->until = clock_boot() + FACTOR_TIME;
        auth_send(c, auth_factor_answer(request, name, f->secret));
}

static json_t *done(const json_t *request) {
        return json_pack("{s:O?, s:b, s:s}", "id", json_object_get(request, "id"), "ok", 1, "result", "yes");
}

void auth_factor_off(struct auth *a, struct auth_client *c, const json_t *request, const char *of, const char *by) {
        struct vault_user user;
        bool there = vault_find(a->vault, of, &user) && user.has_totp;

        sodium_memzero(&user, sizeof user);
        if (there)
                auth_done(c, request, vault_set_totp(a->vault, of, NULL, by, clock_wall()), done(request));
        else
                auth_refuse(c, request, "no-factor", "that person has no second factor",
                            "`wardwatch user list` says who has one");
}

static struct auth_factor *find(struct auth *a, const char *name) {
        for (size_t i = 0; i < AUTH_FACTORS_MAX; i++)
                if (a->factors[i].name[0] && strcmp(a->factors[i].name, name) == 0 &&
                    clock_boot() <= a->factors[i].until)
                        return &a->factors[i];
        return NULL;
}

static int keep(struct auth *a, const struct auth_factor *f, uint64_t step) {
        int e = vault_set_totp(a->vault, f->name, f->secret, f->name, clock_wall());

        if (!e)
                (void)vault_step(a->vault, f->name, step); /* a code is good once */
        return e;
}

void auth_factor_confirm(struct auth_client *c, const json_t *request) {
        const char *name = auth_text(c, request, "name", AUTH_NAME_MAX);
        const char *code = name ? auth_text(c, request, "totp", 15) : NULL;
        struct auth_factor *f = code ? find(c->auth, name) : NULL;
        uint64_t step;
        int e;

        if (!code)
                return;
        if (!f || !vault_find(c->auth->vault, name, NULL)) {
                auth_refuse(c, request, "none-begun", "no second factor waits for a code, or it waited too long",
                            "begin again");
        } else if (totp_check(f->secret, sizeof f->secret, clock_wall() / WW_SECOND, code, 0, &step)) {
                e = keep(c->auth, f, step);
                if (!e)
                        forget(f);
                auth_done(c, request, e, done(request));
        } else if (++f->wrong >= TRIES) {
                forget(f);
                auth_refuse(c, request, "none-begun", "too many codes were wrong", "begin again");
        } else {
                auth_refuse(c, request, "wrong-code", "that is not the code",
                            "wait for the next one; the clock of the telephone must be right");
        }
}

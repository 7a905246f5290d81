/*
 * A check waits until the throttle lets it, and then for its turn: one at a time (hashing.c). Nobody is ever locked
 * out: a wait has an end, and how many may wait is bounded for each source, so that one source cannot take the places
 * of others.
 */
#include "auth/auth_internal.h"

#include "auth/password.h"
#include "auth/totp.h"
#include "base/clock.h"
#include "base/log.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wardwatch/time.h>

static void check_free(struct auth_check *k) {
        sodium_memzero(k, sizeof *k);
        free(k);
}

static void arm(struct auth *a) {
        int64_t wait = a->waiting ? a->waiting->at - clock_boot() : 0;

        if (wait < 0)
                wait = 0;
        if (a->waiting)
                (void)event_add(a->turn, &(struct timeval){ .tv_sec = wait / WW_SECOND, .tv_usec = wait % WW_SECOND });
}

static size_t waiting_of(const struct auth *a, const char *source) {
        size_t n = 0;

        for (const struct auth_check *k = a->waiting; k; k = k->next)
                n += strcmp(k->source, source) == 0;
        return n + (a->checked && strcmp(a->checked->source, source) == 0);
}

static void put(struct auth *a, struct auth_check *k) {
        struct auth_check **at = &a->waiting;

        while (*at && (*at)->at <= k->at)
                at = &(*at)->next;
        k->next = *at;
        *at = k;
        a->n_waiting++;
        arm(a);
}

/* --- asking --- */

static bool optional(struct auth_client *c, const json_t *request, const char *name, size_t max, const char **ret) {
        const json_t *value = json_object_get(request, name);

        if (!value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
                return true;
        *ret = auth_text(c, request, name, max);
        return *ret != NULL;
}

static enum auth_purpose purpose_of(const json_t *request) {
        static const char *const names[] = {
                [AUTH_OWN_PASSWORD] = "own", [AUTH_NEW_FACTOR] = "factor", [AUTH_NO_FACTOR] = "factor-off"
        };
        const char *cmd = json_string_value(json_object_get(request, "cmd"));

        for (size_t i = AUTH_OWN_PASSWORD; i < sizeof names / sizeof *names; i++)
                if (cmd && strcmp(cmd, names[i]) == 0)
                        return (enum auth_purpose)i;
        return AUTH_CHECK;
}

/* Before anything waits, and a code is used up for nothing. */
static bool fresh_good(struct auth_client *c, const json_t *request, const char *name, const char *old,
                       const char **ret) {
        char why[160] = "it is the one that you have";

        *ret = "";
        if (purpose_of(request) != AUTH_OWN_PASSWORD)
                return true;
        *ret = auth_text(c, request, "new", AUTH_PASSWORD_MAX);
        if (!*ret)
                return false;
        if (strcmp(*ret, old) != 0 && password_good(name, *ret, why, sizeof why))
                return true;
        auth_refuse(c, request, "weak", why, "take four or more words that have nothing to do with each other");
        return false;
}

/* Of whom: somebody else. */
static bool other_good(struct auth_client *c, const json_t *request, const char *name, const char **ret) {
        *ret = "";
        if (purpose_of(request) != AUTH_NO_FACTOR)
                return true;
        *ret = auth_text(c, request, "of", AUTH_NAME_MAX);
        if (*ret && strcmp(*ret, name) == 0) {
                auth_refuse(c, request, "same-person", "one's own second factor is taken away by somebody else",
                            "ask another administrator, or `wardwatch user totp NAME --off`");
                return false;
        }
        return *ret != NULL;
}

void auth_check_ask(struct auth_client *c, const json_t *request) {
        const char *id = auth_text(c, request, "id", sizeof((struct auth_check *)0)->id - 1), *name, *password;
        const char *totp = "", *source = c->actor, *fresh, *of;
        struct auth *a = c->auth;
        struct auth_check *k;
        int64_t now;

        name = id ? auth_text(c, request, "name", AUTH_NAME_MAX) : NULL;
        password = name ? auth_text(c, request, "password", AUTH_PASSWORD_MAX) : NULL;
        if (!password || !optional(c, request, "totp", sizeof k->totp - 1, &totp) ||
            !optional(c, request, "source", AUTH_SOURCE_BYTES, &source) ||
            !fresh_good(c, request, name, password, &fresh) || !other_good(c, request, name, &of))
                return;
        if (a->n_waiting >= AUTH_WAITING_MAX || waiting_of(a, source) >= AUTH_SOURCE_MAX) {
                a->busy++;
                auth_refuse(c, request, "busy", "others wait already", "try again in a while");
                return;
        }
        k = calloc(1, sizeof *k);
        if (!k)
                return;
        k->client = c->number;
        now = clock_boot();
        k->at = throttle_at(a->throttle, name, source, now);
        a->throttled += k->at > now;
        (void)snprintf(k->id, sizeof k->id, "%s", id);
        (void)snprintf(k->name, sizeof k->name, "%s", name);
        (void)snprintf(k->source, sizeof k->source, "%.*s", (int)sizeof k->source - 1, source);
        (void)snprintf(k->totp, sizeof k->totp, "%s", totp);
        (void)snprintf(k->password, sizeof k->password, "%s", password);
        k->purpose = purpose_of(request);
        (void)snprintf(k->fresh, sizeof k->fresh, "%s", fresh);
        (void)snprintf(k->of, sizeof k->of, "%s", of);
        put(a, k);
}

/* --- answering --- */

enum verdict { NO, YES, NEEDS_TOTP };

static enum verdict second_factor(struct auth *a, const struct auth_check *k, const struct vault_user *user) {
        uint64_t step;

        if (!k->totp[0])
                return NEEDS_TOTP;
        if (!totp_check(user->totp, sizeof user->totp, clock_wall() / WW_SECOND, k->totp, user->step, &step))
                return NO;
        /* a code is good once; if the disk is full it is better to let somebody in than nobody */
        if (vault_step(a->vault, k->name, step))
                log_warning("auth-file", k->name, "the code's use could not be noted");
        return YES;
}

/* The password may have been changed while it was hashed: then it is not that one any more. */
static enum verdict judge(struct auth *a, const struct auth_check *k, const struct hashing_work *work) {
        struct vault_user user;
        bool known = vault_find(a->vault, k->name, &user) && strcmp(user.hash, work->hash) == 0;
        enum verdict verdict = work->right && known ? YES : NO;

        if (verdict == YES && user.has_totp)
                verdict = second_factor(a, k, &user);
        sodium_memzero(&user, sizeof user);
        return verdict;
}

static bool is_given(const struct auth *a, const char *name) {
        struct vault_user user;
        bool given = vault_find(a->vault, name, &user) && user.given;

        sodium_memzero(&user, sizeof user);
        return given;
}

/* 0 or -errno. */
static int change_own(struct auth *a, const struct auth_check *k, const struct hashing_work *work) {
        int e = work->error;

        if (!e)
                e = vault_set_password(a->vault, k->name, work->fresh_hash, k->name, clock_wall());
        if (!e)
                auth_tell(a);
        return e;
}

static void answer_own(struct auth *a, const struct auth_check *k, struct auth_client *c,
                       const struct hashing_work *work, const json_t *request) {
        int e = change_own(a, k, work);

        if (e)
                auth_refuse(c, request, "not-kept", strerror(-e), "look at the disk of state.dir, and repeat");
        else
                auth_send(c, json_pack("{s:s, s:b, s:s}", "id", k->id, "ok", 1, "result", "yes"));
}

/* Nobody is there any more to learn it: then nothing is changed. */
static void fulfil(struct auth *a, const struct auth_check *k, struct auth_client *c, const struct hashing_work *work) {
        json_t *request = json_pack("{s:s}", "id", k->id);

        if (c && k->purpose == AUTH_OWN_PASSWORD)
                answer_own(a, k, c, work, request);
        else if (c && k->purpose == AUTH_NEW_FACTOR)
                auth_factor_new(a, c, request, k->name);
        else if (c)
                auth_factor_off(a, c, request, k->of, k->name);
        json_decref(request);
}

static void answer(struct auth *a, const struct auth_check *k, const struct hashing_work *work) {
        static const char *const words[] = { [NO] = "no", [YES] = "yes", [NEEDS_TOTP] = "totp" };
        enum verdict verdict = judge(a, k, work);
        struct auth_client *c = auth_client_find(a, k->client);

        if (verdict != NEEDS_TOTP)
                throttle_result(a->throttle, k->name, k->source, verdict == YES, clock_boot());
        a->yes += verdict == YES;
        a->no += verdict == NO;
        a->totp += verdict == NEEDS_TOTP;
        if (verdict == NO)
                log_notice("login-refused", k->name, "from %s", k->source);
        if (verdict == YES && k->purpose != AUTH_CHECK)
                fulfil(a, k, c, work);
        else if (c)
                auth_send(c, json_pack("{s:s, s:b, s:s, s:o*}", "id", k->id, "ok", 1, "result", words[verdict], "given",
                                       verdict == YES && is_given(a, k->name) ? json_true() : NULL));
}

/* Who is not known, or has no password, takes as long as who is. */
static int begin(struct auth *a, const struct auth_check *k) {
        struct hashing_work work = { 0 };
        struct vault_user user;
        int e;

        (void)snprintf(work.hash, sizeof work.hash, "%s", vault_find(a->vault, k->name, &user) ? user.hash : a->dummy);
        (void)snprintf(work.password, sizeof work.password, "%s", k->password);
        (void)snprintf(work.fresh, sizeof work.fresh, "%s", k->fresh);
        e = hashing_begin(a->hashing, &work);
        sodium_memzero(&work, sizeof work);
        sodium_memzero(&user, sizeof user);
        return e;
}

void auth_check_hashed(void *userdata, const struct hashing_work *work) {
        struct auth *a = userdata;
        struct auth_check *k = a->checked;

        a->checked = NULL;
        a->n_waiting--;
        answer(a, k, work);
        check_free(k);
        arm(a);
}

/* One that cannot be begun stays the first, and is tried again. */
void auth_check_turn(struct auth *a) {
        struct auth_check *k = a->waiting;

        if (!k || hashing_busy(a->hashing))
                return; /* its end arms the next */
        if (k->at <= clock_boot()) {
                int e = begin(a, k);

                if (!e) {
                        a->waiting = k->next;
                        a->checked = k;
                        return;
                }
                log_warning("auth-thread", k->name, "no thread can be had: %s", strerror(-e));
                k->at = clock_boot() + WW_SECOND;
        }
        arm(a);
}

void auth_check_drop(struct auth *a) {
        if (a->checked)
                check_free(a->checked);
        a->checked = NULL;
        while (a->waiting) {
                struct auth_check *k = a->waiting;

                a->waiting = k->next;
                check_free(k);
        }
}

/*
 * Who is at the other end of the command socket is told by the kernel: a user. root and the daemon's own user can write
 * the journal's file itself, and are held to nothing here. A worker's user may report what that worker has to report,
 * and nothing of another's: whoever takes a worker over can pose as that one alone. Where several share a user it may
 * what each of them may.
 *
 * Three things are not left to whoever comes first:
 *
 *   places   command.clients_max connections. A user gets a quarter of them at most, and some are kept for each of
 *            those without whom nothing goes on (`places`): they get in however many others have come.
 *   bytes    what a user may have written into the journal in a time (allowance.h): a request, and all that comes of
 *            it. The console speaks for many, and has more. From where the bulk lane closes it is an eighth: what is
 *            left of the map then lasts, whoever writes.
 *   acts     what one operator at the console has used up, and what a change of mode has cost, all at the console lack.
 *            So each person has a few short acts in each time beside it: people can acknowledge what they see.
 */
#include "engine_feed.h"

#include "alarm/alarm_verbs.h"
#include "base/peer.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <xxhash.h>

#define WRITE_BURST   (1024 * 1024) /* bytes */
#define WRITE_SECOND  (64 * 1024)
#define WRITE_CONSOLE 4 /* times that */
#define WRITE_LEAN    8 /* the eighth part, in a second */
#define ACT_BURST     8 /* acts of a person */
#define ACT_SECOND    1
#define ACT_PEOPLE    4 /* times that, of all together: 8 KiB a second of acts as they mostly are */
#define USER_SHARE    4 /* of the places: a quarter */
#define KEPT_SHARE    8 /* of the places: no more is kept for any of them */

enum { OURS = REPORTER_ANY + 1 }; /* beside enum reporter */

static const struct {
        unsigned who;
        size_t user; /* where the configuration names it */
        size_t kept;
} places[ENGINE_PEER_REPORTERS + 1] = {
        { REPORTER_STORE, offsetof(struct config, users.store), 2 },
        { REPORTER_AUTH, offsetof(struct config, users.auth), 1 },
        { REPORTER_CONSOLE, offsetof(struct config, users.console), 4 },
        { REPORTER_NOTIFY, offsetof(struct config, users.notify), 2 },
        { OURS, 0, 8 },
};

static bool is_ours(uid_t uid) {
        return uid == 0 || uid == geteuid();
}

void engine_peers_init(struct engine_peers *p, const struct config *config) {
        for (size_t i = 0; i < ENGINE_PEER_REPORTERS; i++) {
                const char *name = *(const char *const *)((const char *)config + places[i].user);
                const struct passwd *pw = *name ? getpwnam(name) : NULL;

                p->reporters[i] = pw && !is_ours(pw->pw_uid) ? pw->pw_uid : (uid_t)-1;
        }
}

/* --- who --- */

static bool user_in_group(const char *user, gid_t gid, const char *group) {
        const struct group *g = *group ? getgrnam(group) : NULL;

        if (!g)
                return false;
        for (char **member = g->gr_mem; *member; member++) {
                if (strcmp(*member, user) == 0)
                        return true;
        }
        return g->gr_gid == gid;
}

static unsigned reporters_of(const struct engine_peers *p, uid_t uid) {
        unsigned reporters = 0;

        for (size_t i = 0; i < ENGINE_PEER_REPORTERS; i++)
                reporters |= p->reporters[i] == uid ? places[i].who : 0;
        return reporters;
}

bool engine_peer_identify(const struct engine_feed *feed, int fd, struct engine_peer *ret) {
        const char *group = feed->engine->config->command.group;
        struct peer peer;

        if (!peer_of(fd, &peer))
                return false;
        *ret = (struct engine_peer){ .uid = peer.uid, .own = is_ours(peer.uid) };
        memcpy(ret->name, peer.name, sizeof ret->name);
        ret->reporters = ret->own ? REPORTER_ANY : reporters_of(&feed->peers, peer.uid);
        if (ret->own)
                ret->roles = ENGINE_ROLES_ALL & ~0x80000000U;
        else if (peer.user && user_in_group(peer.user, peer.gid, group))
                ret->roles = ALARM_ROLE_OPERATOR;
        return true;
}

/* --- places --- */

static unsigned sits_as(const struct engine_peer *peer) {
        return peer->own ? OURS : peer->reporters;
}

/* What of the row's places nobody has taken yet. */
static size_t places_kept(const struct engine_feed *feed, size_t row) {
        size_t kept = places[row].kept, most = (size_t)feed->engine->config->command.clients_max / KEPT_SHARE;

        if (row < ENGINE_PEER_REPORTERS && feed->peers.reporters[row] == (uid_t)-1)
                return 0;
        kept = kept < most ? kept : most;
        for (const struct engine_client *c = feed->clients; c && kept; c = c->next)
                kept -= (sits_as(&c->peer) & places[row].who) != 0;
        return kept;
}

static size_t places_of(const struct engine_feed *feed, uid_t uid) {
        size_t n = 0;

        for (const struct engine_client *c = feed->clients; c; c = c->next)
                n += c->peer.uid == uid;
        return n;
}

bool engine_peer_place(const struct engine_feed *feed, const struct engine_peer *peer) {
        size_t most = (size_t)feed->engine->config->command.clients_max, taken = feed->n;

        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
                if (!(sits_as(peer) & places[i].who))
                        taken += places_kept(feed, i);
        return taken < most && (peer->own || places_of(feed, peer->uid) < (most + USER_SHARE - 1) / USER_SHARE);
}

/* --- bytes --- */

bool engine_peer_write(struct engine_feed *feed, const struct engine_peer *peer, size_t bytes) {
        unsigned times = peer->reporters & REPORTER_CONSOLE ? WRITE_CONSOLE : 1,
                 part = feed->engine->lean ? WRITE_LEAN : 1;
        const struct allowance_rate rate = { (double)WRITE_BURST * times, (double)WRITE_SECOND * times / part };

        return peer->own || allowance_take(&feed->peers.bytes, peer->uid, bytes, rate, clock_boot());
}

bool engine_peer_act(struct engine_feed *feed, const char *actor) {
        const struct allowance_rate one = { ACT_BURST, ACT_SECOND },
                                    all = { ACT_PEOPLE * ACT_BURST, ACT_PEOPLE * ACT_SECOND };
        int64_t now = clock_boot();

        return allowance_has(&feed->peers.acts_all, 0, 1, all, now) &&
               allowance_take(&feed->peers.acts, XXH3_64bits(actor, strlen(actor)), 1, one, now) &&
               allowance_take(&feed->peers.acts_all, 0, 1, all, now);
}

void engine_peer_wrote(struct engine_feed *feed, const struct engine_command *command) {
        size_t own = strlen(command->body);

        if (command->written > own)
                allowance_charge(&feed->peers.bytes, command->uid, command->written - own);
}

#pragma once
/*
 * The process that knows the operators' passwords, and tells nobody: yes, no, or that the second factor is missing.
 *
 *   console → auth   {"id","cmd":"check","name","password"[,"totp"][,"source"]}
 *   auth → console   {"id","ok":true,"result":"yes"|"no"|"totp"[,"given":true]}
 *
 *   console → auth   {"id","cmd":"own","name","password","new"[,"totp"][,"source"]}
 *   auth → console   the same answer; "yes": the new password holds
 *
 *   console → auth   {"id","cmd":"factor","name","password"[,"totp"][,"source"]}
 *   auth → console   the same answer; "yes" with "secret" and "uri": a second factor that waits to be confirmed
 *   console → auth   {"id","cmd":"confirm","name","totp"}: by a code of it; or "wrong-code", "none-begun"
 *   console → auth   {"id","cmd":"factor-off","name","password"[,"totp"],"of"[,"source"]}: takes another person's away
 *
 *   console → auth   {"id","cmd":"check-key","key"[,"source"]}
 *   auth → console   {"id","ok":true,"result":"yes","name","scopes":[…]} or "no"
 *   console → auth   {"id","cmd":"who"}: who has a password and a second factor
 *
 * `given` says that somebody else chose the password: the console lets that person do nothing but choose one of his
 * own. Changing one's own takes the old one, checked and slowed down like any other attempt.
 *
 * root and the daemon's own user manage the credentials over the same socket (`wardwatch user`): add, passwd, totp,
 * remove, list, key-add, key-remove, key-list. The console may only ask these. Everybody else is closed before a byte
 * of theirs is read.
 */
#include "config/config.h"

#define AUTH_DIR    "auth"      /* below state.dir and state.run_dir */
#define AUTH_SOCKET "auth.sock" /* in the latter */

/** Opens and locks the folder of the file, before the user changes: nobody else can reach it. fd, or -errno after
 *  telling. */
int auth_dir_open(const struct config *config);
/** The worker; takes `dir_fd` over. Exit code. */
int auth_main(const struct config *config, int control_fd, int dir_fd);

#include "command/behalf.h"

#include <pwd.h>
#include <unistd.h>

static const char *person_of_console;

void behalf_set(const char *person) {
        person_of_console = person;
}

bool behalf_console(void) {
        return person_of_console;
}

const char *behalf_person(void) {
        const struct passwd *pw = person_of_console ? NULL : getpwuid(getuid());

        return person_of_console ? person_of_console : pw ? pw->pw_name : NULL;
}

void behalf_config(struct config *config) {
        if (!person_of_console)
                return;
        config->database.url = config->console.database;
        config->database.password_file = config->console.database_password_file;
}

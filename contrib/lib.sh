# What the scripts of this folder share. Sourced by bash, with `set -euo pipefail` in force.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PYTHON=/usr/bin/python3
[ -x "$PYTHON" ] || PYTHON=python3

say() {
        printf '%s\n' "$*" >&2
}

die() {
        say "$(basename "$0"): $*"
        exit 1
}

# The names in packages.txt that are for one of the given purposes.
packages_for() {
        local purpose
        for purpose in "$@"; do
                awk -v purpose="$purpose" '$1 !~ /^#/ && $2 == purpose { print $1 }' "$ROOT/contrib/packages.txt"
        done
}

as_root() {
        if [ "$(id -u)" = 0 ]; then
                "$@"
        elif command -v sudo >/dev/null; then
                sudo "$@"
        else
                die "this needs root, and there is no sudo: $*"
        fi
}

# Every package that is installed, and those in whose place another one stands (nodejs from elsewhere brings npm).
installed_packages() {
        dpkg-query -W -f='${db:Status-Status}\t${Package}, ${Provides}\n' | sed -n 's/^installed\t//p' |
                tr ',' '\n' | sed 's/^ *//; s/ .*//'
}

# Installs what is missing for the given purposes; does nothing, and asks for no password, if all is there.
install_packages() {
        local missing=() name there
        command -v dpkg-query >/dev/null || {
                say "not a Debian: install these yourself: $(packages_for "$@" | tr '\n' ' ')"
                return 0
        }
        there=$(installed_packages)
        for name in $(packages_for "$@"); do
                grep -qxF "$name" <<<"$there" || missing+=("$name")
        done
        [ "${#missing[@]}" -gt 0 ] || return 0
        say "installing: ${missing[*]}"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y update >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${missing[@]}" \
                </dev/null >&2
}

# The newest PostgreSQL's programs: Debian keeps initdb and pg_ctl out of PATH.
postgres_bin() {
        local dir
        dir=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
        [ -n "$dir" ] || dir=$(dirname "$(command -v pg_ctl || die 'there is no PostgreSQL server here')")
        printf '%s\n' "$dir"
}

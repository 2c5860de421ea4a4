#!/bin/sh
# Installs what only the tests and the benchmark need: a Postgres server, of which each of them starts one of its own.
# Says what it does before it does it; does nothing, in milliseconds, when nothing is missing.
set -eu

# Debian keeps the server off the PATH, in a folder for each version.
for initdb in /usr/lib/postgresql/*/bin/initdb; do
  [ -x "$initdb" ] && exit 0
done
command -v initdb >/dev/null 2>&1 && exit 0

if ! { command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; }; then
  echo "longhaul: the tests need a Postgres server (its programs alone; each test starts one of its own)." >&2
  echo "          Install it (on Debian or Ubuntu: sudo apt-get install --no-install-recommends postgresql) and try again." >&2
  exit 1
fi

echo "longhaul: installing with apt-get: postgresql…" >&2
# Without this the package would make a cluster and start it; a file that is there it leaves as it is.
settings=/etc/postgresql-common/createcluster.conf
if [ ! -e "$settings" ]; then
  mkdir -p "${settings%/*}"
  echo "create_main_cluster = false" >"$settings"
fi
apt-get update -qq >&2
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2

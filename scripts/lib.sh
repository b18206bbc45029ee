# shellcheck shell=bash
# What the scripts share: messages, exit codes, and getting this machine ready. Sourced, never run.

# Exit codes of all scripts, so that callers can tell the reasons apart. 1 is any other failure.
# shellcheck disable=SC2034
readonly E_USAGE=2 E_ROOT=3 E_SYSTEM=4 E_ENGINE=5 E_NETWORK=6 E_PORT=7 E_RECIPE=8 E_SYSTEMD=9 E_PLACE=10

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }

# fail CODE MESSAGE: one line that says what to do.
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$2" >&2
  exit "$1"
}

# show_help FILE: the comment at the head of a script is its help.
show_help() { sed -n '2,/^$/ s/^# \{0,1\}//p' "$1"; }

has() { command -v "$1" >/dev/null 2>&1; }

runs_systemd() { [ -d /run/systemd/system ]; }

# need_root "$@": goes on as root, through sudo where that is possible.
need_root() {
  [ "$(id -u)" -eq 0 ] && return
  has sudo || fail "$E_ROOT" "needs root: run it as root, or install sudo and run it again"
  if [ ! -t 0 ] || [ "${CI-}" = true ]; then
    sudo -n true 2>/dev/null || fail "$E_ROOT" "needs root: run it with sudo (sudo asks for a password, and there is no terminal)"
  fi
  exec sudo -E "$0" "$@"
}

# The release this machine runs, as DISTRIBUTION CODENAME VERSION.
# shellcheck disable=SC1091
release() { (. /etc/os-release && echo "${ID-} ${VERSION_CODENAME-} ${VERSION_ID-0}"); }

need_supported_system() {
  local id codename version
  read -r id codename version < <(release)
  case $id in
    debian) [ "${version%%.*}" -ge 12 ] 2>/dev/null && return ;;
    ubuntu) [ "${version/./}" -ge 2204 ] 2>/dev/null && return ;;
  esac
  fail "$E_SYSTEM" "this is ${id:-an unknown system} ${version:-}${codename:+ ($codename)}: use Debian 12 or newer, or Ubuntu 22.04 or newer"
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

available() { [[ $(apt-cache policy "$1" 2>/dev/null) == *'Candidate: '[!\(]* ]]; }

# ensure_packages PACKAGE…: installs those that are missing. Nothing is asked, nothing recommended is added.
ensure_packages() {
  local missing=() package log
  for package; do installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return
  need_root_for "to install ${missing[*]}"
  say "Installing ${missing[*]}"
  log=$(mktemp)
  if ! available "${missing[0]}"; then apt-get update -q >"$log" 2>&1 || true; fi
  apt_install "${missing[@]}" >"$log" 2>&1 ||
    { apt-get update -q >>"$log" 2>&1 && apt_install "${missing[@]}" >>"$log" 2>&1; } ||
    {
      { grep '^E:' "$log" || tail -n 3 "$log"; } | sort -u >&2
      rm -f "$log"
      fail "$E_NETWORK" "apt could not install ${missing[*]}: check the network and apt's sources, then run it again"
    }
  rm -f "$log"
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" 9>&-
}

engine_answers() { has docker && docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# ensure_engine [LOG]: a Docker engine that answers. Started here only where nothing else starts it.
ensure_engine() {
  local log=${1:-/var/log/slipway-dockerd.log}
  engine_answers && return
  case ${DOCKER_HOST-unix:///var/run/docker.sock} in
    unix:///var/run/docker.sock | unix:///run/docker.sock) ;;
    *) fail "$E_ENGINE" "no Docker engine answers at $DOCKER_HOST: start it, or unset DOCKER_HOST" ;;
  esac
  [ ! -S /var/run/docker.sock ] || [ -w /var/run/docker.sock ] ||
    fail "$E_ROOT" "may not use the Docker engine: run it with sudo, or join the group docker"
  need_root_for "to start the Docker engine"
  has dockerd || ensure_packages docker.io iptables
  has docker || ensure_packages docker-cli
  engine_answers && return
  say "Starting the Docker engine"
  if runs_systemd; then
    systemctl enable --now docker >/dev/null 2>&1 || true
  else
    start_detached "$log" dockerd
  fi
  wait_until 60 engine_answers && return
  [ ! -s "$log" ] || tail -n 5 "$log" >&2
  fail "$E_ENGINE" "the Docker engine does not start: see $(runs_systemd && echo 'journalctl -u docker' || echo "$log")"
}

need_root_for() { [ "$(id -u)" -eq 0 ] || fail "$E_ROOT" "needs root $1: run it with sudo"; }

# start_detached LOG PROGRAM [ARGUMENT…]: outlives this script and its terminal. The process id is in $!.
start_detached() {
  local log=$1
  shift
  nohup setsid "$@" </dev/null >>"$log" 2>&1 9>&- &
}

# wait_until SECONDS COMMAND…: true as soon as the command is.
wait_until() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $until ] || return 1
    sleep 0.3
  done
}

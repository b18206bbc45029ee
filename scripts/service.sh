# shellcheck shell=bash
# scripts/up --service. Sourced, never run. The service runs in this checkout as the user slipway; its data are in
# /var/lib/slipway, its settings in /etc/slipway/slipway.env.

readonly SETTINGS=/etc/slipway/slipway.env FIRST_START=/run/slipway-first-start.env
readonly VHOSTS=/etc/nginx/slipway.d UNITS=/etc/systemd/system
UNITS_CHANGED=

install_service() {
  refuse_early
  has git || ensure_packages git ca-certificates
  has ssh || ensure_packages openssh-client
  [ -x /usr/sbin/nginx ] || ensure_packages "$(first_available nginx-light nginx)"
  # shellcheck disable=SC2119
  ensure_engine
  ensure_npm
  ensure_dependencies
  ensure_build
  hint_at_base_images

  make_user
  make_settings
  make_vhost_folder
  install_units
  start_units
}

# All that speaks against it, before anything is changed.
refuse_early() {
  runs_systemd || fail "$E_SYSTEMD" "systemd does not run this machine, so there is no service to install: run scripts/$(basename "$0") without --service"
  need_supported_system
  case $ROOT/ in
    /root/* | /home/* | /run/user/* | /tmp/* | /var/tmp/*)
      fail "$E_PLACE" "the service cannot look into $ROOT: move the checkout, for example to /opt/slipway, and run it there"
      ;;
  esac
  [ ! -e "$ROOT/.env" ] ||
    fail "$E_PLACE" "the service does not read .env: move its settings with  mkdir -p /etc/slipway && mv '$ROOT/.env' $SETTINGS"
  local port
  port=$(setting SLIPWAY_PORT 2999 $SETTINGS)
  systemctl is-active -q slipway || ! port_is_used "$port" ||
    fail "$E_PORT" "port $port is in use: end what listens there (a scripts/up in the foreground?), or set SLIPWAY_PORT in $SETTINGS"
}

make_user() {
  getent group docker >/dev/null || fail "$E_ENGINE" "there is no group docker, so only root may use the engine: install docker.io, or add that group for its socket"
  getent passwd slipway >/dev/null ||
    useradd --system --user-group --home-dir /var/lib/slipway --no-create-home --shell /usr/sbin/nologin slipway
  runuser -u slipway -- test -r "$ROOT/dist/server/main.js" -a -x "$ROOT/node_modules/.bin/node" ||
    fail "$E_PLACE" "the user slipway cannot read $ROOT: make it readable with  chmod -R go+rX '$ROOT'"
}

# The first time, what the environment says about Slipway becomes the service's settings.
make_settings() {
  install -d -m 0755 /etc/slipway
  if [ ! -e $SETTINGS ]; then
    (
      umask 077
      echo '# Settings of the service: NAME=value, see docs/operating.md. After a change: systemctl restart slipway' >$SETTINGS
      echo 'SLIPWAY_CLOUDFLARED=unit' >>$SETTINGS
      settings_in_environment >>$SETTINGS
    )
  fi
  chown root:root $SETTINGS
  chmod 0600 $SETTINGS
}

# Passwords are for once: what is written down is read by the server at each start.
settings_in_environment() {
  env | grep -E '^(SLIPWAY|CLOUDFLARE)_' | grep -vE '^SLIPWAY_(ADMIN_PASSWORD|BACKUP_PASSPHRASE)=' || true
}

make_vhost_folder() {
  install -d -o slipway -g slipway -m 0755 $VHOSTS
  local include=/etc/nginx/conf.d/slipway.conf
  [ -e $include ] || printf '# Slipway writes one file for each app.\ninclude %s/*.conf;\n' $VHOSTS >$include
}

install_units() {
  local cloudflared
  install_unit slipway.service
  install_unit slipway-nginx.service
  install_unit slipway-nginx.path
  install_unit nginx-restart.conf '' nginx.service.d/slipway.conf
  install_unit slipway-metadata.service
  install_unit slipway-builds.service
  install_unit slipway-builds.path
  if cloudflared=$(command -v cloudflared); then
    install_unit slipway-cloudflared.service "$cloudflared"
    install_unit slipway-cloudflared.path
  fi
  [ -z "$UNITS_CHANGED" ] || systemctl daemon-reload
}

# install_unit FILE [CLOUDFLARED] [NAME]: NAME where it is not that of the file.
install_unit() {
  local target=$UNITS/${3:-$1} text
  text=$(sed "s#@ROOT@#$ROOT#g; s#@CLOUDFLARED@#${2-}#g; s#@INSTANCE@#$(setting SLIPWAY_INSTANCE slipway $SETTINGS)#g" "$ROOT/scripts/$1")
  [ "$(cat "$target" 2>/dev/null)" != "$text" ] || return 0
  note "$target"
  mkdir -p "$(dirname "$target")"
  echo "$text" >"$target"
  chmod 0644 "$target"
  UNITS_CHANGED=yes
}

start_units() {
  local port
  port=$(setting SLIPWAY_PORT 2999 $SETTINGS)
  systemctl enable -q --now nginx || fail "$E_PORT" "nginx does not start: see  journalctl -u nginx  (is port 80 in use?)"
  systemctl reload nginx
  systemctl enable -q --now slipway-nginx.path slipway-builds.path
  if has cloudflared; then systemctl enable -q --now slipway-cloudflared.path slipway-cloudflared.service; fi
  start_metadata_wall
  give_first_password
  if [ -n "$UNITS_CHANGED" ] || has_changed_since_start; then
    say "Starting the service"
    systemctl restart slipway || true
  fi
  systemctl enable -q --now slipway || true
  if ! wait_until 60 slipway_answers "$port"; then
    journalctl -u slipway -n 20 --no-pager -o cat >&2 || true
    rm -f $FIRST_START
    fail 1 "the service does not answer on port $port: its last lines are above, all of them with  journalctl -u slipway"
  fi
  say "Slipway runs at http://127.0.0.1:$port"
  tell_first_password
}

# Before Slipway, which asks the unit how it stands. A change of the unit or of its script takes effect here.
start_metadata_wall() {
  if [ "$(setting SLIPWAY_METADATA_WALL helper $SETTINGS)" = off ]; then
    systemctl disable -q --now slipway-metadata
    "$ROOT/scripts/metadata-wall" down "$(setting SLIPWAY_INSTANCE slipway $SETTINGS)" || true
  else
    systemctl enable -q slipway-metadata
    systemctl restart slipway-metadata || true
  fi
}

# The server would print a password of its own making into the journal, where it would stay.
give_first_password() {
  [ ! -e /var/lib/slipway/slipway.db ] || return 0
  (
    umask 077
    echo "SLIPWAY_ADMIN_PASSWORD=${SLIPWAY_ADMIN_PASSWORD:-$(head -c 15 /dev/urandom | base64 | tr '+/' 'xy')}" >$FIRST_START
  )
}

tell_first_password() {
  [ -e $FIRST_START ] || return 0
  note "Sign in as $(setting SLIPWAY_ADMIN_USERNAME admin $SETTINGS) with the password $(cut -d= -f2- $FIRST_START) (shown this once)"
  rm -f $FIRST_START
}

has_changed_since_start() {
  local since
  since=$(systemctl show -p ActiveEnterTimestamp --value slipway)
  [ -n "$since" ] || return 0
  [ -n "$(find "$ROOT/dist" "$ROOT/scripts/start" "$ROOT/templates" "$ROOT/nginx" "$ROOT/node_modules/.slipway-installed" $SETTINGS -newermt "$since" -print -quit)" ]
}

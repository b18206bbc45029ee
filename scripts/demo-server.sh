# shellcheck shell=bash
# scripts/up --demo and --stop. Sourced, never run. scripts/demo.ts --keep is the process: it has Slipway and a git
# server as children and takes everything down again when it is told to end.

readonly DEMO=$ROOT/data/demo

demo_pid() {
  local pid
  pid=$(cat "$DEMO/pid" 2>/dev/null) && grep -qs demo.ts "/proc/$pid/cmdline" && echo "$pid"
}

start_demo() {
  if demo_pid >/dev/null; then
    say "The demo already runs"
    show_demo
    return
  fi
  check_ports --demo
  install_what_is_missing
  ensure_image node:24-slim
  make_data_folder
  rm -rf "$DEMO"
  install -d -m 0700 "$DEMO"
  say "Deploying the sample repository"
  (cd "$ROOT" && start_detached "$DEMO/log" node_modules/.bin/node scripts/demo.ts --keep "$DEMO" && echo $! >"$DEMO/pid")
  if ! wait_until 180 demo_has_settled || [ ! -s "$DEMO/ready" ]; then
    cat "$DEMO/log" >&2
    stop_demo >/dev/null
    fail 1 "the demo did not come up: its log is above"
  fi
  cat "$DEMO/log"
  show_demo
}

demo_has_settled() { [ -s "$DEMO/ready" ] || ! demo_pid >/dev/null; }

# ready holds shell assignments that demo.ts wrote: numbers, a host name and a password of letters and digits
show_demo() {
  local APP_HOST HTTP_PORT UI PASSWORD
  # shellcheck source=/dev/null
  . "$DEMO/ready"
  say "The sample app is live at http://$APP_HOST:$HTTP_PORT"
  note "through nginx it answers: $(ask_app "$APP_HOST" "$HTTP_PORT")"
  note "Slipway is at $UI — sign in as admin with the password $PASSWORD"
  note "To end it and leave nothing behind: ./scripts/up --stop"
}

# One request by hand: a fresh machine may have no curl.
ask_app() {
  bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET / HTTP/1.1\r\nHost: $0\r\nConnection: close\r\n\r\n" >&3 && tr -d "\r" <&3' "$1" "$2" |
    awk 'NR == 1 { status = $2 " " $3 } body { text = text " " $0 } /^$/ { body = 1 } END { print status ":" text }'
}

stop_demo() {
  local pid
  if ! pid=$(demo_pid); then
    say "No demo runs"
    return
  fi
  kill -TERM "$pid"
  wait_until 90 demo_is_gone || fail 1 "the demo (process $pid) does not end: see $DEMO/log"
  say "The demo has ended, and its app is gone"
  rm -rf "$DEMO"
}

demo_is_gone() { ! demo_pid >/dev/null; }

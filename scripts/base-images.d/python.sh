# shellcheck shell=bash

make_python() {
  { pip3 config list 2>/dev/null || true; } |
    sed -nE "/@/d; s/^global\.(index-url|trusted-host)='?([^']*)'?$/\1 = \2/p" | sed '1i [global]' >"$2/pip.conf"
  build "$1" "$2" <<'DOCKERFILE'
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv python3-pip && rm -rf /var/lib/apt/lists/* \
 && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED && ln -s /usr/bin/python3 /usr/local/bin/python
COPY pip.conf /etc/pip.conf
CMD ["python3"]
DOCKERFILE
}

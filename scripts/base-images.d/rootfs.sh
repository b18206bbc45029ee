# shellcheck shell=bash
# The recipes of scripts/base-images. Sourced, never run. WORK is a folder that is removed at the end.

readonly BUNDLE=/etc/ssl/certs/ca-certificates.crt

rootfs_image() { echo "slipway-stand-in:$(release | cut -d' ' -f2)"; }

# This distribution's archives as "URI SUITE COMPONENT…", read by apt itself: it knows every format of its sources.
# Archives of others, and addresses that carry a password, do not go into an image.
apt_archives() {
  local id=$1 codename=$2
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v id="$id" -v codename="$codename" '
      tolower($1) == id && $2 !~ /@/ && ($3 == codename || index($3, codename "-") == 1 || $3 ~ /^(old)*stable/) {
        key = $2 " " $3
        if (!(key in components)) order[++count] = key
        if (index(components[key] " ", " " $4 " ") == 0) components[key] = components[key] " " $4
      }
      END { for (i = 1; i <= count; i++) print order[i] components[order[i]] }' |
    while read -r uri rest; do echo "$(first_mirror "$uri") $rest"; done
}

# Cloud images name their mirrors in a list: mirror+file:/etc/apt/mirrors/debian.list
first_mirror() {
  case $1 in
    mirror+file:*) awk '!/^#/ && NF { print $1; exit }' "$(sed 's#^mirror+file:/*#/#; s#/*$##' <<<"$1")" ;;
    *) echo "$1" ;;
  esac
}

# How this machine reaches its archives, without passwords.
apt_settings() { apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) ' | grep -v '@' || true; }

make_rootfs() {
  local id codename archives mirror rootfs=$WORK/rootfs
  need_root_for "to make a root file system"
  read -r id codename _ < <(release)
  ensure_packages debootstrap ca-certificates
  archives=$(apt_archives "$id" "$codename")
  if [ -z "$archives" ]; then # apt learns who an archive is from by fetching its lists
    apt-get update -q >/dev/null 2>&1 || true
    archives=$(apt_archives "$id" "$codename")
  fi
  [ -n "$archives" ] || fail "$E_NETWORK" "apt knows no $id archive of $codename: check /etc/apt/sources.list.d and run apt-get update"
  mirror=$(head -n 1 <<<"$archives" | cut -d' ' -f1)

  say "Making a root file system of $id $codename (about half a minute)"
  debootstrap --variant=minbase --include=ca-certificates "$codename" "$rootfs" "$mirror" >"$WORK/debootstrap.log" 2>&1 || {
    tail -n 5 "$WORK/debootstrap.log" >&2
    fail "$E_NETWORK" "debootstrap could not fetch $codename: check the network and apt's sources, then run it again"
  }
  awk '{ print "deb " $0 }' <<<"$archives" >"$rootfs/etc/apt/sources.list"
  apt_settings >"$rootfs/etc/apt/apt.conf.d/90machine"
  trust_what_this_machine_trusts "$rootfs"
  slim_down "$rootfs"
  import_rootfs "$rootfs"
}

trust_what_this_machine_trusts() {
  cp -L /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$1" update-ca-certificates >/dev/null 2>&1
  cp -L "$BUNDLE" "$1$BUNDLE"
}

# What a container never reads, and the settings that keep later packages from bringing it back.
slim_down() {
  cat >"$1/etc/dpkg/dpkg.cfg.d/slim" <<'CONF'
force-unsafe-io
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
CONF
  cat >"$1/etc/apt/apt.conf.d/slim" <<'CONF'
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true"; };
CONF
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d" # no service starts during a build
  chmod 755 "$1/usr/sbin/policy-rc.d"
  find "$1/usr/share/doc" -type f ! -name copyright -delete
  find "$1/usr/share/doc" -type l -delete
  rm -rf "$1"/usr/share/{man,info}/* "$1"/usr/share/locale/*/ "$1"/var/lib/apt/lists/* "$1"/var/cache/{apt,debconf}/* "$1"/var/log/*
  : >"$1/etc/resolv.conf" >"$1/etc/hostname"
}

import_rootfs() {
  local name changes=(--change 'CMD ["bash"]' --change "LABEL $LABEL"
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
  for name in NODE_EXTRA_CA_CERTS SSL_CERT_FILE CURL_CA_BUNDLE GIT_SSL_CAINFO PIP_CERT REQUESTS_CA_BUNDLE; do
    changes+=(--change "ENV $name=$BUNDLE")
  done
  tar -C "$1" --numeric-owner --one-file-system --exclude './dev/*' --exclude './proc/*' --exclude './sys/*' -c . |
    docker import "${changes[@]}" - "$(rootfs_image)" >/dev/null
}

# The major version a tag asks for; nothing when it does not say (lts, slim).
major_of() { grep -oE '^[0-9]+' <<<"${1#*:}" || true; }

# fetch_node MAJOR FOLDER: the project's own Node when it is that one, then the machine's, then npm's.
fetch_node() {
  local candidate package
  for candidate in "$ROOT/node_modules/.bin/node" "$(command -v node || true)"; do
    [ -x "$candidate" ] || continue
    [[ -z $1 || $("$candidate" --version) == v$1.* ]] || continue
    cp -L "$candidate" "$2/node"
    return
  done
  package=$(node_package)
  npm install --prefix "$WORK/npm-node" --silent --no-save "$package@${1:-24}" >/dev/null 2>&1 ||
    fail "$E_NETWORK" "npm could not fetch $package@${1:-24}: check the network and npm's configuration, then run it again"
  cp "$WORK/npm-node/node_modules/$package/bin/node" "$2/node"
}

# What npm is told on this machine about reaching its registry. No tokens.
npm_settings() { npm config ls 2>/dev/null | sed -nE '/@.*:.*\/\/|\/\/.*@/d; s/^((@[^ ]+:)?registry|(https-)?proxy|noproxy|strict-ssl) = /\1=/p'; }

make_node() {
  local image=$1 context=$2 major npm=11
  major=$(major_of "$image")
  ensure_npm
  fetch_node "$major" "$context"
  [ "${major:-24}" -ge 22 ] || npm=10
  # on the Node just fetched: an older one on this machine may be too old for it
  PATH=$context:$PATH npm install --global --prefix "$context" "npm@$npm" >"$WORK/npm.log" 2>&1 || {
    grep -m 5 -E 'npm (ERR!|error)' "$WORK/npm.log" >&2 || true
    fail "$E_NETWORK" "npm could not fetch npm@$npm: check the network and npm's configuration, then run it again"
  }
  rm -f "$context/lib/node_modules/npm/npmrc" # npm copies its distribution's own settings along
  npm_settings >"$context/npmrc"
  cat >"$context/docker-entrypoint.sh" <<'ENTRYPOINT'
#!/bin/sh
# `docker run node app.js` means `node app.js`, as in the official image
case ${1-} in -*) set -- node "$@" ;; *) command -v "$1" >/dev/null || set -- node "$@" ;; esac
exec "$@"
ENTRYPOINT
  chmod 755 "$context/docker-entrypoint.sh" "$context/node"
  build "$image" "$context" <<DOCKERFILE
RUN useradd --uid 1000 --user-group --create-home --shell /bin/bash node
COPY node docker-entrypoint.sh /usr/local/bin/
COPY npmrc /usr/local/etc/npmrc
COPY lib/node_modules/ /usr/local/lib/node_modules/
RUN cd /usr/local/bin && ln -s node nodejs && ln -s ../lib/node_modules/npm/bin/npm-cli.js npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js npx
ENV NODE_VERSION=$("$context/node" --version | tr -d v)
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
DOCKERFILE
}

make_nginx() {
  cat >"$2/nginx.conf" <<'CONF'
user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /var/log/nginx/access.log;
    sendfile on;
    include /etc/nginx/conf.d/*.conf;
}
CONF
  cat >"$2/default.conf" <<'CONF'
server {
    listen 80;
    server_name localhost;
    root /usr/share/nginx/html;
    index index.html index.htm;
}
CONF
  build "$1" "$2" <<'DOCKERFILE'
RUN groupadd --system --gid 101 nginx && useradd --system --uid 101 --gid nginx --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin nginx
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm -rf /var/lib/apt/lists/* \
 && rm -rf /etc/nginx/sites-* /etc/nginx/modules-* /etc/nginx/snippets /var/www /usr/share/nginx/modules-available \
 && mkdir -p /var/cache/nginx && chown -R nginx:nginx /var/cache/nginx /var/lib/nginx \
 && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log
COPY nginx.conf /etc/nginx/nginx.conf
COPY default.conf /etc/nginx/conf.d/default.conf
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
DOCKERFILE
}

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

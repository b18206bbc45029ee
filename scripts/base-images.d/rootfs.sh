# shellcheck shell=bash
# The root file system that every stand-in is built on. Sourced, never run. WORK is a folder that is removed at the end.

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
  truncate -s 0 "$1/etc/resolv.conf" "$1/etc/hostname"
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

#!/bin/sh
# Builds PHP extensions, and takes away again what was needed for that alone: the libraries that they use stay.
#
# Usage: CORE="gd intl" PECL="redis" PACKAGES="libpng-dev libicu-dev" install-extensions.sh
#
#   CORE      extensions that come with PHP's sources
#   PECL      extensions from pecl.php.net
#   PACKAGES  what they are built with

set -eu

# Those of "$@" that this PHP does not have.
missing() {
  for name; do
    case $name in opcache) module='Zend OPcache' ;; *) module=$name ;; esac
    php -r 'exit((int) extension_loaded($argv[1]));' "$module" && printf '%s ' "$name"
  done
  return 0
}

# The packages whose libraries the extensions use.
used_packages() {
  find "$(php -r 'echo ini_get("extension_dir");')" -name '*.so' -exec ldd {} + \
    | awk '/=> \// { print "*" substr($3, match($3, "/lib/")) }' | sort -u \
    | xargs -r dpkg-query --search 2>/dev/null | awk '$1 ~ /:$/ { sub(/:$/, "", $1); print $1 }' | sort -u
}

core=$(missing ${CORE-})
pecl=$(missing ${PECL-})
[ -n "$core$pecl" ] || exit 0

before=$(mktemp)
apt-mark showmanual | sort >"$before"
apt-get update
apt-get install -y --no-install-recommends ${PACKAGES-}
case " $core" in *' gd '*) docker-php-ext-configure gd --with-freetype --with-jpeg --with-webp ;; esac
case " $core" in *' ldap '*) docker-php-ext-configure ldap --with-libdir="lib/$(gcc -dumpmachine)" ;; esac
[ -z "$core" ] || docker-php-ext-install -j"$(nproc)" $core
for name in $pecl; do
  yes '' | pecl install "$name"
  docker-php-ext-enable "$name"
done

for name in ${PACKAGES-}; do grep -qx "$name" "$before" || apt-mark auto "$name"; done
used_packages | xargs -r apt-mark manual
apt-get purge -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false
rm -rf /var/lib/apt/lists/* /tmp/pear "$before"
php -m >/dev/null

# shellcheck shell=bash
# PHP alone or with Apache, laid out like the official image, and Composer. Sourced, never run.

# What the official image has built in.
readonly PHP_PACKAGES=(php-cli php-curl php-mbstring php-readline php-sqlite3 php-xml)

# php_base: the part that the images share, as lines of a Dockerfile. Settings in /usr/local/etc/php count, as in the official image.
php_base() {
  cat <<DOCKERFILE
FROM $(rootfs_image)
$(run_install "${PHP_PACKAGES[@]}" "$@") \\
 && install -d /usr/local/etc/php/conf.d && cp /usr/lib/php/*/php.ini-* /usr/local/etc/php/
ENV PHP_INI_DIR=/usr/local/etc/php PHPRC=/usr/local/etc/php PHP_INI_SCAN_DIR=:/usr/local/etc/php/conf.d
COPY php/docker-php-ext php/docker-php-entrypoint /usr/local/bin/
RUN cd /usr/local/bin && for name in docker-php-ext-install docker-php-ext-configure docker-php-ext-enable pecl; do ln -s docker-php-ext \$name; done
ENTRYPOINT ["docker-php-entrypoint"]
DOCKERFILE
}

make_php() {
  cp -R "$RECIPES/php" "$2/"
  case $1 in
    *apache*) php_apache "$@" ;;
    *) build "$1" "$2" < <(php_base && echo 'CMD ["php", "-a"]') ;;
  esac
}

php_apache() {
  build "$1" "$2" < <(
    php_base apache2 libapache2-mod-php
    cat <<'DOCKERFILE'
COPY php/apache2-foreground /usr/local/bin/
COPY php/docker-php.conf /etc/apache2/conf-available/
RUN a2enconf docker-php && rm /var/www/html/index.html && chown www-data:www-data /var/www/html \
 && sed -i -E 's/^export ([A-Z_]+)=(.*)$/: ${\1:=\2}\nexport \1/' /etc/apache2/envvars \
 && ln -sf /dev/stdout /var/log/apache2/access.log && ln -sf /dev/stderr /var/log/apache2/error.log \
 && ln -sf /dev/stdout /var/log/apache2/other_vhosts_access.log \
 && mkdir -p /run/apache2 /run/lock/apache2 && chmod 1777 /run/apache2 /run/lock/apache2 /var/log/apache2
ENV APACHE_CONFDIR=/etc/apache2 APACHE_ENVVARS=/etc/apache2/envvars
WORKDIR /var/www/html
EXPOSE 80
STOPSIGNAL SIGWINCH
CMD ["apache2-foreground"]
DOCKERFILE
  )
}

make_composer() {
  cp -R "$RECIPES/php" "$2/"
  build "$1" "$2" < <(
    cat <<DOCKERFILE
FROM $(rootfs_image) AS composer
$(run_install composer php-cli php-mbstring)
COPY php/composer-phar.php /
RUN php -d phar.readonly=0 /composer-phar.php /srv/composer.phar && chmod 755 /srv/composer.phar
DOCKERFILE
    php_base git unzip
    cat <<'DOCKERFILE'
COPY --from=composer /srv/composer.phar /usr/bin/composer
ENV COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_HOME=/tmp
RUN git config --system --add safe.directory '*'
WORKDIR /app
CMD ["composer"]
DOCKERFILE
  )
}

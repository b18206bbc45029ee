FROM php:8.4-apache AS base
RUN --mount=type=bind,source=install-extensions.sh,target=/tmp/install-extensions.sh \
    CORE=opcache sh /tmp/install-extensions.sh
RUN --mount=type=bind,source=install-extensions.sh,target=/tmp/install-extensions.sh \
    CORE="intl pdo_pgsql" PECL="" PACKAGES="libicu-dev libpq-dev" \
    sh /tmp/install-extensions.sh
RUN cp "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini" \
 && a2enmod rewrite headers expires remoteip && a2dissite 000-default && a2disconf other-vhosts-access-log \
 && : > /etc/apache2/ports.conf
COPY php.ini $PHP_INI_DIR/conf.d/zz-slipway.ini
COPY apache.conf /etc/apache2/conf-enabled/zz-slipway.conf
ENV PORT=8080 APP_ENV=prod APP_DEBUG=0 DOCUMENT_ROOT=/var/www/html/public FRONT_CONTROLLER=/index.php
WORKDIR /var/www/html

FROM base AS vendor
RUN apt-get update && apt-get install -y --no-install-recommends git unzip && rm -rf /var/lib/apt/lists/*
COPY --from=composer:2 /usr/bin/composer /usr/local/bin/composer
ENV COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_NO_INTERACTION=1 COMPOSER_CACHE_DIR=/cache/slipway-aac23a0f5f30/composer
COPY src/composer.json src/composer.loc[k] src/symfony.loc[k] src/auth.jso[n] ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-composer,target=/cache/slipway-aac23a0f5f30/composer ["/bin/sh", "-c", "composer install --no-dev --no-progress --prefer-dist --no-scripts --no-autoloader"]

FROM vendor AS build
COPY src/ .
RUN composer dump-autoload --optimize --no-dev
RUN --mount=type=cache,id=slipway-aac23a0f5f30-composer,target=/cache/slipway-aac23a0f5f30/composer ["/bin/sh", "-c", "composer run-script --no-dev post-install-cmd"]
# The packages come from the stage before: what stays here changes with the code.
RUN mkdir -p vendor && find vendor -mindepth 1 -maxdepth 1 ! -name composer ! -name autoload.php -exec rm -rf {} +

FROM base
COPY --from=vendor /var/www/html/vendor vendor
COPY --from=build /var/www/html ./
RUN mkdir -p var && chown -R www-data:www-data var
USER www-data
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec apache2-foreground"]

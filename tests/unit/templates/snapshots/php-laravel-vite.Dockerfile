FROM php:8.4-apache AS base
RUN --mount=type=bind,source=install-extensions.sh,target=/tmp/install-extensions.sh \
    CORE=opcache sh /tmp/install-extensions.sh
RUN --mount=type=bind,source=install-extensions.sh,target=/tmp/install-extensions.sh \
    CORE="bcmath" PECL="" PACKAGES="" \
    sh /tmp/install-extensions.sh
RUN cp "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini" \
 && a2enmod rewrite headers expires remoteip && a2dissite 000-default && a2disconf other-vhosts-access-log \
 && : > /etc/apache2/ports.conf
COPY php.ini $PHP_INI_DIR/conf.d/zz-slipway.ini
COPY apache.conf /etc/apache2/conf-enabled/zz-slipway.conf
ENV PORT=8080 APP_ENV=production APP_DEBUG=false LOG_CHANNEL=stderr DOCUMENT_ROOT=/var/www/html/public FRONT_CONTROLLER=disabled
WORKDIR /var/www/html

FROM node:24-slim AS node-tools
WORKDIR /app
ENV npm_config_cache=/cache/slipway-aac23a0f5f30/npm
ENV HUSKY=0 NG_CLI_ANALYTICS=false NEXT_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 GATSBY_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
FROM node-tools AS node-dependencies
COPY src/package-lock.json src/package.json ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm ci"]

FROM base AS vendor
RUN apt-get update && apt-get install -y --no-install-recommends git unzip && rm -rf /var/lib/apt/lists/*
COPY --from=composer:2 /usr/bin/composer /usr/local/bin/composer
ENV COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_NO_INTERACTION=1 COMPOSER_CACHE_DIR=/cache/slipway-aac23a0f5f30/composer
COPY src/composer.json src/composer.loc[k] src/symfony.loc[k] src/auth.jso[n] ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-composer,target=/cache/slipway-aac23a0f5f30/composer ["/bin/sh", "-c", "composer install --no-dev --no-progress --prefer-dist --no-scripts --no-autoloader"]

FROM vendor AS build
COPY --from=node-dependencies /opt/ /opt/
COPY --from=node-dependencies /usr/local/ /usr/local/
COPY --from=node-dependencies /app/node_modules node_modules
ENV npm_config_cache=/cache/slipway-aac23a0f5f30/npm HUSKY=0 NG_CLI_ANALYTICS=false NEXT_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 GATSBY_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
COPY src/ .
RUN composer dump-autoload --optimize --no-dev
RUN --mount=type=cache,id=slipway-aac23a0f5f30-composer,target=/cache/slipway-aac23a0f5f30/composer --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm run build"]
RUN rm -rf node_modules
# The packages come from the stage before: what stays here changes with the code.
RUN mkdir -p vendor && find vendor -mindepth 1 -maxdepth 1 ! -name composer ! -name autoload.php -exec rm -rf {} +

FROM base
COPY --from=vendor /var/www/html/vendor vendor
COPY --from=build /var/www/html ./
RUN mkdir -p bootstrap/cache database storage storage/app/public storage/framework/cache/data storage/framework/sessions storage/framework/views storage/logs && chown -R www-data:www-data bootstrap/cache database storage storage/app/public storage/framework/cache/data storage/framework/sessions storage/framework/views storage/logs
RUN [ -e public/storage ] || ln -s ../storage/app/public public/storage
USER www-data
EXPOSE 8080
CMD ["/bin/sh", "-c", "php artisan optimize || php artisan optimize:clear; exec apache2-foreground"]

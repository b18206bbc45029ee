FROM php:8.4-apache AS base
RUN --mount=type=bind,source=install-extensions.sh,target=/tmp/install-extensions.sh \
    CORE=opcache sh /tmp/install-extensions.sh
RUN cp "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini" \
 && a2enmod rewrite headers expires remoteip && a2dissite 000-default && a2disconf other-vhosts-access-log \
 && : > /etc/apache2/ports.conf
COPY php.ini $PHP_INI_DIR/conf.d/zz-slipway.ini
COPY apache.conf /etc/apache2/conf-enabled/zz-slipway.conf
COPY private-files.conf /etc/apache2/conf-enabled/zz-slipway-private.conf
ENV PORT=8080 DOCUMENT_ROOT=/var/www/html FRONT_CONTROLLER=disabled
WORKDIR /var/www/html

FROM base
COPY --chown=www-data:www-data src/ ./
USER www-data
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec apache2-foreground"]

FROM ruby:3.4-slim AS gems
RUN apt-get update && apt-get install -y --no-install-recommends build-essential git libyaml-dev pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV LANG=C.UTF-8 BUNDLE_PATH=/usr/local/bundle BUNDLE_WITHOUT=development:test BUNDLE_DEPLOYMENT=1 \
    BUNDLE_GLOBAL_GEM_CACHE=true BUNDLE_USER_CACHE=/cache/slipway-aac23a0f5f30/bundler
COPY src/Gemfile src/Gemfile.loc[k] src/.ruby-versio[n] src/.tool-version[s] ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-bundler,target=/cache/slipway-aac23a0f5f30/bundler ["/bin/sh", "-c", "bundle install"]
RUN rm -rf /usr/local/bundle/ruby/*/cache /usr/local/bundle/ruby/*/bundler/gems/*/.git

FROM gems AS build
ENV LANG=C.UTF-8
ENV RACK_ENV=production
ENV APP_ENV=production
ENV MALLOC_ARENA_MAX=2
ENV JEKYLL_ENV=production
COPY src/ .
# The lock file as it was installed from.
COPY --from=gems /app/Gemfile.loc[k] ./
RUN ["/bin/sh", "-c", "bundle exec jekyll build --baseurl \"\" --destination _site"]
RUN rm -rf node_modules tmp/cache/assets


FROM nginx:stable-alpine
COPY nginx.conf /etc/nginx/nginx.conf
COPY --from=build --chown=101:101 /app/_site /srv
USER 101:101
ENV PORT=8080
EXPOSE 8080
CMD ["/bin/sh", "-c", "echo \"listen $PORT;\" > /tmp/listen.conf && exec nginx -g \"daemon off;\""]

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
COPY src/ .
# The lock file as it was installed from.
COPY --from=gems /app/Gemfile.loc[k] ./

FROM ruby:3.4-slim
RUN useradd --create-home --uid 1000 app
WORKDIR /app
ENV PORT=3000 LANG=C.UTF-8 RACK_ENV=production APP_ENV=production MALLOC_ARENA_MAX=2 \
    BUNDLE_PATH=/usr/local/bundle BUNDLE_WITHOUT=development:test BUNDLE_DEPLOYMENT=1
COPY --from=gems /usr/local/bundle /usr/local/bundle
COPY --from=build --chown=app:app /app ./
USER app
EXPOSE 3000
CMD ["/bin/sh", "-c", "exec bundle exec puma -b tcp://0.0.0.0:$PORT"]

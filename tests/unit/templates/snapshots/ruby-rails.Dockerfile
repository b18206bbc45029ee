FROM ruby:3.4-slim AS gems
RUN apt-get update && apt-get install -y --no-install-recommends build-essential git libyaml-dev pkg-config && rm -rf /var/lib/apt/lists/*
RUN apt-get update && apt-get install -y --no-install-recommends libpq-dev && rm -rf /var/lib/apt/lists/*
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
ENV RAILS_ENV=production
ENV RAILS_LOG_TO_STDOUT=1
ENV RAILS_SERVE_STATIC_FILES=1
COPY src/ .
# The lock file as it was installed from.
COPY --from=gems /app/Gemfile.loc[k] ./
RUN bundle exec bootsnap precompile --gemfile app/ lib/ || echo "Bootsnap compiles when the app starts: before 1.7 it cannot do so here."
RUN ["/bin/sh", "-c", "SECRET_KEY_BASE_DUMMY=1 bundle exec rails assets:precompile"]
RUN rm -rf node_modules tmp/cache/assets

FROM ruby:3.4-slim
RUN apt-get update && apt-get install -y --no-install-recommends libjemalloc2 libpq5 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 app
WORKDIR /app
ENV PORT=3000 LANG=C.UTF-8 RACK_ENV=production APP_ENV=production MALLOC_ARENA_MAX=2 RAILS_ENV=production RAILS_LOG_TO_STDOUT=1 RAILS_SERVE_STATIC_FILES=1 LD_PRELOAD=libjemalloc.so.2 \
    BUNDLE_PATH=/usr/local/bundle BUNDLE_WITHOUT=development:test BUNDLE_DEPLOYMENT=1
COPY --from=gems /usr/local/bundle /usr/local/bundle
COPY --from=build --chown=app:app /app ./
USER app
EXPOSE 3000
CMD ["/bin/sh", "-c", "rm -f tmp/pids/server.pid; exec bundle exec rails server -b 0.0.0.0 -p $PORT"]

FROM elixir:1.18-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential ca-certificates git && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV LANG=C.UTF-8 MIX_ENV=prod MIX_HOME=/opt/mix HEX_HOME=/cache/slipway-aac23a0f5f30/hex
RUN mix local.hex --force && mix local.rebar --force
COPY src/mix.exs src/mix.lock ./
COPY src/config/config.exs src/config/prod.exs ./config/
RUN --mount=type=cache,id=slipway-aac23a0f5f30-hex,target=/cache/slipway-aac23a0f5f30/hex ["/bin/sh", "-c", "mix deps.get --only prod && mix deps.compile"]
COPY src/ .
RUN --mount=type=cache,id=slipway-aac23a0f5f30-hex,target=/cache/slipway-aac23a0f5f30/hex ["/bin/sh", "-c", "mix compile && mix assets.deploy && mix release --path /release"]

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libncurses6 libstdc++6 openssl \
 && rm -rf /var/lib/apt/lists/* && useradd --create-home --uid 1000 app
WORKDIR /release
# Alone in its container: no Erlang node to reach over the network, and what is written goes to /tmp.
ENV PORT=4000 LANG=C.UTF-8 RELEASE_DISTRIBUTION=none RELEASE_TMP=/tmp/release PHX_SERVER=true
COPY --from=build --chown=app:app /release /release
USER app
EXPOSE 4000
CMD ["/bin/sh", "-c", "exec /release/bin/shop start"]

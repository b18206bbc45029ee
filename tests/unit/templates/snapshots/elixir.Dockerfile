FROM elixir:1.18-slim AS build
WORKDIR /app
ENV LANG=C.UTF-8 MIX_ENV=prod MIX_HOME=/opt/mix HEX_HOME=/cache/slipway-aac23a0f5f30/hex
COPY src/mix.exs ./
COPY src/ .
RUN --mount=type=cache,id=slipway-aac23a0f5f30-hex,target=/cache/slipway-aac23a0f5f30/hex ["/bin/sh", "-c", "mix release --path /release"]

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libncurses6 libstdc++6 openssl \
 && rm -rf /var/lib/apt/lists/* && useradd --create-home --uid 1000 app
WORKDIR /release
# Alone in its container: no Erlang node to reach over the network, and what is written goes to /tmp.
ENV PORT=4000 LANG=C.UTF-8 RELEASE_DISTRIBUTION=none RELEASE_TMP=/tmp/release
COPY --from=build --chown=app:app /release /release
USER app
EXPOSE 4000
CMD ["/bin/sh", "-c", "exec /release/bin/shop start"]

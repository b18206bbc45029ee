FROM rust:1-slim-bookworm AS build
ENV CARGO_HOME=/cache/slipway-aac23a0f5f30/cargo CARGO_TARGET_DIR=/cache/slipway-aac23a0f5f30/cargo-target
ENV RUSTUP_TOOLCHAIN=$RUST_VERSION
WORKDIR /src
COPY src/ .
# crates and what was compiled of them stay in caches: a change compiles no more than the app
RUN --mount=type=cache,id=slipway-aac23a0f5f30-cargo,target=/cache/slipway-aac23a0f5f30/cargo --mount=type=cache,id=slipway-aac23a0f5f30-cargo-target,target=/cache/slipway-aac23a0f5f30/cargo-target ["/bin/sh", "-c", "(\ncargo build --release --locked --bin shop\n) && install -D \"$CARGO_TARGET_DIR/release/shop\" /out/bin/shop"]
# what the program reads while it runs lies beside it: templates, static files, migrations
RUN tar --exclude=*.rs --exclude=./target --exclude=node_modules --exclude=./.git* -cf - . | tar -xf - -C /out

FROM debian:bookworm-slim
RUN useradd --uid 1000 --user-group --create-home app && mkdir /app && chown app:app /app
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
WORKDIR /app
COPY --from=build --chown=app:app /out .
USER app
ENV PATH=/app/bin:$PATH
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec ./bin/shop"]

FROM golang:1.27-bookworm AS build
ENV CGO_ENABLED=0 GOTOOLCHAIN=auto GOMODCACHE=/cache/slipway-aac23a0f5f30/go-modules GOCACHE=/cache/slipway-aac23a0f5f30/go-build
WORKDIR /src
COPY src/ .
# modules and what was compiled stay in caches: a change compiles no more than itself
RUN --mount=type=cache,id=slipway-aac23a0f5f30-go-modules,target=/cache/slipway-aac23a0f5f30/go-modules --mount=type=cache,id=slipway-aac23a0f5f30-go-build,target=/cache/slipway-aac23a0f5f30/go-build ["/bin/sh", "-c", "go build -tags timetzdata -trimpath -ldflags=\"-s -w\" -o bin/shop ."]
# what the program reads while it runs lies beside it: templates, static files, migrations
RUN mkdir /out && tar --exclude=*.go --exclude=./vendor --exclude=node_modules --exclude=./.git* -cf - . | tar -xf - -C /out

FROM debian:bookworm-slim
RUN useradd --uid 1000 --user-group --create-home app && mkdir /app && chown app:app /app
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
WORKDIR /app
COPY --from=build --chown=app:app /out .
USER app
ENV PATH=/app/bin:$PATH
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec ./bin/shop"]

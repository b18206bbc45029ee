FROM denoland/deno:2.9.6 AS build
ENV DENO_NO_UPDATE_CHECK=1
WORKDIR /app
# Deno keeps what it fetched in /deno-dir and reads it from there while it runs: it is part of the image
COPY src/deno.json src/deno.lock ./
RUN ["/bin/sh", "-c", "deno install --frozen"]
COPY src/ .
RUN ["deno", "cache", "src/main.ts"]

FROM denoland/deno:2.9.6
RUN mkdir /app && chown deno:deno /app
WORKDIR /app
COPY --from=build --chown=deno:deno /deno-dir /deno-dir
COPY --from=build --chown=deno:deno /app .
USER deno
ENV DENO_NO_UPDATE_CHECK=1 NODE_ENV=production DENO_SERVE_ADDRESS=tcp:0.0.0.0:8000
EXPOSE 8000
# the container has an init already
ENTRYPOINT []
CMD ["/bin/sh", "-c", "exec deno task start"]

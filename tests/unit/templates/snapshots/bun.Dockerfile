FROM oven/bun:1-slim AS base
ENV BUN_INSTALL_CACHE_DIR=/cache/slipway-aac23a0f5f30/bun
WORKDIR /app

# what the app needs while it runs: a layer that stays the same until package.json changes
FROM base AS production
COPY src/package.json src/bun.lock ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-bun,target=/cache/slipway-aac23a0f5f30/bun bun install --frozen-lockfile --production && mkdir -p node_modules

FROM base AS build
COPY src/ .

FROM oven/bun:1-slim
RUN mkdir /app && chown bun:bun /app
WORKDIR /app
COPY --from=production --chown=bun:bun /app/node_modules node_modules
COPY --from=build --chown=bun:bun /app .
USER bun
ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
EXPOSE 3000
CMD ["/bin/sh", "-c", "exec bun src/index.ts"]

FROM node:24-slim AS node-tools
WORKDIR /app
ENV npm_config_cache=/cache/slipway-0/npm
ENV HUSKY=0 NG_CLI_ANALYTICS=false NEXT_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 GATSBY_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
FROM node-tools AS node-dependencies
COPY src/package-lock.json src/package.json ./
RUN --mount=type=cache,id=slipway-0-npm,target=/cache/slipway-0/npm ["/bin/sh", "-c", "npm ci"]

FROM node-dependencies AS assets
ARG VITE_NAME
COPY src/ /app/
WORKDIR /app/
RUN --mount=type=cache,id=slipway-0-npm,target=/cache/slipway-0/npm ["/bin/sh", "-c", "npm run build"]


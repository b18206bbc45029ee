FROM node:24-slim AS node-tools
WORKDIR /app
ENV npm_config_cache=/cache/slipway-aac23a0f5f30/npm
ENV HUSKY=0 NG_CLI_ANALYTICS=false NEXT_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 GATSBY_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false

FROM node-tools AS node-dependencies
COPY src/package-lock.json src/package.json ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm ci"]

FROM node-dependencies AS build
COPY src/ ./
ENV PATH=/app/node_modules/.bin:$PATH
WORKDIR /app
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm run build"]


FROM nginx:stable-alpine
COPY nginx.conf /etc/nginx/nginx.conf
COPY --from=build --chown=101:101 /app/dist /srv
USER 101:101
ENV PORT=8080
EXPOSE 8080
CMD ["/bin/sh", "-c", "echo \"listen $PORT;\" > /tmp/listen.conf && exec nginx -g \"daemon off;\""]

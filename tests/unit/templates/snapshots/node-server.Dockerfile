FROM node:24-slim AS node-tools
WORKDIR /app
ENV npm_config_cache=/cache/slipway-aac23a0f5f30/npm
ENV HUSKY=0 NG_CLI_ANALYTICS=false NEXT_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 GATSBY_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false

FROM node-tools AS node-dependencies
COPY src/package-lock.json src/package.json ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm ci"]

FROM node-dependencies AS node-production
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm prune --omit=dev"]

FROM node-dependencies AS build
COPY src/ ./
ENV PATH=/app/node_modules/.bin:$PATH
WORKDIR /app
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm run build"]
RUN ["/bin/sh", "-c", "mkdir /slipway-output && tar -C /app -cf - --exclude='./node_modules' --exclude='./.yarn/cache' --exclude='./.turbo' --exclude='./.nx' . | tar -C /slipway-output -xpf -"]

FROM node:24-slim
ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
WORKDIR /app
RUN ["chown", "node:node", "/app"]
COPY --from=node-production /app/node_modules /app/node_modules
COPY --from=build --chown=node:node /slipway-output/ /app/
USER node
EXPOSE 3000
CMD ["/bin/sh", "-c", "exec node dist/index.js"]

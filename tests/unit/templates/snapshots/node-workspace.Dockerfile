FROM node:24-slim AS node-tools
WORKDIR /app
ENV npm_config_cache=/cache/slipway-aac23a0f5f30/npm
ENV HUSKY=0 NG_CLI_ANALYTICS=false NEXT_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 GATSBY_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false

FROM node-tools AS node-manifests
RUN --mount=type=bind,source=src/,target=/src --mount=type=bind,source=manifests,target=/manifests ["/bin/sh", "-c", "tar -C /src -cf - --ignore-failed-read --verbatim-files-from -T /manifests | tar -xf -"]

FROM node-tools AS node-dependencies
COPY --from=node-manifests /app/ ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm ci"]

FROM node-dependencies AS node-production
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "rm -rf './apps/other' && npm prune --omit=dev"]

FROM node-dependencies AS build
COPY src/ ./
ENV PATH=/app/apps/api/node_modules/.bin:/app/node_modules/.bin:$PATH
WORKDIR /app/packages/lib
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm run build"]
WORKDIR /app/apps/api
RUN --mount=type=cache,id=slipway-aac23a0f5f30-npm,target=/cache/slipway-aac23a0f5f30/npm ["/bin/sh", "-c", "npm run build"]
RUN ["/bin/sh", "-c", "mkdir /slipway-output && tar -C /app -cf - --exclude='node_modules' --exclude='./.yarn/cache' --exclude='./.turbo' --exclude='./.nx' --exclude='./apps/api/.turbo' --exclude='./apps/other' . | tar -C /slipway-output -xpf -"]

FROM node:24-slim
ENV NODE_ENV=production PATH=/app/apps/api/node_modules/.bin:/app/node_modules/.bin:$PATH
WORKDIR /app/apps/api
RUN ["chown", "node:node", "/app/apps/api"]
COPY --from=node-production /app/ /app/
COPY --from=build --chown=node:node /slipway-output/ /app/
USER node
EXPOSE 3000
CMD ["/bin/sh", "-c", "exec node dist/index.js"]

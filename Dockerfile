# Slipway itself in a container. It works on the engine and the network of the machine:
#
#   docker build -t slipway .
#   docker run -d --name slipway --restart unless-stopped --network host --cap-add NET_ADMIN \
#     -v /var/run/docker.sock:/var/run/docker.sock -v slipway-data:/data slipway
#   docker logs slipway        shows the first admin password, once
#
# Whoever reaches the engine's socket is root on the machine; a container takes nothing of that away. On a machine that
# does nothing else, scripts/up --service gives Slipway fewer rights than this.

FROM node:24-slim AS build
WORKDIR /slipway
COPY package.json package-lock.json .npmrc ./
# Nothing has to be compiled, and the node that the install scripts would fetch is the base image's
RUN npm ci --ignore-scripts && npm cache clean --force
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git iptables nginx-light openssh-client tini \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /slipway
COPY --from=build /slipway ./
ENV NODE_ENV=production
ENV SLIPWAY_DATA_DIR=/data
VOLUME /data
EXPOSE 2999 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SLIPWAY_PORT || 2999}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# nginx is a daemon that leaves its parent; tini is the parent that waits for it
ENTRYPOINT ["tini", "--"]
CMD ["scripts/start"]

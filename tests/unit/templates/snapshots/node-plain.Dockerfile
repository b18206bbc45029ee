
FROM node:24-slim
ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
WORKDIR /app
RUN ["chown", "node:node", "/app"]
COPY --chown=node:node src/ /app/
USER node
EXPOSE 3000
CMD ["/bin/sh", "-c", "exec node server.js"]

# syntax=docker/dockerfile:1
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install script is needed: better-sqlite3 brings its binaries along, and Node comes from the image.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build.mjs
# Node-RED and the dashboard are the user's choice for the package and part of the image: taken in the locked versions, then all that only a build needs is dropped.
RUN version() { node -p "require('./package-lock.json').packages['node_modules/$1'].version"; } \
    && npm pkg set "dependencies.node-red=$(version node-red)" "dependencies.@flowfuse/node-red-dashboard=$(version @flowfuse/node-red-dashboard)" \
    && npm pkg delete devDependencies peerDependencies peerDependenciesMeta \
    && npm prune --ignore-scripts --no-audit --no-fund

FROM node:24-slim
LABEL org.opencontainers.image.title="pngx-controller" \
      org.opencontainers.image.description="Keeps a second and third paperless-ngx in step with the first, and proves it" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /app/package.json /app/settings.js /app/LICENSE /app/NOTICE ./
COPY --from=build /app/bin ./bin
COPY --from=build /app/examples ./examples
COPY --from=build /app/dist/src ./dist/src
COPY --from=build /app/dist/nodes ./dist/nodes
COPY --from=build /app/dist/flows ./dist/flows
COPY --from=build /app/dist/ui ./dist/ui
COPY --from=build /app/node_modules ./node_modules

ENV NODE_ENV=production \
    DATA_DIR=/data \
    DATABASE_URL=sqlite:////data/db.sqlite3 \
    PORT=8000
# Everything that must outlive the container: the database with its backup, the flow and its credentials. A folder mounted here must belong to uid 1000.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 8000

# 200 alone is healthy: while it starts or drains it answers 503.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# "docker run … IMAGE" starts the controller; "docker run … IMAGE new-key" and all other commands of pngx work as well. Signals are handed on, and SIGTERM drains.
ENTRYPOINT ["node", "/app/bin/pngx.js"]
CMD ["start"]

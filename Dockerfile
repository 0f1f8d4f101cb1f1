# A tag moves. To build the same image again, give this the digest that the tag stands for today, as `docker buildx imagetools inspect
# node:24-bookworm-slim` tells it: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY migrations migrations
COPY src src
COPY web web
COPY openapi.json ./
COPY scripts/bundle.mjs scripts/build-web.mjs scripts/clean-dist.mjs scripts/publish-web.mjs scripts/typeorm-plugin.mjs scripts/
# Production has a database of its own: the embedded one, an optional dependency, stays out.
RUN npm run build && npm prune --omit=dev --omit=optional

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
# The service is one program, and installs nothing: what could is of use to nobody but an intruder.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn*
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# For DATA_DIR. A new volume takes over the owner and the rights of this folder: it may be written by whichever user the service runs as.
RUN mkdir --mode=1777 /data
# The user `node`, by its number, so that a cluster can see that it is not root.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD \
  ["node", "-e", "const { TLS_CERT_FILE, PORT } = process.env; require(TLS_CERT_FILE ? 'https' : 'http').get({ host: '127.0.0.1', port: PORT || 3000, path: '/api/health/live', rejectUnauthorized: false }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# Without the option, a signal opens the inspector, which may do all that the service may. Node 22.14 and newer have it.
CMD ["node", "--disable-sigusr1", "--enable-source-maps", "dist/src/main.js"]

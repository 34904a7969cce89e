# syntax=docker/dockerfile:1
# The origin: `docker build -f deploy/origin.Dockerfile -t gatehouse-origin .` at the root of the repository.
# tests/deploy/image.long.test.ts performs these steps and starts what comes out.

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
# What decides the dependencies comes first, so that a change of the source does not install them anew. The
# patch of postgres.js is applied by the install itself, and without it the origin refuses to start.
COPY package.json package-lock.json ./
COPY patches patches
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY shared shared
COPY origin origin
# The migration job, and what an operator needs at 3 a.m., run from this image too.
COPY migrations migrations
COPY edge/limit/plans.ts edge/limit/plans.ts
COPY scripts/access scripts/access
COPY scripts/local/command-line.ts scripts/local/data-folder.ts scripts/local/ports.ts scripts/local/processes.ts scripts/local/secrets.ts scripts/local/start-error.ts scripts/local/table.ts scripts/local/
COPY scripts/migrate.ts scripts/client.ts scripts/user.ts scripts/keys.ts scripts/revoke.ts scripts/search.ts scripts/

# Node's own user of the image, by number: Kubernetes has to see that it is not root.
USER 1000:1000
EXPOSE 8788 8789
# Not for Kubernetes, which has probes of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "origin/healthcheck.ts"]
# As `npm start` does, but Node itself is the first process: signals reach it, and it has handlers for them.
CMD ["node", "--max-semi-space-size=8", "--max-old-space-size=256", "--heap-growing-percent=40", "--liftoff-only", "origin/server.ts"]

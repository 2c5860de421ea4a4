# The control plane, for a team: with workers on Trigger.dev it runs no commands of agents itself, so it needs no sandbox.
# docker build --tag longhaul . ; see docs/operating.md and compose.yaml
FROM node:24-bookworm-slim AS build
WORKDIR /longhaul
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-audit --no-fund --ignore-scripts
COPY . .
RUN node scripts/build.mjs && npm prune --omit=dev --omit=optional --no-audit --no-fund --ignore-scripts

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /longhaul/package.json /longhaul/LICENSE /longhaul/
COPY --from=build /longhaul/node_modules /longhaul/node_modules
COPY --from=build /longhaul/dist /longhaul/dist
# What it keeps beside the database: its name, tokens, blobs where no bucket is set.
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/longhaul longhaul
USER longhaul
VOLUME /var/lib/longhaul
ENV NODE_ENV=production LONGHAUL_HOME=/var/lib/longhaul LONGHAUL_HOST=0.0.0.0 LONGHAUL_PORT=7433
EXPOSE 7433
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7433/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# SIGTERM ends it after what is being written is written; tasks at work go on without it.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/longhaul/dist/longhaul.mjs"]
CMD ["serve"]

# What the example workbench stands on, from a registry. This folder, which pins code-server, is its context.
ARG NODE=docker.io/library/node:24-bookworm-slim

FROM ${NODE} AS ide
# Parts of code-server are compiled.
RUN apt-get update \
  && apt-get install -y --no-install-recommends build-essential ca-certificates libkrb5-dev python3
WORKDIR /opt/code-server
COPY code-server/package.json code-server/package-lock.json ./
RUN npm ci --no-fund --no-audit

FROM ${NODE}
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    ca-certificates curl git less libgssapi-krb5-2 nano openssh-client procps tini \
  && rm -rf /var/lib/apt/lists/*
COPY --from=ide /opt/code-server /opt/code-server
COPY start-code-server.sh /usr/local/bin/code-server

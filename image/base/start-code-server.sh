#!/bin/sh
# `code-server` in the example image.
exec /usr/local/bin/node /opt/code-server/node_modules/code-server/out/node/entry.js "$@"

#!/bin/sh
# The command `code-server` of the example image.
exec /usr/local/bin/node /opt/code-server/node_modules/code-server/out/node/entry.js "$@"

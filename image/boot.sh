#!/bin/sh
# The command of this image. It creates the project folder and a persistent home folder in the volume, starts the reporter of
# activity beside, and then executes WB_BOOT_COMMAND or the IDE.
#
#   WORKSPACE_PATH   absolute path of the project folder
#   PORT             the port of the HTTP server, on all addresses of the container
#   WB_BOOT_COMMAND  a script for `sh -c` in the project folder; empty or absent: code-server
set -eu
: "${WORKSPACE_PATH:=/workbench/project}" "${PORT:=8080}"
export WORKSPACE_PATH PORT

mkdir -p "$WORKSPACE_PATH"
cd "$WORKSPACE_PATH"
home=$(dirname "$WORKSPACE_PATH")/home
if mkdir -p "$home" 2>/dev/null && [ -w "$home" ]; then export HOME="$home"; fi

# It ends with this process, whose id the IDE keeps. Its parent is tini, which expects children that it did not start.
if command -v workbench-activity >/dev/null; then (workbench-activity "$$" &); fi

if [ -n "${WB_BOOT_COMMAND:-}" ]; then exec /bin/sh -c "$WB_BOOT_COMMAND"; fi

user_data=$HOME/.local/share/code-server
settings=$user_data/User/settings.json
if [ ! -e "$settings" ]; then
  mkdir -p "$user_data/User"
  cp /usr/local/share/workbench/settings.json "$settings"
fi
# Without this file code-server would write one with a password, which it does not use here.
[ -e "$user_data/config.yaml" ] || echo '{}' >"$user_data/config.yaml"
# No authentication here: the proxy in front of this port authenticates users.
exec code-server --auth none --bind-addr "0.0.0.0:$PORT" --config "$user_data/config.yaml" \
  --user-data-dir "$user_data" --disable-telemetry --disable-update-check "$WORKSPACE_PATH"

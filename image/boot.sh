#!/bin/sh
# What a container of this image begins with: prepares the project folder and, beside it in the volume, a home
# that lasts, then becomes WB_BOOT_COMMAND or the IDE.
#
#   WORKSPACE_PATH   the project folder, absolute
#   PORT             where it answers HTTP, on every address of the container
#   WB_BOOT_COMMAND  for `sh -c` in the project folder; empty or absent: code-server
set -eu
: "${WORKSPACE_PATH:=/workspace/project}" "${PORT:=8080}"
export WORKSPACE_PATH PORT

mkdir -p "$WORKSPACE_PATH"
cd "$WORKSPACE_PATH"
home=$(dirname "$WORKSPACE_PATH")/home
if mkdir -p "$home" 2>/dev/null && [ -w "$home" ]; then export HOME="$home"; fi

if [ -n "${WB_BOOT_COMMAND:-}" ]; then exec /bin/sh -c "$WB_BOOT_COMMAND"; fi

user_data=$HOME/.local/share/code-server
settings=$user_data/User/settings.json
if [ ! -e "$settings" ]; then
  mkdir -p "$user_data/User"
  cp /usr/local/share/workbench/settings.json "$settings"
fi
# An empty one keeps it from writing one with a password that nobody is asked for.
[ -e "$user_data/config.yaml" ] || echo '{}' >"$user_data/config.yaml"
# Whoever gets as far as this port has been let in by what stands in front of it.
exec code-server --auth none --bind-addr "0.0.0.0:$PORT" --config "$user_data/config.yaml" \
  --user-data-dir "$user_data" --disable-telemetry --disable-update-check "$WORKSPACE_PATH"

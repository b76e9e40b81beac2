#!/bin/sh
# Sees to it that a container engine answers on a machine without a Docker daemon: podman, as root, on Debian
# or Ubuntu, with or without systemd. Done before, it only looks. For tests and CI; a laptop has its own engine.
#
#   export "$(.ci/container-engine.sh)"     installs and starts it; prints DOCKER_HOST=unix://…
#   .ci/container-engine.sh stop            ends the engine; its containers go on
#
# State lies in WB_ENGINE_DIR (/run/workbench-engine unless set).
set -eu

dir=${WB_ENGINE_DIR:-/run/workbench-engine}
socket=$dir/podman.sock
pid_file=$dir/pid
log=$dir/podman.log

say() { echo "container-engine: $*" >&2; }

answers() {
  curl --silent --fail --max-time 5 --output /dev/null --unix-socket "$socket" http://engine/_ping
}

# Only the process that was started here, by its number and what it runs.
ours() {
  [ -s "$pid_file" ] && cat "/proc/$(cat "$pid_file")/cmdline" 2>/dev/null | tr '\0' ' ' | grep -q "$socket"
}

if [ "${1:-}" = stop ]; then
  if ours; then kill "$(cat "$pid_file")"; fi
  rm -f "$pid_file" "$socket"
  exit 0
fi

if ! answers 2>/dev/null; then
  [ "$(id -u)" = 0 ] || { say 'this needs root; start an engine of your own and set DOCKER_HOST'; exit 1; }
  mkdir -p "$dir"
  # netavark, aardvark-dns and iptables: the network; catatonit: an init for containers.
  packages='podman runc netavark aardvark-dns iptables catatonit curl'
  missing=
  for package in $packages; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    say "installing$missing"
    # shellcheck disable=SC2086 # a list of words
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
      >"$dir/apt.log" 2>&1 || { cat "$dir/apt.log" >&2; exit 1; }
  fi
  # cgroupfs and a file for events: there may be no systemd. The limits: podman's own are above what a
  # container may allow.
  cat >"$dir/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
CONF
  if ours; then kill "$(cat "$pid_file")"; fi
  rm -f "$socket"
  # Its monitors leave notes (a file called oom) where it was started.
  cd "$dir"
  CONTAINERS_CONF=$dir/containers.conf nohup podman system service --time=0 "unix://$socket" \
    </dev/null >"$log" 2>&1 &
  echo $! >"$pid_file"
  tries=0
  until answers 2>/dev/null; do
    tries=$((tries + 1))
    # In its first moments the process is still this shell's copy, and not known for podman by what it runs.
    if [ "$tries" -gt 100 ] || { [ "$tries" -gt 5 ] && ! ours; }; then
      say "podman does not answer; its log, $log, says:"
      cat "$log" >&2
      exit 1
    fi
    sleep 0.2
  done
  say "podman answers at $socket"
fi

echo "DOCKER_HOST=unix://$socket"

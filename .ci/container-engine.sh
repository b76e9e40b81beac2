#!/bin/sh
# Installs and starts podman as root on Debian or Ubuntu without a Docker daemon, with or without systemd. Does nothing
# if it already runs. For tests and CI only: developers use their own engine.
#
#   export "$(.ci/container-engine.sh)"     installs and starts it; prints DOCKER_HOST=unix://…
# .ci/container-engine.sh stop            stops the engine; its containers continue to run
# State is in WB_ENGINE_DIR (default /run/workbench-engine).
set -eu

dir=${WB_ENGINE_DIR:-/run/workbench-engine}
socket=$dir/podman.sock
pid_file=$dir/pid
log_file=$dir/podman.log

log_line() { echo "container-engine: $*" >&2; }

is_available() {
  curl --silent --fail --max-time 5 --output /dev/null --unix-socket "$socket" http://engine/_ping
}

# Checks the process id and the command line, so that only the process started here is ever killed.
is_started_here() {
  [ -s "$pid_file" ] && cat "/proc/$(cat "$pid_file")/cmdline" 2>/dev/null | tr '\0' ' ' | grep -q "$socket"
}

if [ "${1:-}" = stop ]; then
  if is_started_here; then kill "$(cat "$pid_file")"; fi
  rm -f "$pid_file" "$socket"
  exit 0
fi

if ! is_available 2>/dev/null; then
  [ "$(id -u)" = 0 ] || { log_line 'root is required; otherwise start your own engine and set DOCKER_HOST'; exit 1; }
  mkdir -p "$dir"
  # netavark, aardvark-dns and iptables for networks, catatonit as init process of containers.
  packages='podman runc netavark aardvark-dns iptables catatonit curl'
  missing=
  for package in $packages; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    log_line "installing$missing"
    # shellcheck disable=SC2086 # a list of words
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
      >"$dir/apt.log" 2>&1 || { cat "$dir/apt.log" >&2; exit 1; }
  fi
  # cgroupfs and file events work without systemd. The ulimits are lower than podman's defaults, which exceed what
  # is allowed if this script itself runs in a container.
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
  if is_started_here; then kill "$(cat "$pid_file")"; fi
  rm -f "$socket"
  # podman's monitors write files (such as oom) to the working directory.
  cd "$dir"
  CONTAINERS_CONF=$dir/containers.conf nohup podman system service --time=0 "unix://$socket" \
    </dev/null >"$log_file" 2>&1 &
  echo $! >"$pid_file"
  tries=0
  until is_available 2>/dev/null; do
    tries=$((tries + 1))
    # Until exec, the command line of the process is still that of this shell, so is_started_here fails at first.
    if [ "$tries" -gt 100 ] || { [ "$tries" -gt 5 ] && ! is_started_here; }; then
      log_line "podman did not start; its log $log_file:"
      cat "$log_file" >&2
      exit 1
    fi
    sleep 0.2
  done
  log_line "podman listens at $socket"
fi

echo "DOCKER_HOST=unix://$socket"

#!/bin/sh
# Reports the activity that the gate does not see: busy kernels of Jupyter, and busy processors and GPUs. The contract is
# docs/idle-stop.md#for-programs. It runs beside the IDE, prints nothing, and neither ends nor slows it: each failure is
# ignored, and the next report waits longer.
#
#   $1                     ends when this process has ended; absent: never
#   WB_ACTIVITY_URL        where to report, and the token of the run. Without them it ends at once
#   WB_ACTIVITY_TOKEN
#   WB_ACTIVITY_CPU_UNITS  the size of the workbench, 1,024 for a processor
#   WB_ACTIVITY_INTERVAL   seconds between two samples. A report comes at most as often. Default 60, of which the API expects no less
#   WB_ACTIVITY_JUPYTER    the URL of Jupyter. Default: WB_SOCKET, or PORT, with the path WB_PREFIX
#   JUPYTER_TOKEN          its token, if it needs one
set -u
[ -n "${WB_ACTIVITY_URL:-}" ] && [ -n "${WB_ACTIVITY_TOKEN:-}" ] || exit 0
exec </dev/null >/dev/null 2>&1
# No folder of the workbench is kept in use.
cd /
program=${1:-}
interval=${WB_ACTIVITY_INTERVAL:-60}
sys=${SYS_FOLDER:-/sys} proc=${PROC_FOLDER:-/proc}

# Samples over which processors and GPUs must be busy: five minutes.
SAMPLES=5
PERCENT=5
# A tab that is open needs this part of a processor, also in a small workbench.
CPU_UNITS_MIN=1024
# The longest wait between two attempts, in intervals. It is shorter than the shortest limit.
WAIT_MAX=5

has() { command -v "$1" >/dev/null 2>&1; }

# request URL SOCKET HEADER [BODY]: prints the response and its status, each in a line of its own. The secrets are in the header,
# and every user of the machine can read arguments: therefore it comes by stdin.
request() {
  if has curl; then
    set -- "$1" "$2" "$3" "${4:-}" -q -s --max-time 10 --max-filesize 1000000 -w '\n%{http_code}\n' --config -
    header=$3 url=$1 socket=$2 body=$4
    shift 4
    [ -z "$socket" ] || set -- "$@" --unix-socket "$socket"
    [ -z "$body" ] || set -- "$@" -H 'Content-Type: application/json' --data-binary "$body"
    case $url in http://127.0.0.1* | http://localhost*) set -- "$@" --noproxy '*' ;; esac
    printf '%s\n' "${header:+header = \"$header\"}" | curl "$@" "$url"
  elif has python3; then
    printf '%s' "$3" | python3 -c 'import http.client, socket, sys, urllib.parse
url, path, body = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2], sys.argv[3]
kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
connection = kind(url.hostname, url.port, timeout=10)
if path:
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(10)
    connection.sock.connect(path)
name, _, value = sys.stdin.read().partition(": ")
headers = {name: value} if name else {}
if body:
    headers["Content-Type"] = "application/json"
connection.request("POST" if body else "GET", url.path, body or None, headers)
response = connection.getresponse()
print(response.read(1000000).decode(), response.status, sep="\n")' "$1" "$2" "${4:-}"
  fi
}

# Jupyter is asked until the program at its address says that it is another.
asks_jupyter=yes

# Sets `kernels` to `busy`, to the time of their last work, or to nothing.
read_kernels() {
  kernels=
  [ "$asks_jupyter" = yes ] || return 0
  socket=
  [ -n "${WB_ACTIVITY_JUPYTER:-}" ] || [ ! -S "${WB_SOCKET:-}" ] || socket=$WB_SOCKET
  response=$(request "${WB_ACTIVITY_JUPYTER:-http://127.0.0.1:${PORT:-8080}${WB_PREFIX:-}}/api/kernels" \
    "$socket" "${JUPYTER_TOKEN:+Authorization: token $JUPYTER_TOKEN}")
  case ${response##*
} in
    200) ;;
    5?? | 000 | '') return 0 ;;
    *) asks_jupyter=no; return 0 ;;
  esac
  case $response in '['*) ;; *) asks_jupyter=no; return 0 ;; esac
  if printf '%s' "$response" | grep -q '"execution_state": *"busy"'; then kernels=busy; return 0; fi
  kernels=$(printf '%s' "$response" | grep -o '"last_activity": *"[0-9T:.+Z-]*"' | cut -d '"' -f 4 | sort | tail -n 1)
}

# Prints the time for which processors worked since the start, in microseconds; nothing if it is not known. A container
# has a control group of its own, and processes in local mode have a mark in their environment.
processor_time() {
  if [ -n "${WB_SOCKET:-}" ]; then
    # shellcheck disable=SC2046
    cat $(grep -lsxzF "WB_RUN_ID=${WB_RUN_ID:-}" "$proc"/[0-9]*/environ | sed 's/environ$/stat/') |
      awk '{ sub(/^.*\) /, ""); ticks += $12 + $13 + $14 + $15 } END { printf "%.0f\n", ticks * 10000 }'
  elif [ -r "$sys/fs/cgroup/cpu.stat" ]; then
    awk '$1 == "usage_usec" { print $2 }' "$sys/fs/cgroup/cpu.stat"
  elif [ -r "$sys/fs/cgroup/cpuacct/cpuacct.usage" ]; then
    awk '{ printf "%.0f\n", $1 / 1000 }' "$sys/fs/cgroup/cpuacct/cpuacct.usage"
  fi
}

# Prints for how long the machine runs, in milliseconds. No step of its clock changes it.
uptime_ms() { awk '{ printf "%.0f\n", $1 * 1000 }' "$proc/uptime"; }

# Prints the last SAMPLES of some values.
keep_last() {
  while [ $# -gt "$SAMPLES" ]; do shift; done
  echo "$*"
}

sum() {
  total=0
  for value; do total=$((total + value)); done
  echo "$total"
}

cpu_units=${WB_ACTIVITY_CPU_UNITS:-0}
[ "$cpu_units" -ge "$CPU_UNITS_MIN" ] || cpu_units=$CPU_UNITS_MIN
used_before= at_before= used_samples= elapsed_samples= gpu_samples=

# Sets `busy` to `yes` if the processors or the GPUs were busy over the last SAMPLES samples.
measure_processors() {
  busy=no
  used=$(processor_time) at=$(uptime_ms)
  if [ -n "$used_before" ] && [ -n "$used" ] && [ -n "$at" ]; then
    # What processes that have ended had used may be missing.
    worked=$((used - used_before))
    [ "$worked" -ge 0 ] || worked=0
    # shellcheck disable=SC2086
    used_samples=$(keep_last $used_samples "$worked") elapsed_samples=$(keep_last $elapsed_samples $((at - at_before)))
    # shellcheck disable=SC2086
    set -- $used_samples
    # shellcheck disable=SC2086
    if [ $# -eq "$SAMPLES" ] &&
      [ "$(($(sum $used_samples) * 1024 * 100))" -ge "$(($(sum $elapsed_samples) * 1000 * cpu_units * PERCENT))" ]; then
      busy=yes
    fi
  fi
  used_before=$used at_before=$at
  has nvidia-smi || return 0
  gpu=$(nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits | sort -n | tail -n 1)
  case $gpu in '' | *[!0-9]*) return 0 ;; esac
  # shellcheck disable=SC2086
  gpu_samples=$(keep_last $gpu_samples "$gpu")
  # shellcheck disable=SC2086
  set -- $gpu_samples
  if [ $# -eq "$SAMPLES" ] && [ "$(sum "$@")" -ge "$((PERCENT * SAMPLES))" ]; then busy=yes; fi
}

# report KINDS TIME: returns whether it was accepted.
report() {
  response=$(request "$WB_ACTIVITY_URL" '' "Authorization: Bearer $WB_ACTIVITY_TOKEN" \
    "{\"last_activity\": \"$2\", \"kinds\": [$1]}")
  case ${response##*
} in 2??) return 0 ;; *) return 1 ;; esac
}

reported= wait=1 waited=0
while sleep "$interval"; do
  [ -z "$program" ] || kill -0 "$program" || exit 0
  read_kernels
  measure_processors
  waited=$((waited + 1))
  [ "$waited" -ge "$wait" ] || continue
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  case $kernels,$busy in
    busy,yes) set -- '"ide", "busy"' "$now" ;;
    busy,no) set -- '"ide"' "$now" ;;
    "$reported",yes | ,yes) set -- '"busy"' "$now" ;;
    "$reported",no | ,no) continue ;;
    # Work that has ended between two samples. If processors are busy, too, the next report says so.
    *) set -- '"ide"' "$kernels" ;;
  esac
  waited=0
  if report "$@"; then
    wait=1
    [ "$kernels" = busy ] || [ -z "$kernels" ] || reported=$kernels
  else
    wait=$((wait * 2))
    [ "$wait" -le "$WAIT_MAX" ] || wait=$WAIT_MAX
  fi
done

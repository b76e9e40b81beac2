/** The folder of the volume in which users work, as a path in the container. */
export function projectPathOf(mountPath: string): string {
  return `${mountPath}/project`;
}

/**
 * The size of a container's /dev/shm, in the unit of `memory`: half of its memory. The default of engines is 64 MB, which is
 * too small for PyTorch, NCCL and Chromium. What a container writes there counts towards its memory.
 */
export function sharedMemoryOf(memory: number): number {
  return Math.floor(memory / 2);
}

/**
 * Replaces the command of an image when WB_BOOT_COMMAND is set: a script for `sh -c` that creates the project
 * folder, starts the image's reporter of activity if it has one (docs/idle-stop.md#for-programs), and executes the boot command. Both
 * values come from environment variables, so that no value is interpolated into the script. `image/boot.sh` does the same for the
 * example image.
 */
export const BOOT_SCRIPT = [
  'mkdir -p "$WORKSPACE_PATH" && cd "$WORKSPACE_PATH" || exit',
  'if command -v workbench-activity >/dev/null; then (workbench-activity "$$" &); fi',
  'exec /bin/sh -c "$WB_BOOT_COMMAND"',
].join('\n');

/**
 * The health check of a container on AWS: a script for `sh -c` that exits with 0 if the workbench responds at PORT with a
 * status below 500. That is the rule of local mode too (`respondsToHttp`). It uses the first of these programs that the
 * image has: curl, wget (also busybox's), bash, python3. `image/healthy.sh` does the same for the example image.
 *
 * A proxy in the environment of the image does not apply. The health check ends the script after 5 s; wget has no timeout of
 * its own, because `-T` crashes the busybox of Debian 12.
 */
export const HEALTH_PROBE = String.raw`unset http_proxy all_proxy ALL_PROXY
has() { command -v "$1" >/dev/null 2>&1; }
if has curl; then
  status=$(curl -s -o /dev/null --max-time 4 -w '%{http_code}' "http://127.0.0.1:$PORT/")
elif has wget; then
  status=$(wget -S -t 1 -O /dev/null "http://127.0.0.1:$PORT/" 2>&1 | while read -r protocol status _; do
    case $protocol in HTTP/*) echo "$status" && break ;; esac
  done)
elif has bash; then
  status=$(bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$PORT" &&
    printf "GET / HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n" "$PORT" >&3 &&
    read -r -t 4 _ status _ <&3 && echo "$status"' 2>/dev/null)
elif has python3; then
  status=$(python3 -c 'import http.client, os
connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=4)
connection.request("GET", "/")
print(connection.getresponse().status)' 2>/dev/null)
else
  echo 'the health check needs curl, wget, bash or python3' >&2
fi
case $status in [234]??) exit 0 ;; *) exit 1 ;; esac
`;

/** The programs that HEALTH_PROBE can use. */
export const HEALTH_PROBE_PROGRAMS = ['curl', 'wget', 'bash', 'python3'] as const;

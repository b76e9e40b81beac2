#!/bin/sh
# The health check of this image: adapters/workbench-container.ts, which says how it works.
unset http_proxy all_proxy ALL_PROXY
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

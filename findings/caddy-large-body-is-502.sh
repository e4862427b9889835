#!/usr/bin/env bash
# An upload above Caddy's `max_size` is answered 502, as if the server behind it were broken.
#
# One would guess 413 (Content Too Large, RFC 9110 §15.5.14), as nginx answers and as Caddy itself does for handlers that read the body
# on their own. In front of `reverse_proxy` the limit is found only while the body is passed on, and an upload that declares its
# length, as a browser's does, ends as a failure of the server behind: 502. The same bytes in chunks do get 413. A page that explains
# 413 and tries 502 again sends the same photo for ever.
# Caddy 2.6.2 (Debian 12: apt-get install caddy; nothing is started as a service), Node as the server behind it.
set -euo pipefail
command -v caddy >/dev/null || { echo "Caddy is missing: apt-get install caddy"; exit 2; }
folder=$(mktemp -d)
server= proxy=
trap 'kill $server $proxy 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
export HOME=$folder XDG_DATA_HOME=$folder XDG_CONFIG_HOME=$folder

cat >server.mjs <<'JS'
import { createServer } from "node:http";
const server = createServer((request, response) => {
  request.on("error", () => {}).resume().on("end", () => response.end("taken"));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS
node server.mjs >port &
server=$!
until [ -s port ]; do sleep 0.1; done
free=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
cat >Caddyfile <<CADDY
{
	admin off
	auto_https off
}
http://127.0.0.1:$free {
	request_body {
		max_size 1MB
	}
	reverse_proxy 127.0.0.1:$(cat port)
}
CADDY
caddy run --config Caddyfile >caddy.log 2>&1 &
proxy=$!
until curl -so /dev/null "http://127.0.0.1:$free/"; do sleep 0.1; done

head -c 500000 /dev/zero >small
head -c 3000000 /dev/zero >large
status() { curl -so /dev/null -w '%{http_code}' "$@" "http://127.0.0.1:$free/upload" || true; }
fits=$(status --data-binary @small)
declared=$(status --data-binary @large)
chunked=$(status -H 'Transfer-Encoding: chunked' --data-binary @large)
echo "caddy $(caddy version)"
echo "0.5 MB: $fits; 3 MB with its length: $declared; 3 MB in chunks: $chunked"
if [ "$fits" = 200 ] && [ "$declared" = 502 ] && [ "$chunked" = 413 ]; then echo "as found: 502 where the length was declared"
else echo "CHANGED"; exit 1; fi

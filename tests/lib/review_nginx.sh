#!/bin/sh
# docs/nginx-review.conf before a server with tests/lib/http_echo.h's handler.
# review_nginx.sh BACKEND_PORT TLS_PORT PLAIN_PORT; run at the top of the tree,
# works in a folder of its own.  Exit status 77: something that it needs is
# missing.
set -eu
TOP=$PWD
backend=$1 tls=$2 plain=$3
for program in openssl curl; do
	command -v $program > /dev/null || { echo "no $program" >&2; exit 77; }
done
tmp=$(mktemp -d "${TMPDIR:-/tmp}/review.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

. "$TOP/tests/lib/nginx.sh"
find_nginx
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -keyout key.pem -out cert.pem -subj /CN=review.example \
    -addext subjectAltName=DNS:review.example 2> openssl.log ||
    { cat openssl.log >&2; exit 1; }
# Only names, ports and places are others; there may be no IPv6 here.
nginx_port=$tls
run_nginx "$(sed -e "/listen \[::\]/d" -e "s/127.0.0.1:8137/127.0.0.1:$backend/" \
    -e "s/listen 80;/listen 127.0.0.1:$plain;/" \
    -e "s/listen 443 /listen 127.0.0.1:$tls /" \
    -e "s|/etc/ssl/review.example.pem|$tmp/cert.pem|" \
    -e "s|/etc/ssl/review.example.key|$tmp/key.pem|" \
    "$TOP/docs/nginx-review.conf")"
trap 'kill "$nginx_pid"; wait "$nginx_pid" || :; rm -rf "$tmp"' EXIT

web=https://review.example:$tls

# The body goes to "body", the header to "header"; prints the status.
ask() {
	curl --silent --cacert cert.pem --noproxy '*' \
	    --resolve "review.example:$tls:127.0.0.1" \
	    --resolve "review.example:$plain:127.0.0.1" \
	    --dump-header header --output body --write-out '%{http_code}' \
	    --path-as-is "$@"
}

# $1: what is checked; $2: what it is; $3: what it ought to be.
same() {
	[ "$2" = "$3" ] || { echo "$1: $2 instead of $3" >&2; exit 1; }
}

for version in --http1.1 --http2; do
	same "$version" "$(ask $version "$web/echo?x=%c3%a9" \
	    --interface 127.0.0.5 -H 'X-Forwarded-For: 192.0.2.1' \
	    -b chad_review=T0ken)" 200
	same "who asks" "$(tr '\n' ' ' < body)" \
	    "$(printf 'GET /echo \303\251 T0ken - - 127.0.0.5 tls  ')"
	same "headers" "$(grep -ciE "^(strict-transport-security: max-age=|\
content-security-policy: default-src 'none'|x-frame-options: DENY)" header)" 3
	same "a range" "$(ask $version "$web/file" -r 5-9)" 206
	same "its place" "$(sed -n 's/\r$//; s/^content-range: //Ip' header)" \
	    "bytes 5-9/1000000"
	same "all bytes" "$(ask $version "$web/file")" 200
	same "their number" "$(wc -c < body)" 1000000
	same "a post" "$(ask $version "$web/echo" -H "Origin: $web" -d '{}')" 200
	same "one of others" "$(ask $version "$web/echo" \
	    -H 'Origin: https://evil.example' -d '{}')" 403
	head -c 70000 /dev/zero > large
	same "a large one" "$(ask $version "$web/echo" -H "Origin: $web" \
	    --data-binary @large)" 413
	same "another host" "$(ask $version "$web/ok" \
	    -H 'Host: evil.example')" 421
	same "dots" "$(ask $version "$web/a/%2e%2e/ok")" 400
done
same "without TLS" "$(ask "http://review.example:$plain/ok?x")" 301
same "its address" "$(sed -n 's/\r$//; s/^location: //Ip' header)" \
    "https://review.example/ok?x"
# One address that asks without end is slowed down, others are not.
ask --interface 127.0.0.6 "$web/ok?x=[1-500]" -w '%{http_code}\n' |
    sort | uniq -c > codes
grep -q ' 200$' codes && grep -q ' 429$' codes ||
    { echo "no limit:" >&2; cat codes >&2; exit 1; }
same "somebody else" "$(ask --interface 127.0.0.7 "$web/ok")" 200

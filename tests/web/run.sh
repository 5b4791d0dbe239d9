#!/bin/sh
# The page in a real browser, against the real server: run by "make check-web".
#
# BIN is the folder of the commands, OUT where packages, the corpus and the
# screenshots go, BROWSER a Chromium, TOTALS a file to which "passed failed
# skipped" is written.  Arguments are test files, all of them by default.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
BIN=${BIN:-$root/build/release/bin}
OUT=${OUT:-$root/build/web}
BROWSER=${BROWSER:-$(command -v chromium || command -v chromium-browser || :)}
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE || true
mkdir -p "$OUT/screens"

if [ -z "$BROWSER" ]; then
	echo "check-web: SKIPPED, there is no Chromium (BROWSER names one)"
	[ -z "${TOTALS:-}" ] || echo "0 0 1" > "$TOTALS"
	exit 0
fi

# Playwright's core and axe, as the lock file pins them.
if ! cmp -s "$root/review/page/package-lock.json" "$OUT/package-lock.json" ||
    [ ! -d "$OUT/node_modules/playwright-core" ]; then
	cp "$root/review/page/package.json" "$OUT"
	(cp "$root/review/page/package-lock.json" "$OUT" && cd "$OUT" &&
	    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
	    < /dev/null > /dev/null) || {
		rm -f "$OUT/package-lock.json"
		echo "check-web: npm could not fetch the packages" >&2
		exit 1
	}
fi
if [ ! -e "$OUT/corpus/done" ] ||
    [ -n "$(find "$here"/lib/corpus.* -newer "$OUT/corpus/done")" ]; then
	rm -rf "$OUT/corpus"
	BIN=$BIN "$here/lib/corpus.sh" "$OUT/corpus"
	: > "$OUT/corpus/done"
fi

[ $# -gt 0 ] || set -- "$here"/*.test.mjs
export BIN BROWSER WEB_MODULES="$OUT/node_modules" WEB_OUT="$OUT/screens" \
    WEB_CORPUS="$OUT/corpus"
status=0
node --test --test-concurrency=1 --test-reporter=spec "$@" \
    > "$OUT/log" 2>&1 || status=$?
cat "$OUT/log"
[ -z "${TOTALS:-}" ] || awk '
	/^. pass /  { passed = $3 }
	/^. fail /  { failed = $3 }
	/^. skipped / { skipped = $3 }
	END { print passed + 0, failed + 0, skipped + 0 }' "$OUT/log" > "$TOTALS"
echo "check-web: screenshots are in $OUT/screens"
exit $status

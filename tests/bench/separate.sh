#!/bin/sh
# The network of Open-Unmix beside the same in PyTorch: a Markdown table.
#
# Random weights of the published size, imported by chad-model, and random
# magnitudes of FRAMES frames; one thread each, processor time, the median of
# RUNS.  Both in turn ROUNDS times, of which the quickest counts: other programs
# can only make them slower.
# Differences are shares of the estimate's root mean square.
#
# Needs PyTorch of the distribution and asks to install it.  OUT in the
# environment keeps the files.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
PATH=${BIN:-$top/build/release/bin}:$PATH
UMX_SPEED=${UMX_SPEED:-$top/build/release/tests/umx_speed}
# One thread, everywhere.
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=passive
export PATH OMP_NUM_THREADS OPENBLAS_NUM_THREADS OMP_WAIT_POLICY
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
ROUNDS=${ROUNDS:-3}
RUNS=${RUNS:-9}
FRAMES=${FRAMES:-255}
python=/usr/bin/python3

"$top/tests/lib/deps.sh" python3-torch >&2
if [ -n "${OUT:-}" ]; then
	mkdir -p "$OUT"
	out=$(cd "$OUT" && pwd)
else
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi

echo "| frames | ours, s | PyTorch, s | ratio | difference, rms | largest |"
echo "| --- | --- | --- | --- | --- | --- |"
"$python" "$here/separate_torch.py" make "$out/umx.pth" "$out/magnitudes" \
    "$FRAMES"
chad-model import --licence CC0-1.0 "$out/umx.pth" "$out/umx.safetensors"
for round in $(seq "$ROUNDS"); do
	ours=$("$UMX_SPEED" "$out/umx.safetensors" "$out/magnitudes" \
	    "$out/estimate" "$RUNS")
	theirs=$("$python" "$here/separate_torch.py" run "$out/umx.pth" \
	    "$out/magnitudes" "$RUNS" "$out/estimate")
	echo "$round $ours $theirs"
done | awk -v n="$FRAMES" '
    NR == 1 || $2 < ours { ours = $2 }
    NR == 1 || $3 < theirs { theirs = $3 }
    { rms = $4; most = $5 }
    END { printf "| %d | %.3f | %.3f | %.1f | %s | %s |\n", n, ours, theirs,
	theirs / ours, rms, most }'

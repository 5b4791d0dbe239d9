#!/bin/sh
# Separation networks beside the same in PyTorch: two Markdown tables.
#
# First that of Open-Unmix.  Random weights of the published size, imported by chad-model, and random
# magnitudes of FRAMES frames; one thread each, processor time, the median of
# RUNS.  Both in turn ROUNDS times, of which the quickest counts: other programs
# can only make them slower.
# Differences are shares of the estimate's root mean square.
#
# Then our own, the model that is shipped: a patch of 512 frames (8.192 s) a
# thread, on one and on two threads, processor time and time of the clock for
# all of them.  PyTorch gets the patches as one batch, in the quicker of its two
# layouts.  TABLES="umx", "tdf" or both chooses.
#
# Needs PyTorch of the distribution and asks to install it.  OUT in the
# environment keeps the files.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
PATH=${BIN:-$top/build/release/bin}:$PATH
UMX_SPEED=${UMX_SPEED:-$top/build/release/tests/umx_speed}
TDF_SPEED=${TDF_SPEED:-$top/build/release/tests/tdf_speed}
TABLES=${TABLES:-umx tdf}
# One thread, unless said otherwise.
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

umx_table() {
	echo "| frames | ours, s | PyTorch, s | ratio | difference, rms |" \
	    "largest |"
	echo "| --- | --- | --- | --- | --- | --- |"
	"$python" "$here/separate_torch.py" make "$out/umx.pth" \
	    "$out/magnitudes" "$FRAMES"
	chad-model import --licence CC0-1.0 "$out/umx.pth" \
	    "$out/umx.safetensors"
	for round in $(seq "$ROUNDS"); do
		ours=$("$UMX_SPEED" "$out/umx.safetensors" "$out/magnitudes" \
		    "$out/estimate" "$RUNS")
		theirs=$("$python" "$here/separate_torch.py" run \
		    "$out/umx.pth" "$out/magnitudes" "$RUNS" "$out/estimate")
		echo "$round $ours $theirs"
	done | awk -v n="$FRAMES" '
	    NR == 1 || $2 < ours { ours = $2 }
	    NR == 1 || $3 < theirs { theirs = $3 }
	    { rms = $4; most = $5 }
	    END { printf "| %d | %.3f | %.3f | %.1f | %s | %s |\n", n, ours,
		theirs, theirs / ours, rms, most }'
}

# $1: threads, each with a patch.
tdf_row() {
	model=$top/models/separate.safetensors
	"$python" "$here/separate_tdf_torch.py" make "$out/input" "$1"
	for round in $(seq "$ROUNDS"); do
		ours=$("$TDF_SPEED" "$model" "$out/input" "$out/masks" \
		    "$RUNS" "$1")
		theirs=$(OMP_NUM_THREADS=$1 "$python" \
		    "$here/separate_tdf_torch.py" run "$model" "$out/input" \
		    "$RUNS" "$1" "$out/masks")
		echo "$round $ours $theirs"
	done | awk -v n="$1" '
	    NR == 1 || $2 < ours { ours = $2 }
	    NR == 1 || $3 < our_wall { our_wall = $3 }
	    NR == 1 || $4 < theirs { theirs = $4 }
	    NR == 1 || $5 < their_wall { their_wall = $5 }
	    NR == 1 || $6 + 0 > most + 0 { most = $6 }
	    END { printf "| %d | %.3f | %.3f | %.2f | %.3f | %.3f | %.2f |" \
		" %s | %.1f | %.1f |\n", n, ours, theirs, theirs / ours,
		our_wall, their_wall, their_wall / our_wall, most,
		8.192 * n / our_wall, 8.192 * n / their_wall }'
}

tdf_table() {
	echo "| threads | ours, processor s | PyTorch | ratio |" \
	    "ours, clock s | PyTorch | ratio | largest difference |" \
	    "ours, times real time | PyTorch |"
	echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
	tdf_row 1
	tdf_row 2
}

for table in $TABLES; do
	"${table}_table"
	echo
done

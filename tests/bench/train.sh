#!/bin/sh
# Training of an encoder beside the same in PyTorch: a Markdown table.
#
# RECIPE's network on a random batch of ITEMS windows: forward, backward and
# AdamW, in f32, on one and on two threads; PyTorch in the quicker of its two
# layouts.  The median of RUNS steps; both in turn ROUNDS times, of which the
# quickest counts: other programs can only make them slower.  On a busy machine
# the processor time is what to compare.
#
# Needs PyTorch of the distribution and asks to install it.  OUT in the
# environment keeps the files.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
TRAIN_SPEED=${TRAIN_SPEED:-$top/build/release/tests/train_speed}
RECIPE=${RECIPE:-$top/recipes/embed-resnet18.json}
ITEMS=${ITEMS:-32}
ROUNDS=${ROUNDS:-3}
RUNS=${RUNS:-5}
THREADS=${THREADS:-1 2}
OMP_WAIT_POLICY=passive
export OMP_WAIT_POLICY
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
python=/usr/bin/python3

"$top/tests/lib/deps.sh" python3-torch >&2
if [ -n "${OUT:-}" ]; then
	mkdir -p "$OUT"
	out=$(cd "$OUT" && pwd)
else
	out=$(mktemp -d)
	trap 'rm -rf "$out"' EXIT
fi

# $1: threads.
row() {
	for round in $(seq "$ROUNDS"); do
		ours=$(OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		    "$TRAIN_SPEED" "$RECIPE" "$out/weights.safetensors" \
		    "$out/input" "$out/fingerprints" "$RUNS" "$1" "$ITEMS")
		theirs=$(OMP_NUM_THREADS=$1 OPENBLAS_NUM_THREADS=$1 "$python" \
		    "$here/train_torch.py" run "$RECIPE" \
		    "$out/weights.safetensors" "$out/input" "$RUNS" "$1" \
		    "$ITEMS" "$out/fingerprints")
		echo "$round $ours $theirs"
	done | awk -v n="$1" -v items="$ITEMS" '
	    NR == 1 || $2 < ours { ours = $2 }
	    NR == 1 || $3 < our_wall { our_wall = $3 }
	    NR == 1 || $4 < theirs { theirs = $4 }
	    NR == 1 || $5 < their_wall { their_wall = $5 }
	    { most = $6 }
	    END { printf "| %d | %.1f | %.1f | %.2f | %.1f | %.1f | %.2f |" \
		" %s |\n", n, items / ours, items / theirs, theirs / ours,
		items / our_wall, items / their_wall, their_wall / our_wall,
		most }'
}

"$python" "$here/train_torch.py" make "$out/input" "$RECIPE" "$ITEMS"
echo "| threads | ours, windows a processor second | PyTorch | ratio |" \
    "ours, windows a second | PyTorch | ratio | largest difference |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
for threads in $THREADS; do
	row "$threads"
done

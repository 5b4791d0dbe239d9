#!/bin/sh
# Features beside the same in PyTorch: a Markdown table of times faster than
# real time, on one thread, processor time, the best of five runs on a minute
# of noise at 22050 samples a second.
# Needs PyTorch of the distribution and asks to install it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
BENCH_FEATURE=${BENCH_FEATURE:-$top/build/release/tests/bench_feature}
OMP_NUM_THREADS=1
export OMP_NUM_THREADS
"$top/tests/lib/deps.sh" python3-torch >&2

echo "| feature | ours | PyTorch | ratio |"
echo "| --- | --- | --- | --- |"
{
	"$BENCH_FEATURE"
	/usr/bin/python3 "$here/feature_torch.py"
} | awk '
    $1 in ours { printf "| %s | %s | %s | %.2f |\n", substr($1, 9), ours[$1],
	$2, ours[$1] / $2; next }
    { ours[$1] = $2 }'

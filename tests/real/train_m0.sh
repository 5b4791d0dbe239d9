#!/bin/sh
# Train models/m0.safetensors again, to the same weights on the same processor.
#
# usage: train_m0.sh [FOLDER [OUT]]
#
# FOLDER (default: $CHAD_DATA or ../shared/data beside the repository) holds
# pop909/NNN.mid; the model goes to OUT/m0.safetensors (default: m0-again).
# About 40 minutes on one core.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
data=${1:-${CHAD_DATA:-$top/../shared/data}}
out=${2:-m0-again}
PATH=${BIN:-$top/build/release/bin}:$PATH; export PATH
if [ ! -d "$data/pop909" ]; then
	echo "skipped: there is no $data/pop909"
	exit 0
fi
mkdir -p "$out"
ln -sfn "$(cd "$data/pop909" && pwd)" "$out/pop909"
cp "$top/recipes/embed-m0.json" "$out"
cd "$out"
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
for f in pop909/*.mid; do
	n=${f#pop909/}; n=${n%.mid}
	printf '{"id": "pop909-%s", "group_id": "pop909-%s", ' "$n" "$n"
	printf '"audio_filepath": "pop909/%s.mid"}\n' "$n"
done > pop909.jsonl
chad-train --manifest pop909.jsonl --out m0.safetensors embed-m0.json

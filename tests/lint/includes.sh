#!/bin/sh
# Check that folders include only what lies below them, and that the headers
# of an outside library appear in one folder only.
set -eu
status=0

# $1: folder; $2: the folders it may include, besides itself.
allow() {
	for f in "$1"/*.[ch] "$1"/*.cc; do
		[ -e "$f" ] || continue
		for dir in $(sed -n \
		    's|^#[[:space:]]*include[[:space:]]*"\([a-z]*\)/.*|\1|p' \
		    "$f" | sort -u); do
			case " $1 $2 " in
			*" $dir "*) ;;
			*)	echo "$f: must not include $dir/" >&2
				status=1 ;;
			esac
		done
		# "name.h" without its folder cannot be checked.
		if grep -nE '^#[[:space:]]*include[[:space:]]*"[^/"]*"' "$f"
		then
			echo "$f: includes name the folder" >&2
			status=1
		fi
	done
}

# $1: header as a regular expression; the rest: files that may include it.
only_in() {
	header=$1; shift
	# The lists of patterns are meant to be split and expanded.
	# shellcheck disable=SC2086
	for f in $(grep -lE "^#[[:space:]]*include[[:space:]]*<$header" \
	    base/*.[ch] cmd/*.[ch] $kits_files $stages_files 2> /dev/null ||
	    :); do
		case " $* " in
		*" $f "*) continue ;;
		esac
		case " $* " in
		*" ${f%/*}/ "*) continue ;;
		esac
		echo "$f: must not include <$header>" >&2
		status=1
	done
	# A header that shows an outside type stays within its folder.
	for f in $(grep -lE "^#[[:space:]]*include[[:space:]]*<$header" \
	    ./*/*.h 2> /dev/null || :); do
		f=${f#./}
		for user in $(grep -lF "\"$f\"" ./*/*.[ch]); do
			[ "${user%/*}" = "./${f%/*}" ] && continue
			echo "$user: must not include $f, which shows" \
			    "<$header>" >&2
			status=1
		done
	done
}

kits="manifests audio dsp nn ann store synth draw fetch"
stages="separate pitch embed align mine formats exchange review"
kits_files=''
stages_files=''
for d in $kits; do kits_files="$kits_files $d/*.[ch]"; done
kits_files="$kits_files ann/*.cc"
for d in $stages; do stages_files="$stages_files $d/*.[ch]"; done

allow base ""
for d in $kits; do allow "$d" "base"; done
for d in $stages; do allow "$d" "base $kits"; done
allow cmd "base $kits $stages"

only_in 'lib(av|sw)[a-z]*/' audio/
only_in 'sndfile' audio/
only_in 'fftw3' dsp/fft.c dsp/fft_double.c
only_in '(dnnl|oneapi|cblas|openblas|f77blas)' nn/
only_in 'sqlite3' store/
only_in 'jansson' base/json.c base/json_put.c base/json_text.c
only_in 'nettle/' base/hash.c
only_in 'cairo' draw/
only_in 'zip\.h' nn/ pitch/
only_in 'hdf5' nn/weights_h5.c
only_in 'bzlib' nn/bzip2.c
only_in '(zlib|zstd)\.h' base/packed.c
only_in 'expat\.h' formats/xml.c
only_in 'curl/' fetch/
only_in 'faiss/' ann/
only_in 'archive' exchange/tar_file.c
only_in 'microhttpd' review/
exit $status

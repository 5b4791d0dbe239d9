#!/bin/sh
# Check that the packages of the build and the tests are there, and install
# those that are missing with apt-get: at once as root or with YES=1 or
# CI=true, else after asking.  Silent when nothing is missing.  Arguments are
# packages to look for instead.
set -u

packages="build-essential pkg-config libavformat-dev libavcodec-dev
libavutil-dev libswresample-dev libsndfile1-dev libfftw3-dev
libopenblas-openmp-dev libdnnl-dev libsqlite3-dev libjansson-dev
libcmocka-dev libcairo2-dev nettle-dev libzip-dev libhdf5-dev libbz2-dev
libcurl4-openssl-dev libfaiss-dev zlib1g-dev libzstd-dev libexpat1-dev
libebur128-dev libchromaprint-dev libarchive-dev python3 mandoc ffmpeg
sqlite3 nginx zstd libmicrohttpd-dev nodejs npm curl openssl"
[ $# -eq 0 ] || packages=$*
modules="libavformat libavcodec libavutil libswresample sndfile fftw3 fftw3f
openblas jansson nettle sqlite3 cairo libzip libcurl zlib libzstd expat
libebur128 libchromaprint libarchive libmicrohttpd cmocka"

# Elsewhere than on Debian: name what pkg-config does not find, and go on.
if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null
then
	lacking=
	for m in $modules; do
		pkg-config --exists "$m" 2> /dev/null || lacking="$lacking $m"
	done
	pkg-config --exists hdf5 2> /dev/null ||
	    pkg-config --exists hdf5-serial 2> /dev/null ||
	    lacking="$lacking hdf5"
	[ -z "$lacking" ] || cat >&2 <<-END
	This is no Debian system, so nothing is installed for you.
	pkg-config does not find:$lacking
	Install these libraries with their headers, oneDNN 2.6 or 2.7
	(-ldnnl), bzip2 (-lbz2), FAISS 1.7 (-lfaiss), and the programs ffmpeg, mandoc,
	python3, sqlite3, node (18 or newer) and npm.
	END
	exit 0
fi

# Any of the flavours of OpenBLAS and of curl will do, and node and npm from
# elsewhere.
has() {
	case $1 in
	libopenblas-openmp-dev)
		dpkg-query -W -f '${Status}\n' 'libopenblas*-dev' 2> /dev/null |
		    grep -q '^install ok installed' ;;
	libcurl4-openssl-dev)
		dpkg-query -W -f '${Status}\n' 'libcurl4-*-dev' 2> /dev/null |
		    grep -q '^install ok installed' ;;
	nodejs)
		version=$(node --version 2> /dev/null) || return 1
		version=${version#v}
		[ "${version%%.*}" -ge 18 ] ;;
	npm)	command -v npm > /dev/null ;;
	*)	return 1 ;;
	esac
}

# The list is meant to be split into words.
# shellcheck disable=SC2086
installed=$(dpkg-query -W -f '${Package} ${Status}\n' $packages 2> /dev/null |
    sed -n 's/ install ok installed$//p' | tr '\n' ' ')
missing=
for p in $packages; do
	case " $installed" in
	*" $p "*)	;;
	*)	has "$p" || missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

echo "Missing packages:$missing"
as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	if ! command -v sudo > /dev/null; then
		echo "Run as root: apt-get install$missing" >&2
		exit 1
	fi
	if [ "${YES:-0}" != 1 ] && [ "${CI:-false}" != true ]; then
		if [ ! -t 0 ]; then
			echo "Install them, or run again with YES=1." >&2
			exit 1
		fi
		printf 'Install them with sudo apt-get? [y/N] '
		read -r answer
		case $answer in
		[yY]*)	;;
		*)	exit 1 ;;
		esac
	fi
fi

apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" < /dev/null
}
apt update || echo "apt-get update failed; trying to install all the same" >&2
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing

#!/usr/bin/env bash
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
#
# tests/package/check_packages.sh OUT: a program is built with each thing that tools/package.sh wrote to OUT.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

out=$(cd "${1:?usage: check_packages.sh OUT}" && pwd)
work=$out/work
trap 'rm -rf "$work"' EXIT

check() { # THING WAY [DEFINITIONS]
  printf '%s, ' "${1##*/}"
  cmake -D way="$2" -D source_dir="$PWD" -D work_dir="$work/program" -D compiler=g++ "${@:3}" \
    -P tests/package/check.cmake 2>&1
}

sources=("$out"/syncmap-*[0-9].tar.gz)
installed=("$out"/syncmap-*-install.tar.gz)
mkdir -p "$work/installed"
tar -C "$work/installed" --strip-components=1 -xzf "${installed[0]}"
check "${installed[0]}" find_package -D prefix="$work/installed"
check "${sources[0]}" meson -D tarball="${sources[0]}" -D wrap="$out/syncmap.wrap"
for deb in "$out"/*.deb; do
  [[ -e $deb ]] || continue
  dpkg-deb -x "$deb" "$work/deb"
  check "$deb" find_package -D prefix="$work/deb/usr"
  check "$deb" pkg_config -D prefix="$work/deb/usr"
done

#!/usr/bin/env bash
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
#
# tools/package.sh OUT: writes two tarballs of HEAD to the folder OUT, which it empties first.
#   syncmap-VERSION.tar.gz          the sources
#   syncmap-VERSION-install.tar.gz  what installing them gives: unpack anywhere, point
#                                   CMAKE_PREFIX_PATH or PKG_CONFIG_PATH there
# The same commit gives the same bytes.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=${1:?usage: tools/package.sh OUT}
git rev-parse --verify --quiet HEAD >/dev/null || {
  echo "package: nothing is committed" >&2
  exit 1
}
version=$(git show HEAD:CMakeLists.txt | sed -n 's/^ *VERSION \([0-9.]*\)$/\1/p')
name=syncmap-$version
work=$out/work

rm -rf "$out"
mkdir -p "$work"
git archive --prefix="$name/" HEAD | gzip -n >"$out/$name.tar.gz"

# Install from what was packed, not from what lies about.
tar -C "$work" -xzf "$out/$name.tar.gz"
cmake -S "$work/$name" -B "$work/build" -G Ninja >/dev/null
cmake --install "$work/build" --prefix "$work/$name-install" >/dev/null
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
  --mtime="@$(git log -1 --format=%ct)" -c "$name-install" |
  gzip -n >"$out/$name-install.tar.gz"
rm -rf "$work"
ls -l "$out"

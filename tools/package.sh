#!/usr/bin/env bash
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
#
# tools/package.sh OUT: writes what a release of HEAD consists of to the folder OUT, which it empties first.
#   syncmap-VERSION.tar.gz          the sources
#   syncmap-VERSION-install.tar.gz  what installing them gives: unpack anywhere, point
#                                   CMAKE_PREFIX_PATH or PKG_CONFIG_PATH there
#   syncmap.hpp                     the single header
#   syncmap.wrap                    for meson, with the checksum of the sources
#   libsyncmap-dev_VERSION_all.deb  where dpkg-buildpackage is; lintian has no error and no warning
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
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
umask 022

rm -rf "$out"
mkdir -p "$out/work"
work=$(cd "$out/work" && pwd)
git archive --prefix="$name/" HEAD | gzip -n >"$out/$name.tar.gz"

# Everything else is made of what was packed, not of what lies about.
tar -C "$work" --no-same-permissions -xzf "$out/$name.tar.gz"
cmake -S "$work/$name" -B "$work/build" -G Ninja >/dev/null
cmake --install "$work/build" --prefix "$work/$name-install" >/dev/null
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
  --mtime="@$SOURCE_DATE_EPOCH" -c "$name-install" |
  gzip -n >"$out/$name-install.tar.gz"

cp "$work/$name/single_include/syncmap.hpp" "$out/"
read -r hash _ < <(sha256sum "$out/$name.tar.gz")
sed "s/^source_filename = .*/&\nsource_hash = $hash/" "$work/$name/packaging/meson/syncmap.wrap" \
  >"$out/syncmap.wrap"

if command -v dpkg-buildpackage >/dev/null; then
  (cd "$work/$name" && dpkg-buildpackage --no-sign) >"$work/deb.log" 2>&1 || {
    cat "$work/deb.log" >&2
    exit 1
  }
  root=()
  ((EUID != 0)) || root=(--allow-root)
  lintian "${root[@]}" --fail-on error,warning "$work"/*.changes
  cp "$work"/*.deb "$out/"
else
  echo "package: no .deb, because there is no dpkg-buildpackage"
fi
rm -rf "$work"
ls -l "$out"

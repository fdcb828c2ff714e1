#!/usr/bin/env bash
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
#
# tools/bench/fetch_peers.sh [--install]: the maps that `./dev bench grid` compares with.
#
# Headers that this Debian does not have, or has too old, come from newer suites of the mirror that
# apt uses here, and are unpacked, not installed: into build/peers, once. With --install the other
# peers are installed with apt-get. A peer that cannot be had is named, and is no error: the grid
# goes without it.
#
# SYNCMAP_PEERS_BOOST=1.83/bookworm-backports takes another Boost than 1.88/trixie; before 1.84 there
# is no boost::concurrent_node_map.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

peers=$PWD/build/peers
boost=${SYNCMAP_PEERS_BOOST:-1.88/trixie}
unpacked=("libboost${boost%/*}-dev/${boost#*/}" "libparallel-hashmap-dev/trixie")
installed=(libabsl-dev libcds-dev libcuckoo-dev libtbb-dev liburcu-dev libxenium-dev)

say() { printf 'fetch_peers: %s\n' "$*" >&2; }

mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
    head -n 1
}

# An apt that knows the newer suites only, and changes nothing outside its folder.
newer_apt() { # COMMAND...
  local tool=$1
  shift
  "$tool" -qq -o Dir::Etc::sourcelist="$peers/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$peers/apt/lists" -o Dir::Cache="$peers/apt/cache" \
    -o APT::Sandbox::User=root "$@"
}

unpack() { # PACKAGE/SUITE
  local package=${1%/*} suite=${1#*/} stamp=$peers/${1//\//_}
  [[ -e $stamp ]] && return
  mkdir -p "$peers/apt/lists/partial" "$peers/apt/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" \
    >"$peers/apt/sources.list"
  say "unpacking $package of $suite into build/peers"
  newer_apt apt-get update &&
    (cd "$peers/apt" && newer_apt apt-get download "$package") &&
    dpkg-deb -x "$peers"/apt/"$package"_*.deb "$peers" && touch "$stamp"
}

install() {
  local package missing=() apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  for package in "${installed[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok' ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || apt=(sudo "${apt[@]}")
  say "installing ${missing[*]}"
  "${apt[@]}" update
  for package in "${missing[@]}"; do # one by one: one that is unknown does not stop the others
    "${apt[@]}" -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install -y \
      --no-install-recommends "$package" >/dev/null || say "cannot install $package"
  done
}

command -v apt-get >/dev/null || {
  say "no apt-get here: only the peers that are installed already"
  exit 0
}
# Two versions of Boost in one folder would be neither.
if [[ -d $peers && ! -e $peers/${unpacked[0]//\//_} ]]; then rm -rf "$peers"; fi
for one in "${unpacked[@]}"; do unpack "$one" || say "cannot get $one"; done
if [[ ${1:-} == --install ]]; then install; fi

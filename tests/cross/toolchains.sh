# shellcheck shell=bash
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
#
# `./dev test cross`, which sources this file and lends it need, say, die and jobs. The program in this
# folder is built with every toolchain of the table that is there or that apt has, and run: as it is,
# by qemu's user emulation, or by Wine.
#
# @libc++-N is that version of LLVM's library, linked in whole. Its packages are unpacked below
# build/cross, not installed: they exclude each other.

cross_m32="-m32 -idirafter /usr/include/x86_64-linux-gnu" # with cross compilers there is no link to it
cross_m32_library=/usr/lib/gcc/x86_64-linux-gnu/12/32/libstdc++.a=g++-12-multilib
cross_qemu_m32="qemu-i386=qemu-user | qemu-i386 | 20" # not every kernel for 64 bits runs programs of 32
cross_ubsan=/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.ubsan_standalone-x86_64.a=libclang-rt-19-dev
cross_bare="-fno-exceptions -fno-rtti"
cross_hard=-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_DEBUG
cross_wine=/usr/lib/wine/wine64

# name | what is needed to build | compiler and flags | to run | command that runs it | percent of work
cross_table() {
  cat <<END
g++-12          | g++-12=g++-12 | g++-12 -O1 -D_GLIBCXX_ASSERTIONS
g++-12 -O2      | g++-12=g++-12 | g++-12 -O2
g++-12 UBSan    | g++-12=g++-12 | g++-12 -O1 -fsanitize=undefined -fno-sanitize-recover=all
g++-12 bare     | g++-12=g++-12 | g++-12 -O1 $cross_bare
g++-12 c++23    | g++-12=g++-12 | g++-12 -O1 -std=c++23
g++-12 -m32     | g++-12=g++-12 $cross_m32_library | g++-12 -O1 $cross_m32 | $cross_qemu_m32
g++-13          | g++-13=g++-13 | g++-13 -O1
g++-14          | g++-14=g++-14 | g++-14 -O1
g++-15          | g++-15=g++-15 | g++-15 -O1
clang-14        | clang++-14=clang-14 | clang++-14 -O1
clang-15        | clang++-15=clang-15 | clang++-15 -O1
clang-16 -O2    | clang++-16=clang-16 | clang++-16 -O2
clang-19        | clang++-19=clang-19 | clang++-19 -O1
clang-19 UBSan  | clang++-19=clang-19 $cross_ubsan | clang++-19 -O1 -fsanitize=undefined,nullability,local-bounds -fno-sanitize-recover=all
clang-19 bare   | clang++-19=clang-19 | clang++-19 -O1 $cross_bare
clang-19 -m32   | clang++-19=clang-19 $cross_m32_library | clang++-19 -O1 $cross_m32 | $cross_qemu_m32
clang-22 c++26  | clang++-22=clang-22 | clang++-22 -O1 -std=c++26
libc++-16       | clang++-16=clang-16 @libc++-16 | clang++-16 -O1 @libc++-16
libc++-19 bare  | clang++-19=clang-19 @libc++-19 | clang++-19 -O1 @libc++-19 $cross_bare $cross_hard
libc++-22 c++26 | clang++-22=clang-22 @libc++-22 | clang++-22 -O1 @libc++-22 -std=c++26
aarch64         | aarch64-linux-gnu-g++=g++-aarch64-linux-gnu | aarch64-linux-gnu-g++ -O1 | qemu-aarch64=qemu-user | qemu-aarch64 -L /usr/aarch64-linux-gnu | 20
armhf           | arm-linux-gnueabihf-g++=g++-arm-linux-gnueabihf | arm-linux-gnueabihf-g++ -O1 | qemu-arm=qemu-user | qemu-arm -L /usr/arm-linux-gnueabihf | 20
riscv64         | riscv64-linux-gnu-g++=g++-riscv64-linux-gnu | riscv64-linux-gnu-g++ -O1 | qemu-riscv64=qemu-user | qemu-riscv64 -L /usr/riscv64-linux-gnu | 20
s390x           | s390x-linux-gnu-g++=g++-s390x-linux-gnu | s390x-linux-gnu-g++ -O1 | qemu-s390x=qemu-user | qemu-s390x -L /usr/s390x-linux-gnu | 20
windows         | x86_64-w64-mingw32-g++-posix=g++-mingw-w64-x86-64-posix | x86_64-w64-mingw32-g++-posix -O1 -static | $cross_wine=wine64 | env WINEPREFIX=$PWD/build/cross/wine WINEDEBUG=-all $cross_wine | 50
END
}

# Fetches a version of libc++ into its folder.
cross_unpack() { # @libc++-N
  local version=${1#@libc++-}
  local folder=build/cross/libc++-$version package
  [[ -e $folder/complete ]] && return
  rm -rf "$folder"
  mkdir -p "$folder"
  for package in "libc++-$version-dev" "libc++abi-$version-dev"; do
    (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$package") || return
    dpkg-deb -x "$folder"/"$package"_*.deb "$folder" || return
  done
  touch "$folder/complete"
}

# Has apt this package? It would take g++-99 for a pattern, and install what matches.
cross_offered() { # PACKAGE
  local listed
  listed=$(apt-cache pkgnames "$1" 2>/dev/null | grep -Fxc -- "$1") && ((listed > 0)) && return
  echo "apt has no $1 here"
  return 1
}

# Gets what a toolchain needs; what it says goes to the log, and the last line of that is the reason.
cross_get() { # LOG THING...
  local log=$1 one things=()
  shift
  for one in "$@"; do
    [[ $one == @* ]] && continue
    present "${one%%=*}" || cross_offered "${one##*=}" &>>"$log" || return
    things+=("$one")
  done
  ((${#things[@]})) && { (need "test cross" "${things[@]}") &>>"$log" || return; }
  for one in "$@"; do
    [[ $one != @* ]] || cross_unpack "$one" &>>"$log" || return
  done
}
cross_reason() { # LOG
  grep -v '^$' "$1" | tail -n 1 | cut -c 1-70
}

# Builds and runs; leaves one line in FOLDER/verdict: what came of it, seconds, checks, and a remark.
cross_one() { # FOLDER COMMAND RUN PERCENT REMARK
  local folder=$1 command=$2 run=$3 percent=$4 remark=$5 start=$SECONDS verdict=ok checks=0
  local flags=(-std=c++20 -pthread -Iinclude -Itests/cross -Wall -Wextra -Wpedantic -Wconversion
    -Wsign-conversion -Wshadow -Werror)
  local program=$PWD/$folder/cross.exe words word base library=()
  read -ra words <<<"$command"
  for word in "${words[@]:1}"; do
    if [[ $word == @libc++-* ]]; then
      base=build/cross/${word#@}/usr/lib/llvm-${word#@libc++-}
      flags+=(-nostdinc++ -isystem "$base/include/c++/v1" -nostdlib++)
      library=("$base/lib/libc++.a" "$base/lib/libc++abi.a")
    else
      flags+=("$word")
    fi
  done
  if ! "${words[0]}" "${flags[@]}" tests/cross/*.cpp -o "$program" "${library[@]}" \
    &>"$folder/build.log"; then
    verdict=FAILED remark="does not build: $folder/build.log"
  elif [[ -n $remark ]]; then
    verdict=built remark="not run: $remark"
  else
    read -ra words <<<"$run"
    timeout 300 "${words[@]}" "$program" "$percent" &>"$folder/run.log" ||
      verdict=FAILED remark="ended with $?: $folder/run.log"
    checks=$(sed -nE 's/^cross: ([0-9]+) checks, [0-9]+ failed\r?$/\1/p' "$folder/run.log")
    ((${checks:-0} > 0)) || [[ $verdict == FAILED ]] ||
      verdict=FAILED remark="made no checks: $folder/run.log"
  fi
  printf '%s|%d|%d|%s\n' "$verdict" $((SECONDS - start)) "${checks:-0}" "$remark" >"$folder/verdict"
}

# test_cross [NAME...]: adds to passed and failed of ./dev; false if what could be built failed.
test_cross() {
  local root=build/cross name needed command run_needed run percent folder remark running=0 one
  local rows=() things skipped=0 built=0 total=0 good=0 bad=0 verdict seconds checks wanted
  mkdir -p "$root"
  need "test cross" g++=g++
  # Where apt has no lists yet, need fetches them, for something that is never there.
  [[ -n $(apt-cache pkgnames g++-12 2>/dev/null) ]] || (need "test cross" /lists=g++) || true
  say "test: every compiler, library and processor that can be had here"
  while IFS='|' read -r name needed command run_needed run percent; do
    read -r name <<<"$name"
    wanted=$(($# == 0))
    for one in "$@"; do [[ $name == $one* ]] && wanted=1; done
    ((wanted)) || continue
    rows+=("$name")
    folder=$root/${name// /_}
    rm -rf "$folder"
    mkdir -p "$folder"
    echo "FAILED|0|0|was interrupted" >"$folder/verdict"
    remark=
    read -ra things <<<"$needed"
    if ! cross_get "$folder/get.log" "${things[@]}"; then
      echo "skip|0|0|$(cross_reason "$folder/get.log")" >"$folder/verdict"
      continue
    fi
    read -ra things <<<"$run_needed"
    cross_get "$folder/get.log" "${things[@]}" || remark=$(cross_reason "$folder/get.log")
    ((running < $(jobs))) || { wait -n && running=$((running - 1)); }
    printf '%s: %s\n' "$name" "$(xargs <<<"$command")"
    cross_one "$folder" "$command" "$run" "$(xargs <<<"${percent:-100}")" "$remark" &
    running=$((running + 1))
  done < <(cross_table)
  wait
  ((${#rows[@]})) || die "test cross: no toolchain has such a name"

  printf '\n%-8s %-16s %10s %7s\n' result toolchain checks time
  for name in "${rows[@]}"; do
    folder=$root/${name// /_}
    IFS='|' read -r verdict seconds checks remark <"$folder/verdict"
    printf '%-8s %-16s %10d %5d s  %s\n' "$verdict" "$name" "$checks" "$seconds" "$remark"
    total=$((total + checks))
    case $verdict in
      ok) good=$((good + 1)) ;;
      built) built=$((built + 1)) ;;
      skip) skipped=$((skipped + 1)) ;;
      *)
        bad=$((bad + 1))
        grep -hE 'error|undefined|not true' "$folder"/{build,run}.log 2>/dev/null | head -n 5 >&2 || true
        ;;
    esac
  done
  printf '%d ran, %d only built, %d skipped, %d failed; %d checks\n' $good $built $skipped $bad $total
  passed=$((passed + good + built))
  failed=$((failed + bad))
  ((bad == 0 && good + built > 0))
}

#!/usr/bin/env bash
# SPDX-FileCopyrightText: The syncmap authors
# SPDX-License-Identifier: MIT
#
# tools/bench/smoke.sh [PROGRAM]: every workload over every map that is there, small and short: that
# they run and answer right, not how fast. Then what the program must refuse. Fails if a pair of
# map and workload that should run did not, and says how many did.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

program=${1:-build/release/bench/grid/syncmap_grid_o0}
[[ -x $program ]] || {
  echo "smoke: no program $program: ./dev bench smoke builds it" >&2
  exit 1
}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
ran=0 declined=0 failed=0

bad() {
  echo "smoke: $*" >&2
  failed=$((failed + 1))
}

# What a map need not offer: it has no operation that replaces a value, or none that changes one.
may_decline() { # MAP WORKLOAD
  case $1/$2 in
    xenium::*)
      [[ $2 =~ ^(mix99|hot_.*|oversubscribed|ycsb_[abf]|trace_.*|word_count)$ ]]
      ;;
    cds::SplitListMap/*) [[ $2 =~ ^(hot_update|trace_c(18|25|52)|word_count)$ ]] ;;
    *) false ;;
  esac
}

# The lines of one map and one workload: at least one, each of them a right answer.
pair() { # MAP WORKLOAD
  local lines
  lines=$(grep -F "\"workload\":\"$2\"" "$work/lines" | grep -F "\"map\":\"$1\"")
  if [[ -z $lines ]]; then
    bad "$1 did not run $2"
  elif ! grep -qv '"error":"not offered"' <<<"$lines"; then
    if may_decline "$1" "$2"; then declined=$((declined + 1)); else bad "$1 does not offer $2"; fi
  elif grep -qv '"wrong":0,' <<<"$lines"; then
    bad "$1 failed in $2: $(grep -v '"wrong":0,' <<<"$lines" | head -n 1)"
  else
    ran=$((ran + 1))
  fi
}

"$program" --list >"$work/list" || exit
read -ra all < <(sed -n 's/^workloads: //p' "$work/list")
parallel=" $(sed -n 's/^with more than one thread only: //p' "$work/list") "
run=("$program" --workloads=all --sizes=256 --threads=1,2 --seconds=0.001 --repeats=1 --patience=0
  --limit=20 --text-bytes=100000)
"${run[@]}" --types=u64,string,record --json="$work/lines" >/dev/null 2>"$work/log" ||
  bad "the run ended with $?: $(tail -n 1 "$work/log")"

while IFS= read -r line; do
  [[ $line == workloads:* ]] && break
  adapter=${line%%: *} rest=${line#*: }
  if [[ $rest == skipped* ]]; then
    echo "smoke: $adapter $rest"
    continue
  fi
  alone=
  [[ $rest == "one thread only: "* ]] && alone=yes rest=${rest#one thread only: }
  map=${rest% *}
  for workload in "${all[@]}"; do
    [[ -n $alone && $parallel == *" $workload "* ]] || pair "$map" "$workload"
  done
done <"$work/list"

# Each of these is refused, with a sentence that says what is wrong.
refused=0
while IFS='|' read -r argument sentence; do
  "$program" --workloads=hit --sizes=1e3 --seconds=0.001 $argument >/dev/null 2>"$work/refusal"
  status=$?
  if ((status == 2)) && tail -n 1 "$work/refusal" | grep -qF "$sentence"; then
    refused=$((refused + 1))
  else
    bad "$argument: status $status, $(tail -n 1 "$work/refusal")"
  fi
done <<'END'
--no-such-option|no such option: --no-such-option
hit|no such option: hit
--spin=1|no such option: --spin=1
--sizes|without a value
--sizes=|without a value
--sizes=1e3,|between two commas
--sizes=,1e3|between two commas
--sizes=many|not a number
--sizes=1e3x|not a number
--sizes=-1|not a number
--sizes=nan|not a number
--sizes=1e300|not a number
--sizes=1000.5|not a whole number
--sizes=1e11|not a whole number
--sizes=0|not a whole number
--sizes=100|too few entries
--threads=0|not a whole number
--threads=1.5|not a whole number
--threads=100000|not a whole number
--seconds=0|no time at all
--seconds=inf|not a number
--repeats=0|not a whole number
--patience=some|not a number
--limit=0|not a whole number
--maps=no_such_map|no such map: no_such_map
--maps=syncmap,no_such_map|no such map: no_such_map
--workloads=no_such_workload|no such workload: no_such_workload
--workloads=hit,|between two commas
--workloads=hot_read --threads=1|none of these workloads
--workloads=word_count --text=/no/such/folder|no such folder
--types=u32|u32 is not one of
--choices=normal|normal is not one of
--json=/no/such/folder/file|cannot write
END

echo "smoke: $ran pairs of map and workload ran, $declined are not offered," \
  "$refused bad arguments were refused, $failed failed"
((failed == 0 && ran > 0 && refused > 0))

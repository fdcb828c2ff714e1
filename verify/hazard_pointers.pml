// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// hazard_pointers.pml -- include/syncmap/detail/{asym_fence,hazard,hazard_domain}.hpp: readers announce
// what they use, writers retire what they have unlinked, passes free what no slot holds.
//
// A reader's stores wait in a buffer of its own until somebody drains it: itself at any moment, a fence
// of its own, or the heavy fence of a pass. Its loads do not wait for them. That is what the light side
// of asym_fence:T1 allows. The labels S1 .. S6 and T1 are those of hazard_domain.hpp; one of
// asym_fence.hpp says so.
//
// Checked
//   P1 no-use-after-free   what a reader uses is not freed meanwhile
//   P2 all-freed           at the end a pass over all lists frees everything that no slot holds
//   P3 bounded             after its pass, a thread's list has no more objects than there are slots,
//                          also if a reader has stopped for ever
//   P4 reclaim-is-done     what was retired before reclaim() is freed when it returns, unless a slot
//                          held it when somebody looked
//   P5 one-owner           a record has one owner, and its slot is null when it gets another
//   end                    nobody waits for ever
//
// Seeded bugs
//   BUG_NO_RELOAD          P1   a reader does not load again after its announcement
//   BUG_NO_FENCE           P1   a pass does without the heavy fence
//   BUG_FENCE_FIRST        P1   a pass fences before it takes the lists, not after
//   BUG_SCAN_OLD_RECORDS   P1   a pass looks at the records that there were when it began
//   BUG_FAILED_FENCE       P1   a pass frees although its fence could not be executed
//   BUG_LIGHT_UNDECIDED    P1   a reader that sees no decision takes the light side
//   BUG_RETIRE_FIRST       P1   a writer retires what it has not unlinked yet
//   BUG_CLEAR_EARLY        P1   S4: the clear of a slot overtakes the last use
//   BUG_CLAIM_BLINDLY      P5   S2: a record is taken without a compare-and-swap
//   BUG_LEAVE_BEFORE_CLEAR P5   a thread gives its record back before it clears the slot
//   BUG_EXIT_DROPS_LIST    P2   a thread that ends forgets what it has retired
//   BUG_KEPT_NOT_PUT_BACK  P2   a pass forgets what a slot holds
//   BUG_ALL_OR_NOTHING     P3   a pass frees nothing if a slot holds anything
//   BUG_NO_MARK            P4   S5: a pass does not say that it is under way

#ifndef READERS
#define READERS 2
#endif
#ifndef READS  // of each reader
#define READS 1
#endif
#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef WRITES  // of each writer
#define WRITES 1
#endif

#ifndef RECLAIMS  // calls of reclaim() while the others run
#define RECLAIMS 0
#endif
#ifndef FAILURES  // of the heavy fence
#define FAILURES 0
#endif

#define OBJECTS (1 + WRITERS * WRITES)
#define RECORDS (READERS + WRITERS + 1)
#define NONE 255    // no record
#define LEAVE 255   // in a buffer: not an announcement, but `owned = false`
#define BIT(o) (1 << (o))

// asym_fence:I1: whoever comes first decides, for good; every thread asks before it announces anything.
mtype = { asymmetric, symmetric };
mtype mode;

// Objects are numbers from 1 on; 0 is null.
mtype = { unused, linked_in, retired, freed };
mtype state[OBJECTS + 1] = unused;
byte root;  // the one place where readers look

// Records (S1: linked once and never freed, newest last). Each has one slot, and a list: a set of bits.
byte records;
bool owned[RECORDS];
byte slot[RECORDS];
byte list[RECORDS];
#if RECLAIMS
byte mark[RECORDS];  // S5: odd while a pass is under way
#endif

chan buffer[READERS] = [2] of { byte, byte };  // record, value: in order, as all are release stores

// What readers use; for the checks only.
byte uses[READERS];
byte owners[RECORDS];
byte seen_held;  // objects that a scan found in a slot
byte failures;   // of the heavy fence
byte ended;

// --- Readers' stores

inline apply(r, v) {
  if
  :: v == LEAVE -> owned[r] = false  // S2 release
  :: else -> slot[r] = v
  fi
}
// Everything in the buffer of a thread becomes visible.
inline drain(thread) {
  d_step {
    do
    :: buffer[thread]?at, value -> apply(at, value)
    :: empty(buffer[thread]) -> break
    od;
    at = 0;
    value = 0
  }
}
// The processor may do so at any time.
proctype processor(byte thread) {
  byte at, value;
end:
  do
  :: d_step { buffer[thread]?at, value -> apply(at, value); at = 0; value = 0 }
  od
}

// T1, light side. One that does not know the decision yet executes a fence: in asymmetric mode that is
// one of the moments at which the processor drains the buffer anyway.
inline announce(v) {
  buffer[self]!me, v;
  if
  :: mode == asymmetric
#ifndef BUG_LIGHT_UNDECIDED
  :: mode == symmetric -> drain(self)
#else
  :: mode == symmetric
#endif
  fi
}

// --- Fences

// T1, heavy side: every thread executes a fence, one after the other. What passes have no buffer.
inline fence_heavy() {
  fenced = true;
  if
  :: mode == symmetric
  :: mode == asymmetric ->
    i = 0;
    do
    :: i < READERS -> drain(i); i++
    :: i == READERS -> break
#if FAILURES
    :: atomic { i == 0 && failures < FAILURES -> failures++; fenced = false; break }
#endif
    od;
    i = 0
  fi
}

// --- Records

// S2 acquire: one that another thread left, or a new one.
inline claim() {
  d_step { i = 0; me = NONE }
  do
  :: i < records && owned[i] -> i++
#ifndef BUG_CLAIM_BLINDLY
  :: atomic { i < records && !owned[i] -> owned[i] = true; me = i; break }
#else
  :: i < records && !owned[i] -> owned[i] = true; me = i; break
#endif
  :: atomic { i == records -> owned[i] = true; me = i; records++; break }  // S1 release
  od;
  atomic {
    i = 0;
    owners[me]++;
    assert(owners[me] == 1 && slot[me] == 0)  // P5
  }
}

// --- A pass

inline push(objects) {
  list[me] = list[me] | (objects)  // S3 release
}
inline take_lists(everyone) {
  i = records;  // S1 acquire
#ifdef BUG_SCAN_OLD_RECORDS
  limit = records;
#endif
  do
  :: i > 0 ->
    i--;
    if
    :: atomic { everyone || i == me || !owned[i] -> taken = taken | list[i]; list[i] = 0 }  // S3 acquire
    :: else
    fi
  :: i == 0 -> break
  od
}
inline scan() {
#ifndef BUG_SCAN_OLD_RECORDS
  i = records;
#else
  i = limit;
#endif
  do
  :: i > 0 && fenced ->
    atomic {
      i--;
      if
      :: slot[i] != 0 && (taken & BIT(slot[i])) ->  // S4 acquire, T1
        taken = taken & ~BIT(slot[i]);
        kept = kept | BIT(slot[i])
      :: else
      fi
    };
#ifndef BUG_KEPT_NOT_PUT_BACK
    if
    :: kept -> d_step { seen_held = seen_held | kept; push(kept); kept = 0 }
    :: !kept
    fi
#endif
  :: else -> break
  od
}
inline free_taken() {
  d_step {
    i = 1;
    do
    :: i <= OBJECTS && (taken & BIT(i)) ->
      state[i] = freed;
      k = 0;
      do
      :: k < READERS -> assert(uses[k] != i); k++  // P1
      :: else -> break
      od;
      freed_any = true;
      i++
    :: i <= OBJECTS && !(taken & BIT(i)) -> i++
    :: else -> break
    od;
    i = 0;
    k = 0;
    taken = 0
  }
}
inline pass(everyone) {
  d_step {
    freed_any = false;
#if RECLAIMS && !defined(BUG_NO_MARK)
    if
    :: everyone  // nobody waits for the one collector
    :: else -> mark[me]++
    fi
#endif
  };
#ifdef BUG_FENCE_FIRST
  fence_heavy();
#endif
  take_lists(everyone);
  if
  :: taken != 0 ->
#if !defined(BUG_FENCE_FIRST) && !defined(BUG_NO_FENCE)
    fence_heavy();  // I4
#endif
#ifdef BUG_NO_FENCE
    fenced = true;
#endif
#ifdef BUG_FAILED_FENCE
    fenced = true;
#endif
    scan();
    if
#ifdef BUG_ALL_OR_NOTHING
    :: fenced && !seen_held -> free_taken()
    :: fenced && seen_held -> d_step { push(taken); taken = 0 }
#else
    :: fenced -> free_taken()
#endif
    :: !fenced -> d_step { push(taken); seen_held = seen_held | taken; taken = 0 }
    fi
  :: else
  fi;
  d_step { fenced = false; kept = 0 };
#if RECLAIMS && !defined(BUG_NO_MARK)
  if
  :: everyone
  :: else -> mark[me]++  // S5 release
  fi
#endif
}

// --- Threads

proctype reader(byte self) {
  byte me, i, n, at, value, seen, again;
  claim();
  do
  :: n < READS ->
    seen = root;
    do
    :: announce(seen);
#ifndef BUG_NO_RELOAD
       atomic { again = root; if :: again == seen -> break :: else -> seen = again fi }
#else
       break
#endif
    od;
    atomic {
      assert(state[seen] == linked_in || state[seen] == retired);  // P1
      uses[self] = seen;
      seen = 0;
      again = 0
    };
    if
    :: true
    :: self == 0 -> goto stalled  // for ever, with what it protects
    fi;
#ifdef BUG_LEAVE_BEFORE_CLEAR
    if
    :: n == READS - 1 -> owners[me]--; buffer[self]!me, LEAVE
    :: else
    fi;
#endif
#ifndef BUG_CLEAR_EARLY
    uses[self] = 0;
    buffer[self]!me, 0;  // S4 release
#else
    buffer[self]!me, 0;
    uses[self] = 0;
#endif
    n++
  :: else -> break
  od;
#ifndef BUG_LEAVE_BEFORE_CLEAR
  owners[me]--;
  buffer[self]!me, LEAVE;  // S2 release
#endif
stalled:
  atomic { empty(buffer[self]) -> ended++ }
}

proctype writer(byte me) {
  byte i, k, n, at, value, old, taken, kept;
  bool fenced, freed_any;
#ifdef BUG_SCAN_OLD_RECORDS
  byte limit;
#endif
  do
  :: n < WRITES ->
#ifdef BUG_RETIRE_FIRST
    atomic { old = root; state[old] = retired; push(BIT(old)) };
    pass(false);
    d_step { i = 2 + me * WRITES + n; root = i; state[i] = linked_in; i = 0; old = 0 };
#else
    d_step { i = 2 + me * WRITES + n; old = root; root = i; state[i] = linked_in; i = 0 };
    d_step { state[old] = retired; push(BIT(old)); old = 0 };
    pass(false);
#endif
    d_step {
      i = 0;
      k = 0;
      do
      :: i <= OBJECTS -> k = k + ((list[me] >> i) & 1); i++
      :: else -> break
      od;
      assert(k <= READERS + failures);  // P3
      i = 0;
      k = 0
    };
    n++
  :: else -> break
  od;
  atomic {
    owners[me]--;
    owned[me] = false;  // S2 release; its list stays
#ifdef BUG_EXIT_DROPS_LIST
    list[me] = 0;
#endif
    ended++
  }
}

#if RECLAIMS
// The sum of all marks; after `wait`, of passes that have ended meanwhile.
inline passes_of_others(sum, wait) {
  sum = 0;
  i = 0;
  do
  :: i < records ->
    if
    :: i == me
    :: i != me ->
      seen = mark[i];
      if
      :: wait && seen % 2 == 1 -> mark[i] != seen; seen = mark[i]
      :: else
      fi;
      sum = sum + seen
    fi;
    i++
  :: else -> break
  od;
  atomic { i = 0; seen = 0 }
}

inline reclaim() {
  do
  :: passes_of_others(before, false);
     pass(true);
     passes_of_others(after, true);
     if
     :: before == after && !freed_any -> break
     :: else
     fi
  od;
  before = 0;
  after = 0
}
#endif

// Reclaims while the others run, and once more when they have ended.
proctype collector() {
  byte me, i, k, at, value, taken, kept;
#if RECLAIMS
  byte seen, before, after, promised;
#endif
  bool fenced, freed_any;
#ifdef BUG_SCAN_OLD_RECORDS
  byte limit;
#endif
#if RECLAIMS
  claim();
  d_step {
    i = 1;
    seen_held = 0;
    do
    :: i <= OBJECTS && state[i] == retired -> promised = promised | BIT(i); i++
    :: i <= OBJECTS && state[i] != retired -> i++
    :: else -> break
    od;
    i = 0
  };
  reclaim();
  d_step {
    i = 1;
    do
    :: i <= OBJECTS ->
      assert(!(promised & BIT(i)) || state[i] == freed || (seen_held & BIT(i)));  // P4
      i++
    :: else -> break
    od;
    i = 0;
    promised = 0
  };
#endif
  ended == READERS + WRITERS;
  failures = FAILURES;
#if !RECLAIMS
  claim();
#endif
  pass(true);
  d_step {
    i = 1;
    do
    :: i <= OBJECTS ->
      assert(state[i] != retired || (READERS > 0 && uses[0] == i));  // P2
      i++
    :: else -> break
    od
  }
}

init {
  byte i;
  atomic {
    if
    :: mode = asymmetric
    :: mode = symmetric
    fi;
    root = 1;
    state[1] = linked_in;
    do
    :: i < WRITERS -> owned[i] = true; owners[i] = 1; records++; run writer(i); i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < READERS -> run processor(i); run reader(i); i++
    :: else -> break
    od;
    run collector()
  }
}

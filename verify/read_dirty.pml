// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// read_dirty.pml -- include/syncmap/detail/{entry,read_dirty_tables,read_dirty}.hpp: what happens to
// the two tables and to the words of their entries.
//
// A published table is constant, so an operation that has loaded `read` has no more of it than the
// entry of its key, and whether dirty has more keys. Memory is never reused here: that is the matter of
// hazard_pointers.pml. Every write brings a value of its own.
//
// For each key, `now` follows the value that the operations so far have left, one for each number of
// clears: operations that still hold what a clear has dropped come before it (L6), and go on in theirs.
// Labels I, L and T are those of read_dirty_tables.hpp and read_dirty.hpp.
//
// Checked
//   P1 tables-agree     I1 to I4 of read_dirty_tables.hpp whenever the mutex is free
//   P2 nothing-lost     each change of a word is one of the value that the key has (L1, L4, L5)
//   P3 values-current   a value that an operation finds is that of its key at that moment (L1, L4)
//   P4 absence-true     a key that is found absent was absent at some moment of the call (L2, L3)
//   P5 clear-if-empty   a clear that does nothing finds nothing (L6)
//   P6 end-agrees       at the end the tables have what the operations have left
//   P7 size-agrees      and the counter of this generation has their number
//   end                 nobody waits for ever
//   for-ever            no execution goes on for ever
//
// Seeded bugs
//   BUG_NO_EXPUNGE          P1   dirty is built without the erased entries, and they are not expunged
//   BUG_EXPUNGE_BLINDLY     P4/P6   an entry is expunged though a store has just made it live
//   BUG_REVIVE_WITHOUT_LOCK P1/P6   a store makes an expunged entry live without the lock
//   BUG_UNEXPUNGE_ONLY      P1   an expunged entry is made nil, and not put into dirty
//   BUG_NO_SECOND_LOOK      P2   a new key is added without a look at the tables under the lock
//   BUG_NO_AMENDED          P1   dirty gets a new key, and read is not amended
//   BUG_AMENDED_IGNORED     P4   a miss in an amended read is taken for the truth
//   BUG_ERASE_ANY_WORD      P2   an erase takes its key out of dirty, whatever value it has by now
//   BUG_ERASE_LEAVES_WORD   P2/P3  an erase takes its key out of dirty and leaves the word live
//   BUG_ERASE_WHERE_IT_WAS  P6   an erase takes its key out of dirty, though it was promoted meanwhile
//   BUG_CLEAR_KEEPS_DIRTY   P1   a clear leaves dirty behind
//   BUG_CLEAR_LOOKS_AT_READ P5   a clear does nothing if read is empty, though it is amended
//   BUG_SHRINK_DROPS_DIRTY  P4/P6  a shrink takes no notice of dirty
//   BUG_SHRINK_LEAVES_NIL   P2/P6   a shrink drops erased entries, and does not expunge them
//   BUG_SHRINK_NO_UNDO      P1   a shrink that has not room leaves entries expunged
//   BUG_COUNTS_FOR_NEW      P7   what is changed in a dropped table is counted for the current one
//   BUG_RETRY_IN_PLACE      for-ever  a store that finds its entry expunged tries the same again

#ifndef KEYS
#define KEYS 2
#endif
#ifndef THREADS
#define THREADS 2
#endif
#ifndef CALLS  // of each thread
#define CALLS 1
#endif
#ifndef KINDS  // a set of the operations below
#define KINDS 1023
#endif

#define LOAD 0
#define STORE 1   // by attempt_at_once()
#define SWAP 2    // by attempt_slow()
#define ERASE 3
#define CAS 4     // compare_and_swap
#define CAE 5     // compare_and_erase
#define LOS 6     // load_or_store
#define COMPUTE 7 // erases a value, and makes one where there is none
#define CLEAR 8
#define SHRINK 9

#define BIT(i) (1 << (i))
#define SHRINKING (BIT(LOAD) | BIT(STORE) | BIT(ERASE) | BIT(CAE) | BIT(SHRINK))
#define CLEARING (BIT(LOAD) | BIT(SWAP) | BIT(LOS) | BIT(CLEAR))
#define PLAIN (BIT(LOAD) | BIT(STORE) | BIT(ERASE) | BIT(CLEAR))
#define MAY(kind) ((KINDS) & BIT(kind))

// Words. Values: 1 + key at the start; each write has one of its own.
#define NIL 0
#define EXPUNGED 255
#define LIVE(w) ((w) != NIL && (w) != EXPUNGED)
#define VALUE(w) ((w) == EXPUNGED -> NIL : (w))
#define FIRST_OF(key) (1 + (key))
#define NEW_VALUE (1 + KEYS + self * CALLS + n)

#define ENTRIES (KEYS + 2 * THREADS * CALLS)
#define CLEARS (THREADS * CALLS + 1)

// Entry 0 is none. An entry has a key and the generation of its table for ever.
byte entries;
byte word[ENTRIES + 1];
byte born[ENTRIES + 1];

// read: one atomic word, so all of it changes at once. T1.
byte read_has[KEYS];
bool amended;
byte read_generation;

// Under the mutex.
bool locked;
bool has_dirty;
byte dirty_has[KEYS];
byte misses;
byte generation;  // how many clears there were

byte counter[CLEARS];

// For the checks only.
byte now[CLEARS * KEYS];
#define NOW(g, k) now[(g) * KEYS + (k)]
short found_during[THREADS];  // the values that a call's key has had since it began
byte key_of[THREADS];
byte began[THREADS];          // the generation
byte ended;

// What a thread has looked up: read_dirty_tables::location.
mtype = { none, in_read, in_dirty };

inline keep_in_mind(g, k, v) {
  other = 0;
  do
  :: other < THREADS ->
    if
    :: key_of[other] == k && began[other] <= g -> found_during[other] = found_during[other] | BIT(v)
    :: else
    fi;
    other++
  :: else -> break
  od;
  other = 0
}
// A word goes from `before` to `after`: the value of the key changes.
inline changes(e, k, before, after) {
  assert(NOW(born[e], k) == before);  // P2
  NOW(born[e], k) = after;
  keep_in_mind(born[e], k, after)
}
inline finds(e, k, w) {
  if
  :: LIVE(w) ->
    assert(NOW(born[e], k) == w && born[e] >= began[self])  // P3
  :: else ->
    assert(found_during[self] & BIT(NIL))  // P4
  fi
}

// --- The lock

inline lock() {
  atomic { !locked -> locked = true }
}
inline check_tables() {
  assert(amended == has_dirty);  // P1
  i = 0;
  do
  :: i < KEYS ->
    if
    :: has_dirty && read_has[i] != 0 && word[read_has[i]] == EXPUNGED ->
      assert(dirty_has[i] == 0)  // P1
    :: has_dirty && read_has[i] != 0 && word[read_has[i]] != EXPUNGED ->
      assert(dirty_has[i] == read_has[i])  // P1
    :: has_dirty && read_has[i] == 0 ->
      assert(dirty_has[i] == 0 || word[dirty_has[i]] != EXPUNGED)  // P1
    :: !has_dirty ->
      assert(read_has[i] == 0 || word[read_has[i]] != EXPUNGED)  // P1
    fi;
    i++
  :: else -> break
  od;
  i = 0
}
inline unlock() {
  atomic { check_tables(); locked = false }
}

// --- Words: each a read-modify-write. `done` says whether it came about.

inline try_change(e, k, before, after, counted_for) {
  atomic {
    if
    :: word[e] == before ->
      word[e] = after;
      changes(e, k, before, after);
      if
      :: before == NIL -> counter[counted_for]++
      :: after == NIL -> counter[counted_for]--
      :: else
      fi;
      done = true
    :: else -> done = false
    fi
  }
}
inline try_expunge(e) {
  do
  :: atomic { word[e] != NIL -> break }
  :: word[e] == NIL ->
#ifndef BUG_EXPUNGE_BLINDLY
    atomic {  // it loses against a store
      if
      :: word[e] == NIL -> word[e] = EXPUNGED
      :: else
      fi
    }
#else
    word[e] = EXPUNGED
#endif
  od
}

// --- The tables, under the lock

inline find_locked(found, place) {
  d_step {
    found = read_has[k];
    place = (found != 0 -> in_read : none);
    if
    :: found == 0 && amended && dirty_has[k] != 0 -> found = dirty_has[k]; place = in_dirty
    :: else
    fi
  }
}
inline promote_locked() {
  d_step {
    misses = 0;
    i = 0;
    do
    :: i < KEYS ->
      read_has[i] = dirty_has[i];
      dirty_has[i] = 0;
      i++
    :: else -> break
    od;
    i = 0;
    read_generation = generation;
    has_dirty = false;
    amended = false
  }
}
inline missed_locked() {
  d_step {
    misses++;
    i = 0;
    do
    :: i < KEYS -> count = count + (dirty_has[i] != 0); i++
    :: else -> break
    od;
    done = misses >= count;
    i = 0;
    count = 0
  };
  if
  :: done -> promote_locked()
  :: else
  fi
}
// make_room_locked(); dirty never outgrows its table here: what moves it is not seen without the lock.
#ifndef BUG_NO_EXPUNGE
#define COPIED(w) ((w) != EXPUNGED)
#else
#define COPIED(w) LIVE(w)
#endif
inline make_room_locked() {
  if
  :: has_dirty
  :: !has_dirty ->
    from = 0;
    do
    :: from < KEYS && read_has[from] != 0 ->
#ifndef BUG_NO_EXPUNGE
      try_expunge(read_has[from]);
#endif
      atomic {
        if
        :: COPIED(word[read_has[from]]) -> dirty_has[from] = read_has[from]
        :: else
        fi;
        from++
      }
    :: from < KEYS && read_has[from] == 0 -> from++
    :: else -> break
    od;
    atomic {
      from = 0;
      has_dirty = true;
#ifndef BUG_NO_AMENDED
      amended = true  // after the copy: until now misses in read were the truth
#endif
    }
  fi
}

// --- read()

// Everything before a call's first load of read. Then L2: one load of the word.
inline begin() {
  key_of[self] = k;
  began[self] = generation;
  found_during[self] = BIT(NOW(generation, k))
}
inline load_read() {
  at = read_has[k];
  is_amended = amended;
  table_generation = read_generation;
  place = (at != 0 -> in_read : none)
}

// locate(): the key's place, and a miss counted.
inline locate() {
  lock();
  find_locked(at, place);
  d_step {
    at_generation = generation;
    done = amended &&
           ((place == in_dirty && kind != STORE && kind != SWAP && kind != ERASE) ||
            (place == none && (kind == LOAD || kind == ERASE || kind == CAE)))
  };
  if
  :: done ->
    missed_locked();
    d_step {
      if
      :: place == in_dirty && !amended -> place = in_read
      :: else
      fi
    }
  :: else
  fi;
  unlock()
}

// --- modify()

// What `decide` answers to the word `seen`, which is NIL for an absent key.
#define SETS(seen) (kind == STORE || kind == SWAP || (kind == CAS && (seen) == FIRST_OF(k)) || \
                    ((kind == LOS || kind == COMPUTE) && (seen) == NIL))
#define ERASES(seen) ((kind == ERASE || kind == COMPUTE) && (seen) != NIL || \
                      kind == CAE && (seen) == FIRST_OF(k))
#define KEEPS_ABSENT (kind == ERASE || kind == CAS || kind == CAE)
#ifdef BUG_COUNTS_FOR_NEW
#define COUNTED_FOR(g) generation
#else
#define COUNTED_FOR(g) (g)
#endif

// set_locked(): makes the key live where it was found. Not `done`: another attempt.
inline set_locked(found, where, expected) {
  if
  :: where == in_dirty -> try_change(found, k, expected, NEW_VALUE, generation)
  :: where == in_read ->
    make_room_locked();
    atomic {
      done = word[found] == EXPUNGED;
      if
      :: done -> word[found] = NIL
      :: else
      fi
    };
    if
    :: done ->
#ifndef BUG_UNEXPUNGE_ONLY
      dirty_has[k] = found;
#endif
      try_change(found, k, NIL, NEW_VALUE, generation)
    :: else
    fi
  :: where == none ->
    make_room_locked();
    d_step {
      entries++;
      word[entries] = NEW_VALUE;
      born[entries] = generation;
      dirty_has[k] = entries;
      changes(entries, k, NIL, NEW_VALUE);  // L5
      counter[generation]++;
      done = true
    }
  fi
}
// The key must be where it was found without the lock.
inline commit_set(found, where, expected) {
  lock();
#ifndef BUG_NO_SECOND_LOOK
  find_locked(now_found, now_where);
#else
  now_found = found;
  now_where = where;
#endif
  if
  :: now_found == found && now_where == where -> set_locked(found, where, expected)
  :: else -> done = false
  fi;
  now_found = 0;
  now_where = none;
  unlock()
}
inline commit_erase(found, where, expected) {
  lock();
  find_locked(now_found, now_where);
#ifdef BUG_ERASE_WHERE_IT_WAS
  now_where = where;
#endif
  if
  :: now_found == found && now_where == where ->
#ifndef BUG_ERASE_ANY_WORD
    if
#ifndef BUG_ERASE_LEAVES_WORD
    :: LIVE(expected) -> try_change(found, k, expected, NIL, COUNTED_FOR(at_generation))
#else
    :: LIVE(expected) && word[found] == expected ->
      d_step {
        changes(found, k, expected, NIL);
        counter[at_generation]--;
        done = true
      }
#endif
    :: else ->
      atomic {
        done = !LIVE(word[found]);
        if
        :: done -> finds(found, k, NIL)
        :: else
        fi
      }
    fi;
#else
    if
    :: LIVE(expected) ->
      d_step { word[found] = NIL; changes(found, k, expected, NIL); counter[at_generation]--; done = true }
    :: else -> done = true
    fi;
#endif
    if
    :: done ->
      dirty_has[k] = 0;
      if
      :: kind == ERASE -> missed_locked(); done = true
      :: else
      fi
    :: else
    fi
  :: else -> done = false
  fi;
  now_found = 0;
  now_where = none;
  unlock()
}

// change(): on an entry of read, without the lock. `slow`: it is expunged.
inline change() {
  atomic {
    seen = word[at];
    slow = seen == EXPUNGED && !KEEPS_ABSENT && kind != LOAD;
    done = !slow && !SETS(VALUE(seen)) && !ERASES(VALUE(seen));
    if
    :: done -> finds(at, k, seen)  // L1
    :: else
    fi
  };
#ifdef BUG_REVIVE_WITHOUT_LOCK
  if
  :: slow && SETS(VALUE(seen)) ->
    atomic {
      slow = false;
      if
      :: word[at] == EXPUNGED ->
        word[at] = NEW_VALUE;
        changes(at, k, NIL, NEW_VALUE);
        counter[table_generation]++;
        done = true
      :: else -> done = false
      fi
    }
  :: else
  fi;
#endif
  if
  :: !done && !slow && SETS(VALUE(seen)) ->
    try_change(at, k, seen, NEW_VALUE, COUNTED_FOR(table_generation))  // L1
  :: !done && !slow && ERASES(VALUE(seen)) ->
    try_change(at, k, seen, NIL, COUNTED_FOR(table_generation))  // L1
  :: else
  fi
}

// A key that read does not have: L2 if not amended.
inline miss() {
#ifdef BUG_AMENDED_IGNORED
  slow = is_amended && kind != LOAD;
#else
  slow = is_amended;
#endif
  if
  :: !slow && !SETS(NIL) -> atomic { finds(at, k, NIL); done = true }
  :: !slow && SETS(NIL) -> commit_set(0, none, NIL)
  :: slow -> done = false
  fi
}

inline attempt_slow() {
  locate();
  if
  :: at == 0 && !SETS(NIL) -> atomic { finds(at, k, NIL); done = true }  // L3
  :: at == 0 && SETS(NIL) -> commit_set(0, none, NIL)
  :: at != 0 ->
    atomic {
      seen = word[at];
      if
      :: kind == LOAD -> finds(at, k, seen); done = true  // L4
      :: kind != LOAD && place == in_read && seen != EXPUNGED -> done = true; place = none  // again
      :: else ->
        done = !SETS(VALUE(seen)) && !ERASES(VALUE(seen)) && !(kind == ERASE && place == in_dirty);
        if
        :: done -> finds(at, k, seen)
        :: else
        fi
      fi
    };
    if
    :: done -> done = place != none || kind == LOAD
    :: !done && SETS(VALUE(seen)) -> commit_set(at, place, seen)
    :: !done && !SETS(VALUE(seen)) && place == in_dirty && (kind == ERASE || kind == COMPUTE) ->
      commit_erase(at, place, seen)
    :: else -> try_change(at, k, seen, NIL, COUNTED_FOR(at_generation))  // L4
    fi
  fi
}

// All in one critical section, except that a table or an entry is made before another attempt.
inline attempt_at_once() {
  lock();
  find_locked(at, place);
  seen = (at != 0 -> word[at] : NIL);
  if
  :: place == in_read && seen != EXPUNGED -> done = false
  :: (place == none || place == in_read && !has_dirty) && !prepared -> done = false; prepared = true
  :: else -> set_locked(at, place, seen)
  fi;
  unlock()
}

// --- clear() and shrink_to_fit()

#if KEYS == 1
#define NO_ENTRY (read_has[0] == 0)
#elif KEYS == 2
#define NO_ENTRY (read_has[0] == 0 && read_has[1] == 0)
#else
#define NO_ENTRY (read_has[0] == 0 && read_has[1] == 0 && read_has[2] == 0)
#endif

inline check_empty() {
  i = 0;
  do
  :: i < KEYS -> assert(NOW(generation, i) == NIL); i++  // P5
  :: else -> break
  od;
  i = 0
}
inline clear() {
  if
#ifndef BUG_CLEAR_LOOKS_AT_READ
  :: atomic { !amended && NO_ENTRY -> check_empty() }
#else
  :: atomic { NO_ENTRY -> check_empty() }
#endif
  :: else ->
    lock();
    if
    :: !amended && NO_ENTRY -> d_step { check_empty() }
    :: else ->
      d_step {  // L6: read has no table
        generation++;  // known to nobody before the unlock, but size()
        i = 0;
        do
        :: i < KEYS ->
          read_has[i] = 0;
#ifndef BUG_CLEAR_KEEPS_DIRTY
          dirty_has[i] = 0;
#endif
          keep_in_mind(generation, i, NIL);
          i++
        :: else -> break
        od;
        i = 0;
#ifndef BUG_CLEAR_KEEPS_DIRTY
        has_dirty = false;
#endif
        amended = false;
        read_generation = generation;
        misses = 0
      }
    fi;
    unlock()
  fi
}

// One round: promote(), then shrink_locked(). What could be expunged is left out: not what is nil.
#ifndef BUG_SHRINK_LEAVES_NIL
#define IS_TAKEN(w) ((w) != EXPUNGED)
#else
#define IS_TAKEN(w) LIVE(w)
#endif
inline shrink() {
  lock();
  if
  :: amended -> promote_locked()
  :: else
  fi;
  unlock();
  lock();
  if
#ifndef BUG_SHRINK_DROPS_DIRTY
  :: amended  // another round in vain
#endif
  :: else ->
    done = true;
    slow = false;
    do
    :: from < KEYS && read_has[from] != 0 ->
#ifndef BUG_SHRINK_LEAVES_NIL
      try_expunge(read_has[from]);
#endif
      atomic {
        if
        :: IS_TAKEN(word[read_has[from]]) -> taken = taken | BIT(from)
        :: IS_TAKEN(word[read_has[from]]) -> done = false  // more than were counted
        :: else
        fi;
        from++
      }
    :: from < KEYS && read_has[from] == 0 -> from++
    :: else -> break
    od;
    from = 0;
    if
    :: done ->
      d_step {
        i = 0;
        do
        :: i < KEYS && !(taken & BIT(i)) -> read_has[i] = 0; i++
        :: i < KEYS && (taken & BIT(i)) -> i++
        :: else -> break
        od;
        i = 0;
#ifdef BUG_SHRINK_DROPS_DIRTY
        do
        :: i < KEYS -> dirty_has[i] = 0; i++
        :: else -> break
        od;
        i = 0;
        has_dirty = false;
        amended = false
#endif
      }
#ifndef BUG_SHRINK_NO_UNDO
    :: !done ->
      do
      :: from < KEYS ->
        atomic {
          if
          :: read_has[from] != 0 && word[read_has[from]] == EXPUNGED -> word[read_has[from]] = NIL
          :: else
          fi;
          from++
        }
      :: else -> break
      od;
      from = 0
#else
    :: else
#endif
    fi;
    taken = 0
  fi;
  unlock();
  done = true
}

// --- Threads

proctype client(byte self) {
  byte n, k, kind, at, seen, table_generation, at_generation, now_found, i, from, count, other, taken;
  mtype place = none, now_where = none;
  bool is_amended, slow, done, prepared;
  do
  :: n < CALLS ->
    atomic {
      if
      :: MAY(LOAD) -> kind = LOAD
      :: MAY(STORE) -> kind = STORE
      :: MAY(SWAP) -> kind = SWAP
      :: MAY(ERASE) -> kind = ERASE
      :: MAY(CAS) -> kind = CAS
      :: MAY(CAE) -> kind = CAE
      :: MAY(LOS) -> kind = LOS
      :: MAY(COMPUTE) -> kind = COMPUTE
      :: MAY(CLEAR) -> kind = CLEAR
      :: MAY(SHRINK) -> kind = SHRINK
      fi;
      if
      :: k = 0
      :: KEYS > 1 && kind != CLEAR && kind != SHRINK -> k = 1
      :: KEYS > 2 && kind != CLEAR && kind != SHRINK -> k = 2
      fi
    };
    if
    :: kind == CLEAR -> clear()
    :: kind == SHRINK -> shrink()
    :: else ->
      do
      :: atomic {
          if
          :: key_of[self] == KEYS -> begin()
          :: else
          fi;
          load_read()
        };
        if
        :: place == in_read -> change()
        :: else -> miss()
        fi;
#ifdef BUG_RETRY_IN_PLACE
        slow = slow && place != in_read;
#endif
        if
        :: slow && kind == STORE -> attempt_at_once()
        :: slow && kind != STORE -> attempt_slow()
        :: else
        fi;
        if
        :: done -> break
        :: else
        fi
      od
    fi;
    atomic {
      key_of[self] = KEYS;
      began[self] = 0;
      found_during[self] = 0;
      at = 0;
      seen = 0;
      table_generation = 0;
      at_generation = 0;
      place = none;
      is_amended = false;
      slow = false;
      done = false;
      prepared = false;
      k = 0;
      kind = 0;
      n++
    }
  :: else -> break
  od;
  ended++
}

inline live_at_start(e, k) {
  word[e] = FIRST_OF(k);
  NOW(0, k) = FIRST_OF(k);
  counter[0]++
}

init {
  byte i, at;
  atomic {
    // Tables that short histories lead to. Key 0 has entry 1, and key 1 entry 2.
    entries = KEYS;
    if
    :: true  // nothing yet
    :: read_has[0] = 1; live_at_start(1, 0)
    :: read_has[0] = 1; if :: KEYS > 1 -> read_has[1] = 2; live_at_start(2, 1) :: else fi
    :: KEYS > 1 ->  // key 0 only in dirty; key 1 expunged
      read_has[1] = 2; word[2] = EXPUNGED; dirty_has[0] = 1; live_at_start(1, 0);
      has_dirty = true; amended = true
    :: KEYS > 1 ->  // both in dirty, key 1 in read too
      read_has[1] = 2; dirty_has[1] = 2; dirty_has[0] = 1; live_at_start(1, 0);
      if
      :: live_at_start(2, 1)
      :: true
      fi;
      has_dirty = true; amended = true
    fi;
    i = 0;
    do
    :: i < THREADS -> key_of[i] = KEYS; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < THREADS -> run client(i); i++
    :: else -> break
    od
  }
  ended == THREADS;
  d_step {
    i = 0;
    do
    :: i < KEYS ->
      at = (read_has[i] != 0 -> read_has[i] : dirty_has[i]);
      at = (at != 0 -> VALUE(word[at]) : NIL);
      assert(at == NOW(generation, i));  // P6
      counter[generation] = counter[generation] - (at != NIL);
      i++
    :: else -> break
    od;
    assert(counter[generation] == 0)  // P7
  }
}

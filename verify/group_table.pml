// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// group_table.pml -- include/syncmap/detail/{group,group_table,group_tables,group_migration,group_core,
// group_sizing}.hpp, with the entries in their slots (inline_slot.hpp): tables of one or two groups,
// readers without a lock, writers, moves from a table to its next, clears.
//
// Tables are protected and freed as hazard_pointers.pml has shown it, in fewer steps: protect_root() is
// one, and a retired table is freed at the first moment at which nobody protects it. No memory is used
// twice. The tags of all keys are the same, so that it is their keys that tell slots apart; the first
// slot is the group's own, and those behind it are in overflow. Every write brings a value of its own.
//
// For each key, `now` follows the value that the operations so far have left, one for each number of
// clears: operations that still hold what a clear has dropped come before it (L6).
// I and S are labels of group.hpp, or of group_table.hpp where that is said; L of group_core.hpp.
//
// Checked
//   P1 no-use-after-free   nobody looks at a table that is freed; none is freed twice (group_table:I5)
//   P2 nothing-lost        each insert, update and erase is one of the value that the key has (L4, L5)
//   P3 values-current      a value that is found was that of its key at some moment of the call (L1)
//   P4 absence-true        a key that is found absent was absent at some moment of the call (L2, L3)
//   P5 moved-once          a unit is moved once, to groups that nobody reaches (group_table:I1)
//   P6 no-key-twice        a group has no key twice
//   P7 filter-true         an unlocked group's filter says whether something is in overflow (I4)
//   P8 end-agrees          at the end the map has what the operations have left
//   P9 no-leak             and every other table is freed (group_table:I3)
//   end                    nobody waits for ever
//   for-ever               no execution goes on for ever
//
// Seeded bugs
//   BUG_NO_VERSION_CHECK   P3   a reader does not look whether the version is still the same
//   BUG_TAG_FIRST          P3/P4  I1: an insert sets the tag before it fills the slot
//   BUG_LOCK_ANY_STATE     P2/P6  a writer takes the lock whatever happened since it looked
//   BUG_VERSION_KEPT       P2/P6  I2: an insert does not change the version
//   BUG_VALUE_UNCHECKED    P2   an erase does not look at the value again under the lock
//   BUG_FILTER_LATE        P4   I4: the filter is set after the tag
//   BUG_FILTER_KEPT        P7   I4: an erase in overflow never empties the filter
//   BUG_FORWARD_FIRST      P4   a group is forwarded before its entries are in the next table
//   BUG_MOVE_UNLOCKED      P2/P4/P5/P8  a mover takes no lock
//   BUG_MOVE_AGAIN         P5   a mover does not look whether the unit was moved
//   BUG_PROMOTE_EARLY      P4/P5/P8  the next table becomes the map's before the last unit is moved
//   BUG_NEXT_UNCHECKED     P1   who goes on to next does not look at the root again
//   BUG_PROMOTED_OWNS      P1   group_table:I3: a promoted table takes its next along when it is freed
//   BUG_DROPPED_OWNS_NOT   P9   group_table:I3: a table that a clear drops leaves its next
//   BUG_CLOSE_UNLOCKED     P2/P4/P8  an empty table is closed without its lock
//   BUG_UNLOCK_FORGOTTEN   end  an update that has to look again keeps the lock

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
#define KINDS 63
#endif

#define LOAD 0
#define STORE 1
#define ERASE 2
#define CLEAR 3
#define RESIZE 4  // reserve() and shrink_to_fit(): begin to grow or shrink, or go on with it
#define CLOSE 5   // shrink_to_fit() of a table that may be empty

#define BIT(i) (1 << (i))
#define READING (BIT(LOAD) | BIT(STORE) | BIT(ERASE))
#define MOVING (BIT(LOAD) | BIT(STORE) | BIT(RESIZE))
#define DROPPING (BIT(LOAD) | BIT(CLEAR) | BIT(RESIZE))
#define MAY(kind) ((KINDS) & BIT(kind))

#define NIL 0
#define FIRST_OF(key) (1 + (key))
#define NEW_VALUE (1 + KEYS + self * CALLS + n)

// Tables are numbers from 1 on.
#define TABLES (2 + THREADS * CALLS)
#define GENERATIONS (THREADS * CALLS + 1)
#define SLOTS KEYS  // of a group; the first is its own

typedef group_type {
  // The state: one atomic word.
  bool is_locked;
  bool is_forwarded;
  bool may_overflow;
  byte version;
  // The slots.
  bool tag[SLOTS];
  byte key[SLOTS];
  byte value[SLOTS]
};
group_type group[2 * (TABLES + 1)];
#define AT(t, index) (2 * (t) + (index))
#define GROUP_OF(t, k) AT(t, (group_count[t] == 1 -> 0 : (k) % 2))

byte tables;
byte group_count[TABLES + 1];
byte generation[TABLES + 1];
byte next[TABLES + 1];      // 0: none; the table itself: closed
byte moved[TABLES + 1];
byte claimed[TABLES + 1];
bool promoted[TABLES + 1];
bool retired[TABLES + 1];
bool freed[TABLES + 1];

// The root: a table, or 0 and how many clears there were.
byte root;
byte root_generation;

// Hazard slots, of_table and of_next.
byte guards_table[THREADS];
byte guards_next[THREADS];

// For the checks only.
byte now[GENERATIONS * KEYS];
#define NOW(g, k) now[(g) * KEYS + (k)]
#define CURRENT (root == 0 -> root_generation : generation[root])
short found_during[THREADS];
byte key_of[THREADS];
byte began[THREADS];
byte ended;

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
inline changes(t, k, before, after) {
  assert(NOW(generation[t], k) == before);  // P2
  NOW(generation[t], k) = after;
  keep_in_mind(generation[t], k, after)
}
inline finds(v) {
  if
  :: v != NIL -> assert(found_during[self] & BIT(v))  // P3
  :: else -> assert(found_during[self] & BIT(NIL))  // P4
  fi
}
inline look_at(t) {
  assert(!freed[t])  // P1
}

// --- Protection and freeing

// Frees a retired table as soon as nobody protects it; with its next, unless it was promoted or closed.
inline free_if_unused(t) {
  other = 0;
  do
  :: other < THREADS && guards_table[other] != t && guards_next[other] != t -> other++
  :: else -> break
  od;
  if
  :: t != 0 && other == THREADS && retired[t] && !freed[t] ->
    freed[t] = true;
    if
#ifdef BUG_PROMOTED_OWNS
    :: next[t] != 0 && next[t] != t ->
#elif defined(BUG_DROPPED_OWNS_NOT)
    :: false ->
#else
    :: next[t] != 0 && next[t] != t && !promoted[t] ->
#endif
      assert(!freed[next[t]]);  // P1
      freed[next[t]] = true
    :: else
    fi
  :: else
  fi;
  other = 0
}
inline guard_table(t) {
  other_table = guards_table[self];
  guards_table[self] = t;
  free_if_unused(other_table);
  other_table = 0
}
inline guard_next(t) {
  other_table = guards_next[self];
  guards_next[self] = t;
  free_if_unused(other_table);
  other_table = 0
}
inline drop(t) {
  d_step {
    retired[t] = true;
    guard_table(0);
    guard_next(0);
    free_if_unused(t)
  }
}
inline protect_root() {
  d_step {
    if
    :: key_of[self] == KEYS ->  // the call begins
      key_of[self] = k;
      began[self] = CURRENT;
      found_during[self] = BIT(NOW(CURRENT, k))
    :: else
    fi;
    in = root;
    empty_generation = root_generation;
    guard_table(in)
  }
}

// --- Groups

#if SLOTS == 2
#define IN_OVERFLOW(g) (group[g].tag[1])
#else
#define IN_OVERFLOW(g) (group[g].tag[1] || group[g].tag[2])
#endif

inline load_state(t, g) {  // S2 acquire
  d_step {
    look_at(t);
    version = group[g].version;
    is_locked = group[g].is_locked;
    is_forwarded = group[g].is_forwarded;
    may_overflow = group[g].may_overflow
  }
}
#define SAME_VERSION(g) (group[g].version == version && group[g].is_forwarded == is_forwarded && \
                         group[g].may_overflow == may_overflow)
// S1 acquire: from the very state that was seen.
inline try_lock(t, g) {
  d_step {
    look_at(t);
#ifdef BUG_LOCK_ANY_STATE
    done = !group[g].is_locked && !group[g].is_forwarded;
    version = group[g].version;
    may_overflow = group[g].may_overflow;
#else
    done = !group[g].is_locked && SAME_VERSION(g);
#endif
    if
    :: done -> group[g].is_locked = true
    :: else
    fi
  }
}
inline unlock(g, changed) {  // S1 release, S2 release
  d_step {
    look_at(in);
    group[g].is_locked = false;
    group[g].version = group[g].version + changed;
    assert(group[g].may_overflow || !IN_OVERFLOW(g));  // P7
    assert(!group[g].may_overflow || IN_OVERFLOW(g))  // P7
  }
}

// find_group(): at a group that is not forwarded; or `here` is false: absent, if `nowhere`, or again.
inline find_group() {
  at = GROUP_OF(in, k);
  load_state(in, at);
  here = !is_forwarded;
  nowhere = false;
  if
  :: is_forwarded ->  // follow()
    d_step { look_at(in); after = next[in] };  // group_table:S1 acquire
    if
    :: after == in -> nowhere = true
    :: else ->
      d_step { guard_next(after) };
#ifndef BUG_NEXT_UNCHECKED
      here = root == in || root == after;
#else
      here = true;
#endif
      if
      :: here ->
        in = after;
        at = GROUP_OF(in, k);
        load_state(in, at);
        here = !is_forwarded
      :: else
      fi
    fi;
    after = 0
  :: else
  fi
}

// table::find(): slots one after the other. `value`: NIL if the key is absent. Not `done`: again.
inline find() {
  slot = 0;
  value = NIL;
  done = true;
  do
  :: slot < SLOTS && (slot < 1 || may_overflow) ->
    look_at(in);
    if
    :: group[at].tag[slot] ->  // S3 acquire
      if
      :: group[at].key[slot] == k ->
        value = group[at].value[slot];  // L1
#ifndef BUG_NO_VERSION_CHECK
        done = SAME_VERSION(at);
#endif
        break
      :: else -> slot++
      fi
    :: else -> slot++
    fi
  :: else -> break
  od
}

// --- A move

#define UNITS(t) (group_count[t] > group_count[next[t]] -> 1 : group_count[t])
#define SOURCES(t) (group_count[t] / UNITS(t))
#define SOURCE(t) AT(t, unit * SOURCES(t) + i)

// Into empty groups of next that nobody reaches yet: one step.
inline copy_unit() {
  d_step {
    i = 0;
    do
    :: i < SOURCES(in) ->
      slot = 0;
      do
      :: slot < SLOTS && group[SOURCE(in)].tag[slot] ->
        to = GROUP_OF(next[in], group[SOURCE(in)].key[slot]);
        look_at(next[in]);
        free_slot = 0;
        do
        :: group[to].tag[free_slot] ->
          assert(group[to].key[free_slot] != group[SOURCE(in)].key[slot]);  // P6
          free_slot++
        :: else -> break
        od;
        group[to].tag[free_slot] = true;
        group[to].key[free_slot] = group[SOURCE(in)].key[slot];
        group[to].value[free_slot] = group[SOURCE(in)].value[slot];
        group[to].may_overflow = group[to].may_overflow || free_slot > 0;
        slot++
      :: slot < SLOTS && !group[SOURCE(in)].tag[slot] -> slot++
      :: else -> break
      od;
      i++
    :: else -> break
    od;
    i = 0;
    slot = 0;
    to = 0;
    free_slot = 0
  }
}
// start_targets(): they are empty, unless a move of this unit came before.
inline start_targets() {
  d_step {
    i = 0;
    do
    :: i < group_count[next[in]] ->
      if
      :: UNITS(in) == 1 || i == unit ->
        to = AT(next[in], i);
        assert(!group[to].is_locked && group[to].version == 0);  // P5
        slot = 0;
        do
        :: slot < SLOTS -> assert(!group[to].tag[slot]); slot++  // P5
        :: else -> break
        od
      :: else
      fi;
      i++
    :: else -> break
    od;
    i = 0;
    slot = 0;
    to = 0
  }
}
inline move_unit() {
  // look()
  i = 0;
  done = true;
  do
  :: i < SOURCES(in) && done ->
    d_step {
      look_at(in);
      versions[i] = group[SOURCE(in)].version;
      filters[i] = group[SOURCE(in)].may_overflow;
#ifndef BUG_MOVE_AGAIN
      done = !group[SOURCE(in)].is_locked && !group[SOURCE(in)].is_forwarded;
#else
      done = !group[SOURCE(in)].is_locked;
#endif
      i++
    }
  :: else -> break
  od;
  // lock()
  i = 0;
  do
  :: i < SOURCES(in) && done ->
#ifndef BUG_MOVE_UNLOCKED
    d_step {
      look_at(in);
      done = !group[SOURCE(in)].is_locked && group[SOURCE(in)].version == versions[i] &&
             group[SOURCE(in)].may_overflow == filters[i];
      if
      :: done -> group[SOURCE(in)].is_locked = true; i++
      :: else
      fi
    }
#else
    i++
#endif
  :: else -> break
  od;
  if
  :: !done ->  // somebody was faster: nothing has changed
    do
    :: i > 0 -> d_step { i--; group[SOURCE(in)].is_locked = false }
    :: else -> break
    od
  :: done ->
    i = 0;
    start_targets();
#ifndef BUG_FORWARD_FIRST
    copy_unit();
#endif
    do
    :: i < SOURCES(in) ->  // publish()
      d_step {
        look_at(in);
        group[SOURCE(in)].is_locked = false;
        group[SOURCE(in)].is_forwarded = true;
        group[SOURCE(in)].version++;
        i++
      }
    :: else -> break
    od;
    i = 0;
#ifdef BUG_FORWARD_FIRST
    copy_unit();
#endif
    atomic {
      look_at(in);
      moved[in]++;  // group_table:S2 release
      assert(moved[in] <= UNITS(in))  // P5
    }
  fi;
  atomic {
    i = 0;
    versions[0] = 0;
    versions[1] = 0;
    filters[0] = false;
    filters[1] = false
  }
}

#ifndef BUG_PROMOTE_EARLY
#define IS_MOVED(t) (moved[t] >= UNITS(t))
#else
#define IS_MOVED(t) (moved[t] + 1 >= UNITS(t))
#endif
// `done`: nothing is left to do, and `in` is not the map's table any more.
inline promote_if_moved() {
  d_step { look_at(in); done = IS_MOVED(in) };  // group_table:S2 acquire
  if
  :: done ->
    atomic {
      if
      :: root == in -> root = next[in]; dropped = in
      :: else  // a clear was first: this table owns its next
      fi
    };
    if
    :: dropped != 0 -> d_step { look_at(dropped); promoted[dropped] = true }; drop(dropped); dropped = 0
    :: else
    fi
  :: else
  fi
}
inline leave_closed() {
  if
  :: !group[AT(in, 0)].is_forwarded -> !group[AT(in, 0)].is_locked  // about to be, or not
  :: else ->
    atomic {
      if
      :: root == in -> root = 0; root_generation = generation[in]; dropped = in
      :: else
      fi
    };
    if
    :: dropped != 0 -> drop(dropped); dropped = 0
    :: else
    fi
  fi;
  done = true
}
// help(): `count` units. `done` as above.
inline help(count) {
  d_step { look_at(in); after = next[in] };
  if
  :: after == in -> leave_closed()
  :: else ->
    d_step { guard_next(after) };
    done = root != in;  // protect_next()
    if
    :: !done ->
      share = count;
      do
      :: share > 0 ->
        d_step {
          unit = claimed[in] % UNITS(in);
          claimed[in] = (unit + 1) % UNITS(in);
          share--
        };
#ifndef BUG_MOVE_AGAIN
        if
        :: group[AT(in, unit * SOURCES(in))].is_forwarded
        :: else -> move_unit()
        fi
#else
        move_unit()
#endif
      :: else -> break
      od;
      unit = 0;
      promote_if_moved()
    :: else
    fi
  fi;
  after = 0
}

// --- A write

inline new_table(groups, of_generation) {
  tables++;
  group_count[tables] = groups;
  generation[tables] = of_generation
}
inline wait_for(g) {
  !group[g].is_locked;
  done = false
}
inline insert() {
  if
  :: is_locked -> wait_for(at)
  :: else ->
    d_step {  // find_empty(): as good as at the moment of the lock, which comes from the same state
      look_at(in);
      slot = 0;
      do
      :: slot < SLOTS && group[at].tag[slot] -> slot++
      :: else -> break
      od
    };
    try_lock(in, at);
    if
    :: done ->
      d_step {
        assert(slot < SLOTS);  // P6
        look_at(in)
      };
#ifndef BUG_FILTER_LATE
      if
      :: slot > 0 -> group[at].may_overflow = true  // publish(): I4
      :: else
      fi;
#endif
#ifdef BUG_TAG_FIRST
      d_step { group[at].tag[slot] = true; changes(in, k, NIL, NEW_VALUE) };
#endif
      group[at].key[slot] = k;
      group[at].value[slot] = NEW_VALUE;
#ifndef BUG_TAG_FIRST
      d_step {  // L4, S3 release
        look_at(in);
        group[at].tag[slot] = true;
        check_keys();
        changes(in, k, NIL, NEW_VALUE)
      };
#endif
#ifdef BUG_FILTER_LATE
      if
      :: slot > 0 -> group[at].may_overflow = true
      :: else
      fi;
#endif
#ifndef BUG_VERSION_KEPT
      unlock(at, 1)
#else
      unlock(at, 0)
#endif
    :: else
    fi
  fi
}
inline check_keys() {
  i = 0;
  do
  :: i < SLOTS ->
    assert(i == slot || !group[at].tag[i] || group[at].key[i] != k);  // P6
    i++
  :: else -> break
  od;
  i = 0
}
// A store decides without user code, so it takes what it finds under the lock.
inline replace() {
  if
  :: is_locked -> wait_for(at)
  :: else ->
    try_lock(in, at);
    if
    :: done ->
      d_step {  // L5
        look_at(in);
        changes(in, k, group[at].value[slot], NEW_VALUE);
        group[at].value[slot] = NEW_VALUE
      };
      unlock(at, 0)
    :: else
    fi
  fi
}
inline erase() {
  if
  :: is_locked -> wait_for(at)
  :: else ->
    try_lock(in, at);
    if
    :: done ->
#ifndef BUG_VALUE_UNCHECKED
      done = group[at].value[slot] == value;
#endif
      if
      :: done ->
        d_step {  // L5
          look_at(in);
          changes(in, k, value, NIL);
          group[at].tag[slot] = false
        };
#ifndef BUG_FILTER_KEPT
        d_step { group[at].may_overflow = IN_OVERFLOW(at) };  // visible with the version, next
#endif
        unlock(at, 1)
#ifndef BUG_UNLOCK_FORGOTTEN
      :: else -> unlock(at, 0); done = false
#else
      :: else -> done = false
#endif
      fi
    :: else
    fi
  fi
}

// One attempt; not `done`: another.
inline attempt() {
  protect_root();
  if
  :: in == 0 && kind != STORE -> d_step { finds(NIL); done = true }  // L3
  :: in == 0 && kind == STORE ->  // make_table()
    d_step {
      done = root == 0 && root_generation == empty_generation;
      if
      :: done -> new_table(1, root_generation); root = tables; in = tables; guard_table(in)
      :: else
      fi
    };
    if
    :: done ->
      d_step {
        at = AT(in, 0);
        version = 0;
        is_locked = false;
        is_forwarded = false;
        may_overflow = false
      };
      insert()
    :: else
    fi
  :: else ->
    d_step { look_at(in); after = next[in]; done = false };
    if
    :: after != 0 && kind != LOAD -> help(1)
    :: else
    fi;
    after = 0;
    if
    :: done -> done = false
    :: else ->
      find_group();
      if
      :: nowhere && kind == LOAD -> d_step { finds(NIL); done = true }
      :: nowhere && kind != LOAD -> leave_closed(); done = false
      :: !here && !nowhere -> done = false
      :: here && kind == STORE && is_locked -> wait_for(at)
      :: here && !(kind == STORE && is_locked) ->
        find();
        if
        :: done && (kind == LOAD || value == NIL && kind == ERASE) -> d_step { finds(value) }  // L1, L2
        :: done && value == NIL && kind == STORE -> insert()
        :: done && value != NIL && kind == STORE -> replace()
        :: done && value != NIL && kind == ERASE -> erase()
        :: else
        fi
      fi
    fi
  fi
}

// --- Whole tables

inline clear() {
  done = false;
  do
  :: !done ->
    protect_root();
    if
    :: in == 0 -> done = true
    :: else ->
      d_step {  // L6
        look_at(in);
        done = root == in;
        if
        :: done ->
          root = 0;
          root_generation = generation[in] + 1;
          i = 0;
          do
          :: i < KEYS -> keep_in_mind(root_generation, i, NIL); i++
          :: else -> break
          od;
          i = 0
        :: else
        fi
      };
      if
      :: done -> drop(in)
      :: else
      fi
    fi
  :: else -> break
  od
}
// One step of reserve() or shrink_to_fit(), which go on until the table has its size.
inline resize() {
  protect_root();
  if
  :: in == 0
  :: else ->
    d_step { look_at(in); after = next[in] };
    if
    :: after != 0 -> help(2)  // complete()
    :: else ->  // set_next()
      if
      :: root == in ->
        d_step {
          look_at(in);
          if
          :: next[in] == 0 -> new_table(3 - group_count[in], generation[in]); next[in] = tables
          :: else
          fi
        }
      :: else
      fi
    fi;
    after = 0
  fi
}
// try_close()
inline close() {
  protect_root();
  if
  :: in != 0 && group_count[in] == 1 ->
    at = AT(in, 0);
    load_state(in, at);
    done = !is_locked && !is_forwarded && !may_overflow && !group[at].tag[0];
    if
    :: done ->
#ifndef BUG_CLOSE_UNLOCKED
      try_lock(in, at);
#endif
      if
      :: done ->
        d_step { here = next[in] == 0; if :: here -> next[in] = in :: else fi };
        d_step {  // publish()
          group[at].is_locked = false;
          if
          :: here -> group[at].is_forwarded = true; group[at].version++
          :: else
          fi
        };
        if
        :: here -> leave_closed()
        :: else
        fi
      :: else
      fi
    :: else
    fi
  :: else
  fi
}

proctype client(byte self) {
  byte n, k, kind, in, at, after, slot, value, version, empty_generation, unit, share, to, free_slot;
  byte other, other_table, dropped, i;
  byte versions[2];
  bool filters[2];
  bool is_locked, is_forwarded, may_overflow, here, nowhere, done;
  do
  :: n < CALLS ->
    atomic {
      if
      :: MAY(LOAD) -> kind = LOAD
      :: MAY(STORE) -> kind = STORE
      :: MAY(ERASE) -> kind = ERASE
      :: MAY(CLEAR) -> kind = CLEAR
      :: MAY(RESIZE) -> kind = RESIZE
      :: MAY(CLOSE) -> kind = CLOSE
      fi;
      if
      :: k = 0
      :: kind <= ERASE -> k = 1
      :: kind <= ERASE && KEYS > 2 -> k = 2
      fi
    };
    if
    :: kind == CLEAR -> clear()
    :: kind == RESIZE -> resize()
    :: kind == CLOSE -> close()
    :: else ->
      do
      :: attempt();
        if
        :: done -> break
        :: else -> d_step { here = false; nowhere = false; slot = 0; value = 0; at = 0; version = 0;
                            is_locked = false; is_forwarded = false; may_overflow = false }
        fi
      od
    fi;
    atomic {
      guard_table(0);
      guard_next(0);
      key_of[self] = KEYS;
      began[self] = 0;
      found_during[self] = 0;
      k = 0;
      kind = 0;
      in = 0;
      at = 0;
      after = 0;
      slot = 0;
      value = 0;
      version = 0;
      empty_generation = 0;
      is_locked = false;
      is_forwarded = false;
      may_overflow = false;
      here = false;
      nowhere = false;
      done = false;
      n++
    }
  :: else -> break
  od;
  ended++
}

inline entry_at_start(g, s, k) {
  group[g].tag[s] = true;
  group[g].key[s] = k;
  group[g].value[s] = FIRST_OF(k);
  group[g].may_overflow = s > 0;
  NOW(0, k) = FIRST_OF(k)
}

init {
  byte i, t, g, s;
  atomic {
    if
    :: true  // no table yet
    :: new_table(1, 0)
    :: new_table(1, 0); entry_at_start(AT(1, 0), 0, 0)
    :: new_table(1, 0); entry_at_start(AT(1, 0), 0, 0); entry_at_start(AT(1, 0), 1, 1)
    :: new_table(2, 0); entry_at_start(AT(1, 0), 0, 0)
    :: new_table(2, 0); entry_at_start(AT(1, 0), 0, 0); entry_at_start(AT(1, 1), 0, 1)
    fi;
    root = tables;
    if
#ifndef STILL
    :: root != 0 -> new_table(3 - group_count[1], 0); next[1] = 2  // a growth or shrink has begun
#endif
    :: true
    fi;
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
      t = root;
      s = NIL;
      if
      :: t != 0 && group[GROUP_OF(t, i)].is_forwarded -> t = (next[t] == t -> 0 : next[t])
      :: else
      fi;
      if
      :: t != 0 ->
        g = 0;
        do
        :: g < SLOTS && group[GROUP_OF(t, i)].tag[g] && group[GROUP_OF(t, i)].key[g] == i ->
          s = group[GROUP_OF(t, i)].value[g];
          g++
        :: g < SLOTS && !(group[GROUP_OF(t, i)].tag[g] && group[GROUP_OF(t, i)].key[g] == i) -> g++
        :: else -> break
        od
      :: else
      fi;
      assert(s == NOW(CURRENT, i));  // P8
      i++
    :: else -> break
    od;
    i = 1;
    do
    :: i <= tables -> assert(freed[i] || i == root || root != 0 && next[root] == i); i++  // P9
    :: else -> break
    od
  }
}

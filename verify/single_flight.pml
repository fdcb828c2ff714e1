// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// single_flight.pml -- include/syncmap/detail/{single_flight,wait_graph}.hpp and load_or_compute() of
// basic_map.hpp: of the threads that want the value of a key one leads, the others wait for its flight.
//
// A factory makes a value, throws, or calls load_or_compute() for some key first, so circles come
// about. The map and the map of flights are one atomic step for each look and each change: that is what
// group_table.pml has shown. A thread sleeps as atomic::wait does: only if the word is what it expects,
// looked at in the same step; and it wakes only if somebody wakes it. I and S are labels of
// wait_graph.hpp.
//
// Checked
//   P1 one-factory         at most one factory for a key runs at a time, and only if it has no value
//   P2 true-circle         who is told of a circle would have closed one, so it is told to one of it
//   P3 graph-exists        the flights and leaders that the search for a circle looks at are there (I2, I3)
//   P4 landed-once         a flight lands once (I1)
//   P5 nothing-left        at the end no flight is in the map of flights but what could not be erased
//   end                    nobody waits for ever: no wake-up is lost, and every circle is found
//   for-ever               no execution goes on for ever
//
// Seeded bugs
//   BUG_LEAD_BLINDLY       P1   a flight is entered though there is another
//   BUG_NO_SECOND_LOOK     P1   who leads does not look at the map again
//   BUG_LAND_EARLY         P1   a flight lands and is erased before its value is stored
//   BUG_CHAIN_IS_CIRCLE    P2   a leader that waits for anything is taken for a circle
//   BUG_STALE_WAIT         P3   who has waited stays in the graph
//   BUG_LAND_TWICE         P4   a factory that throws lands its flight, and the destructor too
//   BUG_NOT_ERASED         P5   a flight stays in the map of flights
//   BUG_LAND_WITHOUT_LOCK  P3   an awaited flight lands without the lock, and keeps its leader
//   BUG_NO_WAKE            end  a landing wakes nobody
//   BUG_SLEEP_BLINDLY      end  a thread sleeps without a look at the word
//   BUG_NOT_AWAITED        end  who waits does not say so, and the landing takes the short way
//   BUG_NO_CIRCLE          end  nobody looks for circles
//   BUG_TWO_SECTIONS       end  the search for a circle and the entry into the graph are not one step
//   BUG_OWN_CIRCLE_ONLY    end  only a key inside its own factory counts as a circle
//   BUG_THROW_KEEPS_FLIGHT end  a factory that throws leaves its flight under way
//   BUG_LANDED_FOLLOWED    for-ever  a landed flight that could not be erased is followed

#ifndef KEYS
#define KEYS 2
#endif
#ifndef THREADS
#define THREADS 2
#endif
#ifndef CALLS  // of each thread
#define CALLS 1
#endif
#ifndef DEPTH  // of calls inside factories
#define DEPTH 2
#endif
#ifndef FAILURES  // of the erasure of a flight: memory is out
#define FAILURES 1
#endif

#define NONE 255
#define FLIGHTS (2 * THREADS * DEPTH + KEYS)

bool has_value[KEYS];
byte flight_of[KEYS];  // 0: none
byte failures;
byte ended;

// Flights are numbers from 1 on, used again when nobody has them.
mtype = { running, awaited, landed };
mtype state[FLIGHTS + 1] = landed;
byte leader[FLIGHTS + 1];       // a thread, or NONE: guarded by the lock
byte leader_life[FLIGHTS + 1];  // which of its outermost flights the leader belongs to
byte holders[FLIGHTS + 1];

// flight_leader: it is on the stack of a thread while that leads a flight.
byte waits_for[THREADS];  // a flight, or 0: guarded by the lock
byte depth[THREADS];      // how many flights the thread leads
byte life[THREADS];       // for the checks: how many outermost flights it has led, modulo 4
bool locked;              // graph_lock

byte asleep[THREADS];     // on which flight's word; 0: not
byte computing[KEYS];

// For the checks only.
byte true_leader[FLIGHTS + 1];
byte truly_waits[THREADS];

inline lock() {
  atomic { !locked -> locked = true }
}
inline unlock() {
  locked = false
}
inline let_go(f) {
  holders[f]--;
  if
  :: holders[f] == 0 -> state[f] = landed; leader[f] = 0; leader_life[f] = 0
  :: else
  fi
}

// A flight of the calling thread, which leads from now on.
inline make_flight() {
  d_step {
    fresh = 1;
    do
    :: holders[fresh] != 0 -> fresh++
    :: else -> break
    od;
    if
    :: depth[self] == 0 -> life[self] = (life[self] + 1) % 4
    :: else
    fi;
    depth[self]++;  // flight::leading
    holders[fresh] = 1;
    state[fresh] = running;
    leader[fresh] = self;
    leader_life[fresh] = life[self];
    true_leader[fresh] = self
  }
}
inline leads_no_more() {
  depth[self]--
}

// turn's constructor: leads, if nobody does; else `others` is whom to wait for.
inline take_turn() {
  make_flight();
  others = 0;
  do
  :: d_step {
      before = flight_of[k];
      if
      :: before != 0 -> holders[before]++
      :: else
      fi
    };
#ifndef BUG_LANDED_FOLLOWED
    if
    :: before != 0 && state[before] != landed -> others = before; break  // S2 acquire, has_landed()
    :: else
    fi;
#else
    if
    :: before != 0 -> others = before; break
    :: else
    fi;
#endif
    atomic {  // the commit, if the map of flights still has the same
      if
#ifdef BUG_LEAD_BLINDLY
      :: true ->
#else
      :: flight_of[k] == before ->
#endif
        if
        :: flight_of[k] != 0 -> let_go(flight_of[k])
        :: else
        fi;
        flight_of[k] = fresh;
        holders[fresh]++;
        done = true
      :: else -> done = false
      fi;
      if
      :: before != 0 -> let_go(before)
      :: else
      fi;
      before = 0
    };
    if
    :: done -> break
    :: else
    fi
  od;
  atomic {
    done = false;
    before = 0;
    if
    :: others != 0 -> let_go(fresh); leads_no_more()
    :: else -> mine[top] = fresh
    fi;
    fresh = 0
  }
}

// Is a circle really there, by what the threads do and not by what the graph says?
inline check_circle() {
  at = others;
  count = 0;
  do
  :: true_leader[at] != self ->
    assert(at != 0 && state[at] != landed && count < THREADS);  // P2
    at = truly_waits[true_leader[at]];
    count++
  :: else -> break
  od;
  assert(state[at] != landed);  // P2
  at = 0;
  count = 0
}
// leads_to(): with the lock.
inline search() {
  d_step {
    at = others;
    circular = false;
    count = 0;
    do
    :: at != 0 && holders[at] == 0 -> assert(false); break  // P3
    :: at != 0 && holders[at] != 0 && leader[at] != NONE && !circular && count <= THREADS ->
      assert(depth[leader[at]] > 0 && life[leader[at]] == leader_life[at]);  // P3
#ifndef BUG_CHAIN_IS_CIRCLE
      circular = leader[at] == self;
#else
      circular = leader[at] == self || waits_for[leader[at]] != 0;
#endif
#ifndef BUG_OWN_CIRCLE_ONLY
      at = waits_for[leader[at]];
#else
      at = 0;
#endif
      count++
    :: else -> break
    od;
    at = 0;
    count = 0;
#ifdef BUG_NO_CIRCLE
    circular = false;
#endif
    if
    :: circular -> check_circle()
    :: else
    fi
  }
}
inline enter_graph() {
  d_step {
    if
    :: takes_part && !circular -> waits_for[self] = others
    :: else
    fi;
    if
    :: !circular && state[others] != landed -> truly_waits[self] = others
    :: else
    fi
  }
}
inline await() {
  lock();
  atomic {
    takes_part = state[others] != landed && depth[self] > 0;
#ifndef BUG_NOT_AWAITED
    if
    :: state[others] == running -> state[others] = awaited
    :: else
    fi
#endif
  };
  if
  :: takes_part -> search()
  :: else
  fi;
#ifdef BUG_TWO_SECTIONS
  unlock();
  lock();
#endif
  enter_graph();
  unlock();
  if
  :: !circular ->
    do
    :: state[others] == landed -> break  // S2 acquire
    :: else ->  // wait_while()
      atomic {
        if
#ifdef BUG_SLEEP_BLINDLY
        :: true -> asleep[self] = others
#elif defined(BUG_NOT_AWAITED)
        :: state[others] != landed -> asleep[self] = others
#else
        :: state[others] == awaited -> asleep[self] = others
#endif
        :: else
        fi
      };
      asleep[self] == 0
    od;
#ifndef BUG_STALE_WAIT
    if
    :: takes_part -> lock(); waits_for[self] = 0; unlock()
    :: else
    fi
#endif
  :: else
  fi;
  atomic { takes_part = false; let_go(others); others = 0 }
}

inline lands(f) {
  assert(state[f] != landed);  // P4
  state[f] = landed;
  count = 0;
  do
  :: count < THREADS ->
    if
    :: truly_waits[count] == f -> truly_waits[count] = 0
    :: else
    fi;
    count++
  :: else -> break
  od;
  count = 0
}
inline land(f) {
  atomic {
    done = state[f] == running;
    if
    :: done -> lands(f)
    :: else
    fi
  };
  if
  :: !done ->
#ifndef BUG_LAND_WITHOUT_LOCK
    lock();
    leader[f] = NONE;
#endif
    d_step { lands(f) };  // S2 release
#ifndef BUG_LAND_WITHOUT_LOCK
    unlock();
#endif
#ifndef BUG_NO_WAKE
    d_step {  // wake_all()
      count = 0;
      do
      :: count < THREADS ->
        if
        :: asleep[count] == f -> asleep[count] = 0
        :: else
        fi;
        count++
      :: else -> break
      od;
      count = 0
    }
#endif
  :: else
  fi;
  done = false
}
// turn's destructor.
inline give_up_turn() {
  atomic {
    if
#ifndef BUG_NOT_ERASED
    :: true -> if :: flight_of[k] == mine[top] -> flight_of[k] = 0; let_go(mine[top]) :: else fi
#else
    :: true
#endif
    :: failures < FAILURES -> failures++  // completes(): the next one finds that it has landed
    fi
  };
  land(mine[top]);
  atomic {
    let_go(mine[top]);
    mine[top] = 0;
    leads_no_more()
  }
}

proctype caller(byte self) {
  byte n, k, top, others, before, fresh, at, count;
  byte key[DEPTH], mine[DEPTH];
  bool threw, done, circular, takes_part;
  do
  :: n < CALLS ->
    if
#ifdef RING  // each thread has a key, and its factory calls for that of the next
    :: k = self
#else
    :: k = 0
    :: KEYS > 1 -> k = 1
    :: KEYS > 2 -> k = 2
#endif
    fi;
call:  // load_or_compute(k)
    key[top] = k;
    do
    :: has_value[k] -> threw = false; goto returned
    :: else ->
      take_turn();
      if
      :: others != 0 ->
        await();
        if
        :: circular -> circular = false; threw = true; goto returned  // std::logic_error
        :: else
        fi
      :: else -> break
      fi
    od;
#ifdef BUG_LAND_EARLY
    give_up_turn();
#endif
#ifndef BUG_NO_SECOND_LOOK
    if
    :: has_value[k] -> threw = false; goto ends
    :: else
    fi;
#endif
    atomic {
      assert(computing[k] == 0 && !has_value[k]);  // P1
      computing[k]++
    };
    if
#ifdef RING
    :: top + 1 == DEPTH
#else
    :: true
#endif
    :: top + 1 < DEPTH ->
      top++;
      if
#ifdef RING
      :: k = (k + 1) % KEYS
#else
      :: k = 0
      :: KEYS > 1 -> k = 1
      :: KEYS > 2 -> k = 2
#endif
      fi;
      goto call
    fi;
computed:  // whatever became of a call inside: a factory may catch what that has thrown
    atomic {
      computing[k]--;
      if
#ifdef RING
      :: !threw -> has_value[k] = true
      :: threw
#else
      :: has_value[k] = true; threw = false
      :: threw = true
#endif
      fi
    };
ends:
#ifdef BUG_THROW_KEEPS_FLIGHT
    if
    :: threw -> d_step { let_go(mine[top]); mine[top] = 0; leads_no_more() }; goto returned
    :: else
    fi;
#endif
#ifdef BUG_LAND_TWICE
    if
    :: threw -> land(mine[top])
    :: else
    fi;
#endif
#ifndef BUG_LAND_EARLY
    give_up_turn();
#endif
returned:
    if
    :: top > 0 -> d_step { key[top] = 0; top--; k = key[top] }; goto computed
    :: else
    fi;
    d_step { key[0] = 0; k = 0; threw = false; n++ }
  :: else -> break
  od;
  ended++
}

init {
  byte i;
  atomic {
    do
    :: i < THREADS -> run caller(i); i++
    :: else -> break
    od
  }
  ended == THREADS;
  d_step {
    i = 0;
    do
    :: i < KEYS ->
      assert(flight_of[i] == 0 || state[flight_of[i]] == landed && failures > 0);  // P5
      i++
    :: else -> break
    od
  }
}

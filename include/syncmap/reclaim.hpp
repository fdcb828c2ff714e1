// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

/// @file reclaim.hpp
/// When the memory of what was erased or replaced comes back.

#pragma once

#include <syncmap/detail/block_cache.hpp>
#include <syncmap/detail/hazard.hpp>
#include <syncmap/detail/platform.hpp>

namespace syncmap::inline v0_1 {

/// Destroys what the maps of this process have retired.
///
/// An operation that replaces or erases a value cannot destroy it at once, because another thread
/// may be reading it. It *retires* it; each thread looks through what it has retired when about a
/// thousand objects (large ones count more) have come together, and destroys what nobody reads. Call
/// this function where you want to know that it has happened: after a large erase, before a
/// measurement, at the end of a test. It is never needed for correctness.
///
/// It also gives back the small blocks that the calling thread keeps for its next stores: at most 1,024
/// of each of eight sizes up to 128 bytes, which otherwise go back when the thread ends.
///
/// On return every key and value that was erased or replaced before the call, by any thread and in
/// any map, has been destroyed, unless a running operation still reads it.
///
/// @par Progress
/// Blocking: it waits for other threads that are destroying such objects at that moment, so do not
/// hold a lock that a destructor of a key or value takes. Called from a destructor that a reclamation
/// runs, it does not wait.
/// @par Libraries
/// All of a process share one list of what is retired, shared libraries included. A library that is opened
/// while the program runs finds the program's own if that exports it: link the program with `-rdynamic` (CMake:
/// `ENABLE_EXPORTS`) if the two share a map.
/// @par Complexity
/// Linear in the number of retired objects and of threads; some microseconds if there are none.
/// @par Guarantees
/// G8, G9. The method is that of C++26's hazard pointers (P2530) with asymmetric fences (P1202).
inline void reclaim() noexcept {
  detail::hazard_domain<detail::platform>::global().reclaim();
  detail::block_cache::release();
}

}  // namespace syncmap::inline v0_1

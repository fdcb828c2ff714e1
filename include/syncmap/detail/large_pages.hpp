// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// large_pages.hpp -- asks the operating system for large pages where a table is large.
//
// A look-up in a table that is larger than the caches needs two lines of memory, and as many
// translations of addresses; those are missed less often when a page is 2 MiB (decision 6).

#pragma once

#include <cerrno>
#include <cstddef>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace syncmap::inline v0_1::detail {

inline constexpr std::size_t large_page = std::size_t{1} << 21;
// Below this a page that is used only in part costs more than it brings.
inline constexpr std::size_t large_page_threshold = std::size_t{1} << 22;

// A wish: nothing depends on its being granted. `memory` is aligned to large_page.
inline void prefer_large_pages(void* memory, std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const int saved = errno;
  static_cast<void>(::madvise(memory, bytes / large_page * large_page, MADV_HUGEPAGE));
  errno = saved;
#else
  static_cast<void>(memory);
  static_cast<void>(bytes);
#endif
}

}  // namespace syncmap::inline v0_1::detail

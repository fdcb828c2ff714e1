// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// What a stress test has done, for the table that ./dev test stress prints.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace support {

// Bytes of memory that the process has at this moment, or 0 where nobody tells.
inline std::size_t resident_bytes() {
#if __has_include(<unistd.h>)
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  if (statm >> all >> resident) return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
#endif
  return 0;
}

// The largest number that any thread has told.
class maximum {
 public:
  void tell(std::size_t number) noexcept {
    for (std::size_t seen = largest_.load(std::memory_order_relaxed);
         seen < number && !largest_.compare_exchange_weak(seen, number);) {
    }
  }
  [[nodiscard]] std::size_t get() const noexcept { return largest_.load(); }

 private:
  std::atomic<std::size_t> largest_{0};
};

struct figures {
  std::uint64_t operations = 0;
  maximum garbage_objects;  // alive, and no longer in the map
  maximum garbage_bytes;    // what stats() says is retired
  maximum resident;         // what the process has
  std::string more;         // whatever else there is to say

  void look(std::size_t retired_bytes) {
    garbage_bytes.tell(retired_bytes);
    resident.tell(resident_bytes());
  }
};

// One line, to standard output and to the file that SYNCMAP_STRESS_REPORT names, if it names one.
inline void report(const figures& what) {
  const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
  char line[512];
  std::snprintf(line, sizeof line,
                "%s.%s: %llu operations, garbage at most %zu objects, %zu bytes; resident at most "
                "%zu KiB%s%s\n",
                test->test_suite_name(), test->name(),
                static_cast<unsigned long long>(what.operations), what.garbage_objects.get(),
                what.garbage_bytes.get(), what.resident.get() / 1024, what.more.empty() ? "" : "; ",
                what.more.c_str());
  std::fputs(line, stdout);
  const char* const path = std::getenv("SYNCMAP_STRESS_REPORT");  // NOLINT(concurrency-mt-unsafe)
  if (path == nullptr) return;
  if (std::FILE* const file = std::fopen(path, "a")) {
    std::fputs(line, file);
    std::fclose(file);
  }
}

}  // namespace support

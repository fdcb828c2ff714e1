// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A progress bar on stderr: drawn in place on a terminal, one line per quarter anywhere else.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace examples {

inline bool stderr_is_terminal() {
#if defined(_WIN32)
  return _isatty(_fileno(stderr)) != 0;
#else
  return isatty(STDERR_FILENO) != 0;
#endif
}

// Belongs to one thread; the workers only add to a counter that this thread reads.
class progress_bar {
 public:
  progress_bar(std::string title, std::uint64_t total)
      : title_(std::move(title)), total_(total), in_place_(stderr_is_terminal()) {}

  void show(std::uint64_t done) {
    const std::uint64_t percent =
        total_ == 0 ? 100 : std::min<std::uint64_t>(100, done * 100 / total_);
    if (in_place_) {
      draw(percent);
    } else if (percent / 25 > shown_ / 25) {
      std::fprintf(stderr, "%s: %3u %%\n", title_.c_str(), static_cast<unsigned>(percent));
    }
    shown_ = std::max(shown_, percent);
  }

  // Shows the end and leaves the line.
  void finish() {
    show(total_);
    if (in_place_) std::fputc('\n', stderr);
  }

 private:
  void draw(std::uint64_t percent) const {
    constexpr std::size_t width = 40;
    const std::size_t filled = static_cast<std::size_t>(percent) * width / 100;
    const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
    std::fprintf(
        stderr, "\r%-24s [%s] %3u %%", title_.c_str(), bar.c_str(), static_cast<unsigned>(percent));
    std::fflush(stderr);
  }

  std::string title_;
  std::uint64_t total_;
  std::uint64_t shown_ = 0;
  bool in_place_;
};

}  // namespace examples

// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// A function in a process of its own: with a clean heap, and free to crash or to hang.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <string>
#include <type_traits>

namespace grid {

template <class Result>
struct isolated {
  Result result{};
  std::string error;  // empty if there is a result
};

// Calls f() in a child that is killed after `limit` seconds.
template <class Result, class F>
isolated<Result> in_child(const F& f, unsigned limit) {
  static_assert(std::is_trivially_copyable_v<Result>);
  int ends[2];
  if (pipe(ends) != 0) return {{}, std::strerror(errno)};
  const pid_t child = fork();
  if (child < 0) return {{}, std::strerror(errno)};
  if (child == 0) {
    close(ends[0]);
    alarm(limit);
    int status = 1;
    try {
      const Result result = f();
      if (write(ends[1], &result, sizeof result) == sizeof result) status = 0;
    } catch (const std::exception&) {
      status = 2;
    }
    _exit(status);
  }
  close(ends[1]);
  isolated<Result> got;
  const bool whole = read(ends[0], &got.result, sizeof got.result) == sizeof got.result;
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    got.error = "timeout";
  } else if (WIFSIGNALED(status)) {
    got.error = strsignal(WTERMSIG(status));
  } else if (WEXITSTATUS(status) == 2) {
    got.error = "exception";
  } else if (!whole) {
    got.error = "no result";
  }
  return got;
}

}  // namespace grid

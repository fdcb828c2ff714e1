// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT
//
// Linked to every program that mutate.py runs: appends to the file SYNCMAP_MUTATION_TRACE which places of
// mutations each test came to, and how many milliseconds it took. A line is: name, time, numbers.

#include <cstdio>
#include <cstdlib>
#include <syncmap/mutation.hpp>

#ifdef SYNCMAP_MUTATION_GTEST
#include <gtest/gtest.h>
#endif

namespace {

void tell(const char* test, long milliseconds) {
  const char* const path = std::getenv("SYNCMAP_MUTATION_TRACE");
  if (path == nullptr) return;
  std::FILE* const file = std::fopen(path, "a");
  if (file == nullptr) return;
  std::fprintf(file, "%s\t%ld\t", test, milliseconds);
  for (int number = 0; number <= syncmap_mutation::count; ++number) {
    if (syncmap_mutation::reached[number].exchange(0) != 0) std::fprintf(file, "%d ", number);
  }
  std::fprintf(file, "\n");
  std::fclose(file);
}

#ifdef SYNCMAP_MUTATION_GTEST

class listener : public ::testing::EmptyTestEventListener {
  void OnTestEnd(const ::testing::TestInfo& test) override {
    const std::string name = std::string(test.test_suite_name()) + '.' + test.name();
    tell(name.c_str(), static_cast<long>(test.result()->elapsed_time()));
  }
};
[[maybe_unused]] const bool is_listening = [] {
  ::testing::UnitTest::GetInstance()->listeners().Append(new listener);
  return true;
}();

#else

[[maybe_unused]] const bool is_registered = [] { return std::atexit([] { tell("*", 0); }) == 0; }();

#endif

}  // namespace

// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// word_count [DIR] [THREADS]
//
// All threads together count every identifier in the files below DIR into one map, and the result
// is compared, count by count, with that of one thread and a std::unordered_map on the same input.
//
// An identifier is a run of letters, digits and underscores that does not start with a digit.
// Symbolic links are not followed, so no file is counted twice; files that cannot be read are
// left out and reported. Files are read in blocks, so memory does not grow with their size.

#include <syncmap/map.hpp>
#include <syncmap/read_dirty_map.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "progress_bar.hpp"

namespace {

namespace fs = std::filesystem;
using clock_type = std::chrono::steady_clock;
using word_counts = std::unordered_map<std::string, std::uint64_t>;

// --- Reading files, word by word -----------------------------------------------------------------

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

// Calls `on_word(std::string_view)` for the identifiers of a file. One reader per thread: it keeps
// its buffer, which grows only if a single word does not fit.
class word_reader {
 public:
  // The number of bytes read, or nothing if the file cannot be read.
  template <class OnWord>
  std::optional<std::uint64_t> read(const fs::path& path, OnWord on_word) {
    const std::unique_ptr<std::FILE, closer> file(std::fopen(path.string().c_str(), "rb"));
    if (!file) return std::nullopt;
    std::setvbuf(file.get(), nullptr, _IONBF, 0);  // the buffer is ours
    std::uint64_t bytes = 0;
    std::size_t kept = 0;  // the start of a word that the last block cut off
    for (;;) {
      if (kept == buffer_.size()) buffer_.resize(2 * buffer_.size());
      const std::size_t got =
          std::fread(buffer_.data() + kept, 1, buffer_.size() - kept, file.get());
      if (std::ferror(file.get()) != 0) return std::nullopt;
      bytes += got;
      const std::string_view text(buffer_.data(), kept + got);
      const bool at_end = got == 0;
      const std::string_view rest = split(text, at_end, on_word);
      if (at_end) return bytes;
      std::memmove(buffer_.data(), rest.data(), rest.size());
      kept = rest.size();
    }
  }

 private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  // Returns the word that touches the end of `text`, unless the file ends there too.
  template <class OnWord>
  static std::string_view split(std::string_view text, bool at_end, OnWord& on_word) {
    std::size_t i = 0;
    for (;;) {
      while (i < text.size() && !is_word_char(text[i])) ++i;
      const std::size_t start = i;
      while (i < text.size() && is_word_char(text[i])) ++i;
      if (i == text.size() && !at_end) return text.substr(start);
      if (start == i) return {};
      if (!is_digit(text[start])) on_word(text.substr(start, i - start));
    }
  }

  std::vector<char> buffer_ = std::vector<char>(std::size_t{1} << 17);
};

// --- The input -----------------------------------------------------------------------------------

struct input {
  std::vector<fs::path> files;
  std::size_t unreadable = 0;
  std::uint64_t bytes = 0;
};

// Reads every file once: what cannot be read is left out of both counts, and both then find the
// files in the operating system's cache.
input find_input(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::recursive_directory_iterator walk(
      directory, fs::directory_options::skip_permission_denied, error);
  if (error) throw std::runtime_error(directory.string() + ": " + error.message());
  while (walk != fs::recursive_directory_iterator()) {
    std::error_code ignored;
    if (fs::is_regular_file(walk->symlink_status(ignored))) found.push_back(walk->path());
    walk.increment(error);
    if (error) throw std::runtime_error(directory.string() + ": " + error.message());
  }
  std::sort(found.begin(), found.end());

  input in;
  word_reader reader;
  examples::progress_bar bar("reading", found.size());
  std::uint64_t seen = 0;
  for (fs::path& path : found) {
    if (const auto bytes = reader.read(path, [](std::string_view) {})) {
      in.bytes += *bytes;
      in.files.push_back(std::move(path));
    } else {
      ++in.unreadable;
    }
    bar.show(++seen);
  }
  bar.finish();
  return in;
}

// --- The two counts ------------------------------------------------------------------------------

struct result {
  word_counts counts;
  std::uint64_t bytes = 0;
  std::uint64_t words = 0;
  double seconds = 0;
};

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

result count_alone(const input& in) {
  result out;
  examples::progress_bar bar("std::unordered_map, 1", in.bytes);
  const auto start = clock_type::now();
  word_reader reader;
  std::string key;
  for (const fs::path& path : in.files) {
    const auto bytes = reader.read(path, [&](std::string_view word) {
      key.assign(word);
      ++out.counts[key];
      ++out.words;
    });
    out.bytes += bytes.value_or(0);
    bar.show(out.bytes);
  }
  out.seconds = seconds_since(start);
  bar.finish();
  return out;
}

// Adds one to the count of `word`, whether or not it is there yet, and whoever else is adding.
template <class Map>
void count_word(Map& map, const std::string& word) {
  using count = typename Map::mapped_type;
  map.compute(word, [](const count* current) -> std::optional<count> {
    return current == nullptr ? 1 : *current + 1;
  });
}

template <class Map>
result count_together(Map& map, const char* name, const input& in, unsigned threads) {
  std::atomic<std::size_t> next_file = 0;
  std::atomic<std::uint64_t> bytes_done = 0;
  std::atomic<std::uint64_t> words_done = 0;
  std::atomic<unsigned> running = threads;
  const auto work = [&] {
    word_reader reader;
    std::string key;
    for (;;) {
      const std::size_t file = next_file.fetch_add(1, std::memory_order_relaxed);
      if (file >= in.files.size()) break;
      std::uint64_t words = 0;
      const auto bytes = reader.read(in.files[file], [&](std::string_view word) {
        key.assign(word);
        count_word(map, key);
        ++words;
      });
      bytes_done.fetch_add(bytes.value_or(0), std::memory_order_relaxed);
      words_done.fetch_add(words, std::memory_order_relaxed);
    }
    running.fetch_sub(1, std::memory_order_release);
  };

  result out;
  examples::progress_bar bar(std::string(name) + ", " + std::to_string(threads), in.bytes);
  const auto start = clock_type::now();
  std::vector<std::thread> workers;
  for (unsigned t = 0; t < threads; ++t) workers.emplace_back(work);
  while (running.load(std::memory_order_acquire) != 0) {
    bar.show(bytes_done.load(std::memory_order_relaxed));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  for (std::thread& worker : workers) worker.join();
  out.seconds = seconds_since(start);
  bar.finish();
  out.bytes = bytes_done.load();
  out.words = words_done.load();
  for (const auto& [word, count] : map) out.counts.emplace(word, count);
  return out;
}

// --- The comparison ------------------------------------------------------------------------------

// Prints the first few differences and returns how many there are.
std::size_t compare(const word_counts& expected, const word_counts& actual) {
  constexpr std::size_t shown = 20;
  std::size_t differences = 0;
  const auto report = [&](const std::string& word, std::uint64_t want, std::uint64_t have) {
    if (++differences > shown) return;
    std::printf("  DIFFERENCE  %.60s: %llu expected, %llu counted\n", word.c_str(),
                static_cast<unsigned long long>(want), static_cast<unsigned long long>(have));
  };
  for (const auto& [word, count] : expected) {
    const auto it = actual.find(word);
    const std::uint64_t have = it == actual.end() ? 0 : it->second;
    if (have != count) report(word, count, have);
  }
  for (const auto& [word, count] : actual) {
    if (!expected.contains(word)) report(word, 0, count);
  }
  return differences;
}

void print_top_ten(const word_counts& counts) {
  std::vector<std::pair<std::string_view, std::uint64_t>> top(counts.begin(), counts.end());
  const auto shown = static_cast<std::ptrdiff_t>(std::min<std::size_t>(10, top.size()));
  std::partial_sort(top.begin(), top.begin() + shown, top.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::printf("\nThe %td most frequent identifiers:\n", shown);
  for (auto it = top.begin(); it != top.begin() + shown; ++it) {
    const std::string_view word = it->first.substr(0, 60);
    std::printf("%12llu  %.*s\n", static_cast<unsigned long long>(it->second),
                static_cast<int>(word.size()), word.data());
  }
}

void print_speed(const char* name, unsigned threads, const result& r) {
  const double rate = r.seconds > 0 ? static_cast<double>(r.words) / r.seconds : 0;
  std::printf("%-24s %2u thread%s  %7.2f s  %8.2f million identifiers/s\n", name, threads,
              threads == 1 ? " " : "s", r.seconds, rate / 1e6);
}

// What an algorithm does not have is 0.
void print_stats(const syncmap::map_stats& stats) {
  std::printf("%-24s %zu entries in %.1f MiB, ", "", stats.entries,
              static_cast<double>(stats.bytes) / (1 << 20));
  if (stats.groups == 0) {
    std::printf("%zu promotions, %zu misses\n", stats.promotions, stats.misses);
  } else {
    std::printf("%zu growths, %zu of %zu groups overflow\n", stats.growths,
                stats.overflowing_groups, stats.groups);
  }
}

// Counts with one more kind of map; returns whether the result is the expected one.
template <class Map>
bool count_and_compare(const char* name, const input& in, unsigned threads,
                       const result& expected) {
  Map map;
  const result counted = count_together(map, name, in, threads);
  print_speed(name, threads, counted);
  print_stats(map.stats());
  const std::size_t differences = compare(expected.counts, counted.counts);
  if (differences == 0 && counted.words == expected.words) {
    std::printf("%-24s equal to the reference in every count\n", "");
    return true;
  }
  std::printf("%-24s NOT EQUAL to the reference: %zu different counts\n", "", differences);
  if (counted.bytes != expected.bytes) {
    std::printf("%-24s (the files changed meanwhile: %llu bytes, then %llu)\n", "",
                static_cast<unsigned long long>(expected.bytes),
                static_cast<unsigned long long>(counted.bytes));
  }
  return false;
}

// --- The command line ----------------------------------------------------------------------------

struct options {
  fs::path directory = "/usr/include";
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
};

options parse(int argc, char** argv) {
  if (argc > 3) throw std::invalid_argument("too many arguments");
  options out;
  if (argc > 1) out.directory = argv[1];
  if (argc > 2) {
    const std::string_view text = argv[2];
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out.threads);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    if (!is_number || out.threads < 1 || out.threads > 1024) {
      throw std::invalid_argument("THREADS is a number from 1 to 1024, not \"" + std::string(text) +
                                  "\"");
    }
  }
  std::error_code error;
  if (!fs::is_directory(out.directory, error)) {
    throw std::invalid_argument("\"" + out.directory.string() + "\" is not a directory" +
                                (error ? " (" + error.message() + ")" : ""));
  }
  return out;
}

int run(const options& opt) {
  const input in = find_input(opt.directory);
  std::printf("%zu files below %s, %.1f MB", in.files.size(), opt.directory.string().c_str(),
              static_cast<double>(in.bytes) / 1e6);
  if (in.unreadable != 0) std::printf(" (%zu more cannot be read)", in.unreadable);
  std::printf("\n");
  if (in.files.empty()) throw std::runtime_error("nothing to count");
  std::fflush(stdout);

  const result expected = count_alone(in);
  print_speed("std::unordered_map", 1, expected);
  using std::string, std::uint32_t;  // 32 bits suffice, and neither map allocates for such a value
  const unsigned threads = opt.threads;
  bool equal = count_and_compare<syncmap::map<string, uint32_t>>("map", in, threads, expected);
  equal &= count_and_compare<syncmap::read_dirty_map<string, uint32_t>>(
      "read_dirty_map", in, threads, expected);
  print_top_ten(expected.counts);
  return equal ? 0 : 1;
}

}  // namespace

// Exit status: 0 all counts equal, 1 not, 2 the count could not be made.
int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const std::invalid_argument& bad) {
    std::fprintf(stderr, "word_count: %s\nusage: word_count [DIR] [THREADS]\n", bad.what());
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "word_count: %s\n", failure.what());
  }
  return 2;
}

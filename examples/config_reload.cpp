// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// config_reload [SECONDS]
//
// A configuration that many threads read for every request while one thread reloads it. For half
// of the time the writer rests, for the other half it replaces entries as fast as it can; the
// readers' latencies in both halves are printed side by side.
//
// Every setting carries a checksum, so a reader would notice a value torn between two versions,
// and a version, so a reader would notice time running backwards.

#include <syncmap/map.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

// --- The configuration ---------------------------------------------------------------------------

// Immutable once stored: the writer replaces a setting, it never changes one.
struct setting {
  std::uint64_t version = 0;
  std::array<char, 32> host{};
  std::uint32_t port = 0;
  std::uint32_t timeout_ms = 0;
  std::uint64_t checksum = 0;

  std::uint64_t expected_checksum() const {
    std::uint64_t sum = 14695981039346656037U;  // FNV-1a over the fields
    const auto mix = [&sum](std::uint64_t word) { sum = (sum ^ word) * 1099511628211U; };
    mix(version);
    for (const char c : host) mix(static_cast<unsigned char>(c));
    mix(port);
    mix(timeout_ms);
    return sum;
  }
};

setting make_setting(std::size_t service, std::uint64_t version) {
  setting s;
  s.version = version;
  std::snprintf(s.host.data(), s.host.size(), "node-%u.example.org",
                static_cast<unsigned>((service * 31 + version) % 1000));
  s.port = static_cast<std::uint32_t>(1024 + (service + version) % 60000);
  s.timeout_ms = static_cast<std::uint32_t>(50 + version % 500);
  s.checksum = s.expected_checksum();
  return s;
}

using config_map = syncmap::map<std::string, setting>;

std::vector<std::string> service_names() {
  std::vector<std::string> names(256);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = "service/" + std::to_string(i);
  return names;
}

// --- Latencies -----------------------------------------------------------------------------------

// Counts durations in buckets about 3 % wide: small, of fixed size, and exact below 32 ns.
class histogram {
 public:
  void add(clock_type::duration elapsed) {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count();
    const auto value = static_cast<std::uint64_t>(std::max<decltype(ns)>(0, ns));
    ++buckets_[index(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  void add(const histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }

  // The least value that `fraction` of all durations do not exceed, rounded up to its bucket.
  std::uint64_t quantile(double fraction) const {
    const auto rank = static_cast<std::uint64_t>(fraction * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > rank) return std::min(upper_bound(i), max_);
    }
    return max_;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }

 private:
  // Five bits below the leading one choose among 32 buckets for each power of two.
  static constexpr unsigned fine_bits = 5;

  static std::size_t index(std::uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= fine_bits) return static_cast<std::size_t>(value);
    const unsigned shift = width - fine_bits - 1;
    return ((shift + std::size_t{1}) << fine_bits) +
           static_cast<std::size_t>((value >> shift) - (std::uint64_t{1} << fine_bits));
  }

  static std::uint64_t upper_bound(std::size_t i) {
    const std::uint64_t group = i >> fine_bits;
    if (group == 0) return i;
    const std::uint64_t fine = (i & ((1U << fine_bits) - 1)) + (1U << fine_bits);
    return ((fine + 1) << (group - 1)) - 1;
  }

  std::array<std::uint64_t, (65 - fine_bits) << fine_bits> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

// --- Readers and writer --------------------------------------------------------------------------

enum class phase { writer_idle, writer_busy, over };

struct reader_report {
  std::array<histogram, 2> latency;  // one per phase
  std::uint64_t inconsistent = 0;
};

// Reads settings in a random order until the run is over. `current` is read before the clock
// starts, so a read counts for the phase in which it began.
reader_report read_settings(const config_map& config, const std::vector<std::string>& names,
                            const std::atomic<phase>& current, std::uint64_t seed) {
  reader_report report;
  std::vector<std::uint64_t> newest(names.size(), 0);
  std::uint64_t random = seed * 0x9e3779b97f4a7c15U + 1;
  for (;;) {
    const phase now = current.load(std::memory_order_relaxed);
    if (now == phase::over) return report;
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    const std::size_t service = random % names.size();

    const auto start = clock_type::now();
    const std::optional<setting> found = config.load(names[service]);
    report.latency[static_cast<std::size_t>(now)].add(clock_type::now() - start);

    const bool consistent =
        found && found->checksum == found->expected_checksum() && found->version >= newest[service];
    if (consistent) {
      newest[service] = found->version;
    } else {
      ++report.inconsistent;
    }
  }
}

// Replaces one setting after the other for as long as the phase lasts; returns how many.
std::uint64_t reload_settings(config_map& config, const std::vector<std::string>& names,
                              clock_type::time_point until) {
  std::uint64_t replaced = 0;
  for (std::uint64_t version = 1; clock_type::now() < until; ++version) {
    for (std::size_t service = 0; service < names.size(); ++service) {
      config.store(names[service], make_setting(service, version));
      ++replaced;
    }
  }
  return replaced;
}

void print_row(const char* name, const histogram& h, double seconds) {
  const auto ns = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%-14s %11.2f %9llu %9llu %9llu %12llu\n", name,
              static_cast<double>(h.count()) / seconds / 1e6, ns(h.quantile(0.5)),
              ns(h.quantile(0.99)), ns(h.quantile(0.999)), ns(h.max()));
}

int run(double seconds) {
  const std::vector<std::string> names = service_names();
  config_map config;
  for (std::size_t service = 0; service < names.size(); ++service) {
    config.store(names[service], make_setting(service, 0));
  }

  std::atomic<phase> current = phase::writer_idle;
  std::vector<reader_report> reports(std::max(2U, std::thread::hardware_concurrency()));
  std::vector<std::thread> readers;
  for (std::size_t r = 0; r < reports.size(); ++r) {
    readers.emplace_back([&, r] { reports[r] = read_settings(config, names, current, r + 1); });
  }

  const auto half =
      std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(seconds / 2));
  std::this_thread::sleep_for(half);
  current.store(phase::writer_busy, std::memory_order_relaxed);
  const std::uint64_t replaced = reload_settings(config, names, clock_type::now() + half);
  current.store(phase::over, std::memory_order_relaxed);
  for (std::thread& reader : readers) reader.join();

  reader_report all;
  for (const reader_report& report : reports) {
    for (std::size_t p = 0; p < all.latency.size(); ++p) all.latency[p].add(report.latency[p]);
    all.inconsistent += report.inconsistent;
  }
  std::printf("%zu readers, 1 writer, %zu settings, %u hardware threads\n", readers.size(),
              names.size(), std::thread::hardware_concurrency());
  std::printf("Latency of one read in ns, the clock's own cost included:\n");
  std::printf("%-14s %11s %9s %9s %9s %12s\n", "", "million/s", "p50", "p99", "p99.9", "max");
  print_row("writer idle", all.latency[0], seconds / 2);
  print_row("writer busy", all.latency[1], seconds / 2);
  if (readers.size() + 1 > std::thread::hardware_concurrency()) {
    std::printf("(More threads than processors: the tail is the scheduler's doing.)\n");
  }
  std::printf("The writer replaced %.2f million settings a second.\n",
              static_cast<double>(replaced) / (seconds / 2) / 1e6);
  if (all.inconsistent != 0) {
    std::printf("FAILED: %llu reads were inconsistent\n",
                static_cast<unsigned long long>(all.inconsistent));
    return 1;
  }
  std::printf("Every value read was whole, and none older than one read before.\n");
  return 0;
}

}  // namespace

// Exit status: 0 all reads consistent, 1 not, 2 bad arguments.
int main(int argc, char** argv) {
  double seconds = 2;
  if (argc > 1) {
    char* end = nullptr;
    seconds = std::strtod(argv[1], &end);
    const bool is_number = end != argv[1] && *end == '\0';
    if (argc > 2 || !is_number || !(seconds >= 0.01 && seconds <= 3600)) {
      std::fprintf(stderr, "usage: config_reload [SECONDS], from 0.01 to 3600\n");
      return 2;
    }
  }
  return run(seconds);
}

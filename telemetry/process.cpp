#include "telemetry/process.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include "base/parse.hpp"
#include "telemetry/families.hpp"

namespace sluice::telemetry {
namespace {

using prometheus::MetricType;

std::optional<double> whole_number(const std::string& text) {
  const auto parsed = parse_integer(text, 0, std::numeric_limits<std::int64_t>::max());
  if (!parsed) return std::nullopt;
  return static_cast<double>(*parsed);
}

// The n-th field after the name of the program, which is in brackets and may hold blanks.
// Source: proc(5), /proc/pid/stat; "state" is number 3.
std::optional<double> stat_field(int number) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  std::string field;
  for (int at = 3; at <= number; ++at) rest >> field;
  return rest ? whole_number(field) : std::nullopt;
}

std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word)
    if (word == "btime" && file >> word) return whole_number(word);
  return std::nullopt;
}

std::optional<double> start_time() {
  const auto boot = boot_time();
  const auto ticks = stat_field(22);
  if (!boot || !ticks) return std::nullopt;
  return *boot + *ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::optional<double> cpu_seconds() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return std::nullopt;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::optional<double> resident_bytes() {
  const auto pages = stat_field(24);
  if (!pages) return std::nullopt;
  return *pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

// One of them is the descriptor that counts.
std::optional<double> open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator all("/proc/self/fd", error);
  if (error) return std::nullopt;
  return static_cast<double>(std::distance(begin(all), end(all)) - 1);
}

std::optional<double> descriptors_max() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> out;
  const auto add = [&out](const char* name, const char* help, MetricType type,
                          std::optional<double> value) {
    if (!value) return;
    FamilyBuilder family(name, help, type);
    family.add({}, *value);
    out.push_back(family.take());
  };
  add("process_cpu_seconds_total", "User and system time spent.", MetricType::Counter,
      cpu_seconds());
  add("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge, resident_bytes());
  add("process_open_fds", "Open file descriptors.", MetricType::Gauge, open_descriptors());
  add("process_max_fds", "Most file descriptors that may be open.", MetricType::Gauge,
      descriptors_max());
  add("process_start_time_seconds", "When the process started, since 1970.", MetricType::Gauge,
      start_time());
  return out;
}

}  // namespace sluice::telemetry

#include "loadtest/ledger/upstream_log.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "loadtest/ledger/message.hpp"

namespace ledger {
namespace {

constexpr std::size_t kRecord = 64;
constexpr std::string_view kEvents = "apg";  // in the order of Event

std::optional<UpstreamEntry> parse(std::string_view row, std::uint8_t server) {
  const auto event = kEvents.find(cut_word(row, ' '));
  const auto method = find_method(cut_word(row, ' '));
  const auto id = whole_number(cut_word(row, ' '));
  const auto hash = whole_number(cut_word(row, ' '), 16);
  if (event == std::string_view::npos || !method || !id || !hash) return std::nullopt;
  return UpstreamEntry{*id, *hash, *method, static_cast<Event>(event), server};
}

}  // namespace

UpstreamLog::UpstreamLog(const std::string& path)
    : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}

UpstreamLog::~UpstreamLog() {
  ::close(descriptor_);
}

void UpstreamLog::write(Event event, Method method, std::uint64_t id, std::uint64_t body_hash) {
  char record[kRecord + 1];
  const int size = std::snprintf(record, sizeof record, "%c %s %" PRIu64 " %016" PRIx64 " ",
                                 kEvents[static_cast<std::size_t>(event)],
                                 std::string(name_of(method)).c_str(), id, body_hash);
  for (std::size_t i = static_cast<std::size_t>(size); i + 1 < kRecord; ++i) record[i] = ' ';
  record[kRecord - 1] = '\n';
  if (::write(descriptor_, record, kRecord) == static_cast<ssize_t>(kRecord)) return;
  std::perror("ledger upstream: its log");
  std::_Exit(1);
}

bool read_upstream_log(const std::string& path, std::uint8_t server,
                       std::vector<UpstreamEntry>& out) {
  std::ifstream file(path, std::ios::binary);
  for (std::string row; std::getline(file, row);) {
    const auto entry = row.size() == kRecord - 1 ? parse(row, server) : std::nullopt;
    if (!entry) return false;
    out.push_back(*entry);
  }
  return true;
}

}  // namespace ledger

#pragma once
// The upstream's ledger on disk: one write(2) a record, which the kernel keeps when the process is
// killed. Records have 64 bytes, so that none lies on two pages: a kill cannot cut one.
#include <cstdint>
#include <string>
#include <vector>

#include "loadtest/ledger/entry.hpp"

namespace ledger {

class UpstreamLog {
 public:
  explicit UpstreamLog(const std::string& path);  // appends
  ~UpstreamLog();
  UpstreamLog(const UpstreamLog&) = delete;
  UpstreamLog& operator=(const UpstreamLog&) = delete;

  // Thread: any. Ends the process when it cannot: an upstream without a ledger proves nothing.
  void write(Event event, Method method, std::uint64_t id, std::uint64_t body_hash);

 private:
  int descriptor_;
};

// Adds what the log holds; false when a record cannot be read.
bool read_upstream_log(const std::string& path, std::uint8_t server,
                       std::vector<UpstreamEntry>& out);

}  // namespace ledger

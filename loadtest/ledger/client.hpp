#pragma once
// The clients: each a thread with one connection at a time, all drawing ids from one counter.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "loadtest/ledger/entry.hpp"

namespace ledger {

struct ClientOptions {
  std::uint16_t port = 0;
  std::uint64_t run = 0;  // seed
  std::size_t connections = 0;
  std::vector<std::string> servers;  // their names, by index
};

class Clients {
 public:
  explicit Clients(ClientOptions options) : options_(std::move(options)) {}
  ~Clients();

  // Sends requests until the counter of ids has reached `last`. Returns at once.
  void start(std::uint64_t last);
  bool running() const noexcept { return running_.load() > 0; }
  std::uint64_t begun() const noexcept { return std::min(next_.load() - 1, last_); }
  // No more requests; those under way end.
  void stop() noexcept { stopping_ = true; }
  void join();
  // Only after join().
  const std::vector<ClientEntry>& entries() const noexcept { return entries_; }

 private:
  friend class Conversation;
  void converse(std::size_t number, std::vector<ClientEntry>& out);

  ClientOptions options_;
  std::atomic<std::uint64_t> next_{1};
  std::uint64_t last_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> running_{0};
  std::uint64_t phase_ = 0;
  std::vector<std::thread> threads_;
  std::vector<std::vector<ClientEntry>> parts_;
  std::vector<ClientEntry> entries_;
};

}  // namespace ledger

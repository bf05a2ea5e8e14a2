#pragma once
// One question to the hosts file and, if it does not know, to the name servers: A and AAAA.
// A channel of its own for each, so that a changed resolv.conf is seen by the next question.
//
// Thread: the one that makes it. Path: cold. Never blocks: its owner polls its descriptors.
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

struct ares_channeldata;
struct ares_addrinfo;

namespace sluice::control {

struct LookupOptions {
  std::string servers;  // "127.0.0.1:5353", comma-separated; empty: as resolv.conf says
  std::chrono::milliseconds timeout{2'000};  // of the first try at a server; the next takes longer
  int tries = 2;
};

struct LookupOutcome {
  std::string failure;  // "Domain name not found"; empty: it worked
  std::vector<std::string> addresses;
  std::optional<std::chrono::seconds> ttl;  // the least of all records; none from a hosts file
};

class Lookup {
 public:
  Lookup(const std::string& name, const LookupOptions& options);
  ~Lookup();
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  // Once there; may be there from the beginning.
  const std::optional<LookupOutcome>& outcome() const noexcept { return outcome_; }

  // What to wait for.
  void add_descriptors(std::vector<pollfd>& out) const;
  // No longer than `most`.
  std::chrono::milliseconds wait_at_most(std::chrono::milliseconds most) const;
  // To be called after every wait, with what poll() has found.
  void proceed(const std::vector<pollfd>& found);

 private:
  void ask(const std::string& name, const LookupOptions& options, const char* sources);
  static void on_answer(void* self, int status, int timeouts, ares_addrinfo* answer);
  static void on_socket(void* self, int descriptor, int readable, int writable);

  bool from_servers_ = false;
  std::optional<LookupOutcome> outcome_;
  std::map<int, short> interest_;  // descriptor -> events
  ares_channeldata* channel_ = nullptr;
};

}  // namespace sluice::control

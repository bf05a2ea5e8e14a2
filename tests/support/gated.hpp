#pragma once
// An upstream that answers when the test says so, and knows how much it had at a time.
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/origin.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {

class Gated {
 public:
  Gated();
  ~Gated() { open(); }
  std::string address() const { return origin_.address(); }
  unsigned connections_ever() const { return origin_.connections(); }

  void let_go(unsigned requests = 1);  // of those that are inside or come
  void open();                         // nobody waits any more
  void drop();                         // the next to go gets no answer: its connection is closed

  unsigned inside();                 // requests that wait for the gate
  unsigned most_inside();            // at any time
  unsigned most_connections();       // likewise
  std::vector<std::string> paths();  // in the order of arrival

 private:
  void serve(Wire& wire);
  bool pass(const WireMessage& request);  // false: close without an answer

  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned inside_ = 0;
  unsigned most_inside_ = 0;
  unsigned connections_ = 0;
  unsigned most_connections_ = 0;
  unsigned passes_ = 0;
  unsigned drops_ = 0;
  bool open_ = false;
  std::vector<std::string> paths_;
  Origin origin_;
};

// A client whose request has been sent.
Wire asks(const Proxy& proxy, const std::string& request = get());
std::vector<Wire> ask_at_once(const Proxy& proxy, unsigned times);
// Each of them gets a 200.
bool all_served(std::vector<Wire>& clients);

// Requests that wait for a place, at all endpoints, of all workers.
std::uint64_t pending(Proxy& proxy);

}  // namespace sluice::test

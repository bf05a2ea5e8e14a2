#pragma once
// The upstreams of a run: three names with two endpoints each, every one a process with a port that
// is its own even while it is dead.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "loadtest/ledger/child.hpp"
#include "loadtest/ledger/entry.hpp"

namespace ledger {

class Endpoint {
 public:
  enum class State : std::uint8_t { serving, stopped, dead };

  Endpoint(std::string upstream, std::string name, const std::string& folder, std::uint64_t run);
  ~Endpoint();

  const std::string& upstream() const noexcept { return upstream_; }
  const std::string& name() const noexcept { return name_; }
  const std::string& log() const noexcept { return log_; }
  std::uint16_t port() const noexcept { return port_; }
  State state() const noexcept { return state_; }

  void start();
  void kill();      // -9
  void stop();      // SIGSTOP
  void go_on();     // SIGCONT
  bool has_died();  // by itself

 private:
  std::string upstream_;
  std::string name_;
  std::string log_;
  std::string output_;
  std::uint64_t run_;
  std::uint64_t starts_ = 0;
  int reservation_;
  std::uint16_t port_;
  State state_ = State::dead;
  std::unique_ptr<Child> child_;
};

struct UpstreamShare {
  const char* name;
  unsigned weight;
};
inline constexpr UpstreamShare kUpstreams[]{{"blue", 70}, {"green", 20}, {"canary", 10}};
inline constexpr unsigned kWeightSum = 100;
inline constexpr unsigned kEndpointsEach = 2;

using Fleet = std::vector<std::unique_ptr<Endpoint>>;

// Starts them all and waits until they listen; empty when one does not.
Fleet start_fleet(const std::string& folder, std::uint64_t run);
// Adds up their ledgers; false when one cannot be read.
bool read_logs(const Fleet& fleet, std::vector<UpstreamEntry>& out);

}  // namespace ledger

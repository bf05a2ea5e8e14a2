#pragma once
// Three real nginx servers (blue, green, canary) and the real sluice program before them.
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tests/support/process.hpp"
#include "tests/support/wire.hpp"

namespace sluice::test {

class Backends {
 public:
  explicit Backends(const TempFolder& folder);
  std::uint16_t port(const std::string& name) const { return ports_.at(name); }
  // The `upstreams:` block of a configuration.
  std::string upstreams() const;

 private:
  std::map<std::string, std::uint16_t> ports_;
  std::unique_ptr<Process> nginx_;
};

class Sluice {
 public:
  // Writes `sluice.yaml` and starts the program; the listener is on port().
  Sluice(const TempFolder& folder, const Backends& backends, const std::string& route);
  // Writes the file anew with another route, sends HUP, waits until it is served (or refused).
  void reload(const std::string& route, const std::string& expected = "reloaded: generation");
  void write(const std::string& route);

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path = "/") const;
  Process& process() { return *process_; }

 private:
  const TempFolder& folder_;
  const Backends& backends_;
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
  int reloads_ = 0;
};

// `split blue=.. canary=.. bad=.. errors=..` of loadtest/lua/split.lua as numbers, added up over
// enough wrk runs to have `requests` of them.
std::map<std::string, std::uint64_t> wrk_split(const Sluice& sluice, std::uint64_t requests);

}  // namespace sluice::test

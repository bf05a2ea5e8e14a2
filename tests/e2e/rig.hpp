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
  // The same with `routes:`, one route of that content.
  std::string with_route(const std::string& route) const;

 private:
  std::map<std::string, std::uint16_t> ports_;
  std::unique_ptr<Process> nginx_;
};

// The real program with one listener and an admin listener.
class Program {
 public:
  // `rest` of the configuration: upstreams and routes. Writes `sluice.yaml` and starts it.
  // `admin`: more of what is said about the admin listener.
  Program(const TempFolder& folder, const std::string& rest, const std::string& admin = "");
  // Writes the file anew, sends HUP, waits until it is served (or refused).
  void reload(const std::string& rest, const std::string& expected = "reloaded: generation");
  void write(const std::string& rest) const;
  // Waits until its output has that text so often.
  bool says(const std::string& text, int times = 1) const;

  // As after a power cut.
  void kill_and_restart();

  std::uint16_t port() const { return port_; }
  std::uint16_t admin_port() const { return admin_port_; }
  std::string admin_token() const;  // of this run
  // A client verb of the same program, with that token.
  Finished verb(std::vector<std::string> words) const;
  std::string url(const std::string& path = "/") const;
  std::string metrics() const;
  Process& process() const { return *process_; }
  std::string process_output() const { return process_->output(); }

 private:
  void start();

  const TempFolder& folder_;
  std::string admin_;
  std::uint16_t port_ = free_port();
  std::uint16_t admin_port_ = free_port();
  std::unique_ptr<Process> process_;
  int reloads_ = 0;
  int starts_ = 0;
};

// The same before three backends, with one route.
class Sluice : public Program {
 public:
  Sluice(const TempFolder& folder, const Backends& backends, const std::string& route)
      : Program(folder, backends.with_route(route)), backends_(backends) {}
  void reload(const std::string& route, const std::string& expected = "reloaded: generation") {
    Program::reload(backends_.with_route(route), expected);
  }

 private:
  const Backends& backends_;
};

// What a script of wrk printed: "WORD blue=90 errors=0" as numbers. Empty if it did not.
std::map<std::string, std::uint64_t> counts_after(const std::string& word,
                                                  const std::string& output);

// `split blue=.. canary=.. bad=.. errors=..` of loadtest/lua/split.lua as numbers, added up over
// enough wrk runs to have `requests` of them.
std::map<std::string, std::uint64_t> wrk_split(const Sluice& sluice, std::uint64_t requests);

}  // namespace sluice::test

#pragma once
// What is being judged: the proxy as a program, or a liar in its place.
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loadtest/ledger/child.hpp"
#include "loadtest/ledger/fleet.hpp"
#include "loadtest/ledger/judge.hpp"

namespace ledger {

class Subject {
 public:
  // The program, with a configuration of its own in `folder`; `route` is added to its route.
  // Nothing when it does not start.
  static std::unique_ptr<Subject> start_proxy(const std::string& binary, const std::string& folder,
                                              const Fleet& fleet, const std::string& route);
  // A proxy that lies: see liar.hpp.
  static std::unique_ptr<Subject> start_liar(const std::string& lie, const std::string& folder,
                                             const Fleet& fleet, std::uint64_t run);

  std::uint16_t port() const noexcept { return port_; }
  bool alive() { return child_->alive(); }
  void reload() const { child_->signal(SIGHUP); }
  bool has_metrics() const noexcept { return admin_port_ != 0; }
  // Waits until no connection is left on either side; nothing when it never comes to that.
  std::optional<Footprint> rest() const;
  std::vector<Arm> arms() const;

 private:
  Subject() = default;
  bool await_start();
  std::string metrics() const;
  Footprint footprint() const;

  std::string output_;
  std::unique_ptr<Child> child_;
  std::uint16_t port_ = 0;
  std::uint16_t admin_port_ = 0;
};

}  // namespace ledger

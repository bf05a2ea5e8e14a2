#pragma once
// One nginx that can be stopped, killed and started again: an endpoint of an upstream.
#include <memory>
#include <string>

#include "tests/support/process.hpp"

namespace sluice::test {

class Endpoint {
 public:
  // Answers every path with its name, and /health/deep with the file that report() writes.
  Endpoint(const TempFolder& folder, const std::string& name);

  void start();
  void kill();  // -9
  void signal(int number) const { nginx_->signal(number); }
  // What /health/deep says from now on.
  void report(const std::string& json) const;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  const TempFolder& folder_;
  std::string name_;
  std::uint16_t port_;
  std::unique_ptr<Process> nginx_;
};

}  // namespace sluice::test

#pragma once
// The real data plane in this process, from a configuration as a user would write it.
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "config/load.hpp"
#include "control/control.hpp"
#include "proxy/data_plane.hpp"
#include "tests/support/wire.hpp"

namespace sluice::test {

class Proxy {
 public:
  // `yaml` without version and workers. Fails the test (and throws) when it is refused.
  explicit Proxy(const std::string& yaml, std::size_t workers = 1);
  ~Proxy() { stop(); }

  // Of the only or first listener.
  std::uint16_t port() const;
  Wire connect() const { return Wire::connect(port()); }
  // One request on a connection of its own.
  WireMessage ask(std::string_view raw, bool no_body = false) const;

  // Publishes another configuration (listeners stay) and waits until it is served.
  void reload(const std::string& yaml);
  void resolved(const std::string& name, std::vector<std::string> addresses);
  // Runs on the (last) worker's thread. There must be one route and nothing else publishing.
  void on_worker(std::function<void()> function);
  void begin_drain() { plane_.begin_drain({}); }
  // Whatever was to be logged is written then.
  void stop();
  proxy::DataPlane& plane() { return plane_; }
  telemetry::AccessLog* log() { return log_.get(); }  // null without `access_log`
  telemetry::TraceQueue& traces() { return traces_; }

 private:
  static config::Configuration load(const std::string& yaml);
  std::shared_ptr<telemetry::AccessLog> log_;  // with `access_log` in the configuration
  telemetry::TraceQueue traces_;               // filled with `tracing` in it
  proxy::DataPlane plane_;
  control::Control control_;
};

// A configuration with one listener on port 0 and one upstream that splits nothing.
std::string one_upstream(const std::string& address, const std::string& listener_extra = "",
                         const std::string& upstream_extra = "",
                         const std::string& route_extra = "");

}  // namespace sluice::test

#pragma once
// A scripted upstream: each connection is handed to a function on a thread of its own.
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/wire.hpp"

namespace sluice::test {

class Origin {
 public:
  using Script = std::function<void(Wire& wire, Origin& origin)>;

  // Listens on 127.0.0.1, port picked by the system; or on a Unix path; or on another address.
  explicit Origin(Script script, const std::string& address = "127.0.0.1");
  ~Origin();

  std::uint16_t port() const { return port_; }
  std::string address() const;

  // ---- for scripts and their tests ----
  unsigned connections() const { return connections_; }
  void remember(const WireMessage& message);
  std::vector<WireMessage> requests();

 private:
  void accept_loop();

  Script script_;
  std::string host_;
  std::uint16_t port_ = 0;  // before listener_: listening fills it in
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<unsigned> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::vector<WireMessage> requests_;
  std::thread acceptor_;
};

// Answers every request with `response`, keeps the connection, remembers the requests.
Origin::Script always(std::string response);
// Answers with the request's own head and body as text; `name` in X-Backend.
Origin::Script echo(std::string name = "origin");

}  // namespace sluice::test

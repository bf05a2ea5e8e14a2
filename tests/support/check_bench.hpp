#pragma once
// Runs single health checks against scripted endpoints.
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "health/check.hpp"
#include "tests/support/origin.hpp"

namespace sluice::health {

using routing::HealthSpec;
using routing::JsonTestKind;
using std::chrono::milliseconds;
using test::Origin;
using test::Wire;

inline constexpr milliseconds kShort{300};  // where it is the timeout that is tested

inline constexpr std::string_view kReport =
    R"({"status":"healthy","checks":{"database":true},"version":"1.4.2","environment":"blue"})";

inline HealthSpec by_http() {
  HealthSpec spec;
  spec.http.emplace().path = "/health";
  spec.timeout = test::kPatience;
  return spec;
}

inline HealthSpec by_report() {
  HealthSpec spec = by_http();
  spec.expect.json = {{"/status", {{JsonTestKind::equal, {"healthy"}}}},
                      {"/checks/database", {{JsonTestKind::equal, {true}}}}};
  spec.degraded.emplace().expect.json = {{"/status", {{JsonTestKind::equal, {"degraded"}}}}};
  return spec;
}

inline HealthSpec by_tcp() {
  HealthSpec spec;
  spec.timeout = test::kPatience;
  return spec;
}

inline HealthSpec impatient(HealthSpec spec) {
  spec.timeout = kShort;
  return spec;
}

// A check and the loop that runs it.
struct Bench {
  Bench(const HealthSpec& spec, const std::string& address, const std::string& name = "")
      : check(std::in_place, io, spec, std::make_shared<const Expectation>(spec),
              CheckTarget{address, name.empty() ? address : name}) {}

  void start() {
    starting = true;
    check->start([this](CheckResult result) {
      EXPECT_FALSE(starting) << "from within start()";
      ++calls;
      last = std::move(result);
    });
    starting = false;
  }
  // Until nothing is pending.
  void run() {
    io.restart();
    io.run_for(test::kPatience);
    EXPECT_TRUE(io.stopped());
  }

  // One more check, from its beginning to its end.
  CheckResult once() {
    start();
    run();
    return last;
  }

  boost::asio::io_context io{1};
  std::optional<Check> check;
  bool starting = false;
  int calls = 0;
  CheckResult last;
};

inline std::string said(const CheckResult& result) {
  std::string out(kVerdictLabels[static_cast<std::size_t>(result.verdict)]);
  return result.reason.empty() ? out : out + ": " + result.reason;
}

inline CheckResult run(const HealthSpec& spec, const std::string& address,
                       const std::string& name = "") {
  Bench bench(spec, address, name);
  const CheckResult result = bench.once();
  EXPECT_EQ(bench.calls, 1);
  return result;
}

inline std::string with_length(std::string_view body, std::string_view status = "200 OK") {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

// Reads the request, does `then`, ends the connection.
inline Origin::Script asked(std::function<void(Wire&)> then) {
  return [then = std::move(then)](Wire& wire, Origin& origin) {
    origin.remember(wire.read_message());
    then(wire);
  };
}

inline Origin::Script answers(std::string text) {
  return asked([text = std::move(text)](Wire& wire) { wire.send(text); });
}

// Answers one request after the other, and ends the connection when asked to.
inline Origin::Script answers_on(std::string text) {
  return [text = std::move(text)](Wire& wire, Origin& origin) {
    for (bool last = false; !last;) {
      const auto request = wire.read_message();
      if (request.head.empty()) return;
      origin.remember(request);
      last = request.head.find("\r\nConnection: close\r\n") != std::string::npos;
      wire.send(text);
    }
  };
}

// Answers one, and then is silent until the other side gives up.
inline Origin::Script answers_and_hangs(std::string text) {
  return asked([text = std::move(text)](Wire& wire) {
    wire.send(text);
    wire.closed_by_peer();
  });
}

// A port that is taken, by nobody who listens.
class DeadPort {
 public:
  DeadPort() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
  }
  ~DeadPort() { ::close(descriptor_); }
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

inline void expect_soon(const std::atomic<bool>& flag) {
  for (int i = 0; i < 2'000 && !flag; ++i) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_TRUE(flag);
}

}  // namespace sluice::health

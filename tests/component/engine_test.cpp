// The proxy and its admin listener as the program wires them.
#include "app/engine.hpp"

#include <chrono>
#include <future>

#include <gtest/gtest.h>

#include "tests/support/wire.hpp"

namespace sluice::app {
namespace {

using test::Wire;

routing::RoutingSpec shop(const std::string& endpoint) {
  routing::RoutingSpec spec;
  routing::UpstreamSpec upstream;
  upstream.name = "blue";
  upstream.endpoints = {{endpoint, 1}};
  spec.upstreams = {upstream};
  routing::RouteSpec route;
  route.name = "shop";
  route.split = {{"blue", 1}};
  spec.routes = {route};
  return spec;
}

class EngineTest : public testing::Test {
 protected:
  void serve(const std::string& endpoint) {
    std::promise<void> served;
    ASSERT_TRUE(engine_.control()
                    .apply(shop(endpoint), {std::string(32, 'k')}, [&] { served.set_value(); })
                    .ok());
    served.get_future().wait();
  }
  void open() {
    proxy::ListenerSpec listener;
    listener.name = "edge";
    listener.bind = "127.0.0.1:0";
    ASSERT_TRUE(engine_.open({listener}, {"127.0.0.1:0"}).ok());
  }
  std::string admin(const std::string& path) {
    const auto address = net::Address::parse(engine_.admin_url().substr(7));
    Wire wire = Wire::connect(address->port());
    wire.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return wire.read_to_end();
  }
  // Whether the metrics come to hold the line while a test has patience.
  bool shows(const std::string& line) {
    const auto until = std::chrono::steady_clock::now() + test::kPatience;
    do {
      if (has(admin("/metrics"), line + "\n")) return true;
    } while (std::chrono::steady_clock::now() < until);
    return false;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  boost::asio::io_context io_{1};
  Engine engine_{1, 1, io_, [](const std::string&) {}};
};

TEST_F(EngineTest, IsReadyOnceARouteHasAnEndpoint) {
  engine_.start();
  serve("app.sluice.test:80");
  open();
  EXPECT_TRUE(has(admin("/readyz"), "route shop has no available endpoint"));
  engine_.control().resolved("app.sluice.test", {"127.0.0.1"});
  EXPECT_TRUE(admin("/readyz").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(has(admin("/metrics"), "sluice_generation 2\n"));
  engine_.control().resolved("app.sluice.test", {"127.0.0.1"});
  EXPECT_TRUE(has(admin("/metrics"), "sluice_generation 2\n")) << "nothing has changed";
  engine_.begin_drain({});
  EXPECT_TRUE(has(admin("/readyz"), "draining"));
  EXPECT_TRUE(admin("/healthz").starts_with("HTTP/1.1 200 "));
}

TEST_F(EngineTest, ShowsWhatItServes) {
  engine_.start();
  serve("127.0.0.1:1");  // nobody listens there
  open();
  Wire wire = Wire::connect(engine_.data_plane().listeners().front()->address->bound().port());
  wire.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  EXPECT_EQ(wire.read_message().status(), 502);
  // A request is counted just after its answer has gone out.
  for (const char* const line :
       {R"(sluice_requests_total{route="shop",upstream="blue",method="GET",code="502"} 1)",
        R"(sluice_failures_total{route="shop",kind="connect_failed"} 1)",
        R"(sluice_open_connections{listener="edge"} 1)",
        R"(sluice_split_weight_ratio{route="shop",upstream="blue"} 1)"})
    EXPECT_TRUE(shows(line)) << line;
}

}  // namespace
}  // namespace sluice::app

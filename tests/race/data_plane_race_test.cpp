// Several workers, many clients, a control plane that keeps publishing, readers of the counters, a
// drain in the middle: for ThreadSanitizer, and for the invariants that hold whatever interleaves.
#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWorkers = 3;
constexpr int kClients = 6;

std::string two_upstreams(const Origin& blue, const Origin& green, int blue_weight,
                          bool with_green = true, const std::string& route = "") {
  std::string yaml =
      "listeners: [{ bind: \"127.0.0.1:0\", debug_header: true }]\nupstreams:\n"
      "  blue: { endpoints: [\"" +
      blue.address() + "\"], balance: " + (blue_weight % 2 == 0 ? "round_robin" : "least_request");
  // Less than the clients ask for at a time: some wait, nobody may be forgotten.
  if (blue_weight % 3 != 0)
    yaml += ", limits: { pending_timeout: 1m, max_requests: " + std::to_string(blue_weight) + " }";
  yaml += " }\n";
  if (with_green) yaml += "  green: { endpoints: [\"" + green.address() + "\"] }\n";
  yaml += "routes: [{ name: all, split: { blue: " + std::to_string(blue_weight);
  return yaml + (with_green ? ", green: 5" : "") + " }" + route + " }]\n";
}

struct Tally {
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> broken{0};
};

// Asks on kept and on fresh connections, with and without bodies, at times leaving in the middle.
void client(const Proxy& proxy, std::atomic<bool>& stop, Tally& tally, unsigned seed) {
  std::minstd_rand random(seed + 1);
  Wire wire = proxy.connect();
  for (unsigned i = 0; !stop; ++i) {
    const std::string mark = "/" + std::to_string(seed) + "-" + std::to_string(i);
    const std::string body(random() % 3 == 0 ? random() % 100'000 : 3, 'b');
    const auto kind = random() % 10;
    if (kind == 0) {  // leaves before the answer
      wire.send(get(mark));
      wire.reset();
      wire = proxy.connect();
      continue;
    }
    if (!wire.send(kind < 5 ? post(body, mark) : get(mark))) {
      if (stop) return;
      wire = proxy.connect();
      continue;
    }
    const WireMessage answer = wire.read_message();
    if (!answer.complete) {
      ++tally.broken;
      wire = proxy.connect();
      continue;
    }
    ++tally.answered;
    const bool mine = answer.body.find(" " + mark + " HTTP/1.1\r\n") != std::string::npos &&
                      (kind >= 5 || answer.body.ends_with(body));
    if (answer.status() != 200 || !mine) ++tally.wrong;
    if (kind == 9) wire = proxy.connect();
  }
}

// Reads what every reader of metrics reads, while the workers write it.
std::uint64_t read_counters(Proxy& proxy) {
  std::uint64_t sum = 0;
  telemetry::HistogramSum durations;
  for (const telemetry::Shard* const shard : proxy.plane().shards()) {
    for (std::uint32_t slot = 0; slot < 8; ++slot) {
      if (const auto* const arm = shard->arms.find(slot)) {
        for (const auto& method : arm->requests)
          for (const auto& counter : method) sum += counter.load();
        durations.add(arm->duration);
      }
      if (const auto* const endpoint = shard->endpoints.find(slot))
        for (const auto& counter : endpoint->outcomes) counter.load();
    }
  }
  for (const auto& listener : proxy.plane().listeners())
    listener->address->admission().connections();
  durations.quantile_us(0.99);
  return sum;
}

TEST(Race, LoadReloadsAndReadersAtOnce) {
  Origin blue(echo("blue"));
  Origin green(echo("green"));
  Tally tally;
  std::atomic<bool> stop{false};
  {
    Proxy proxy("access_log: { path: /dev/null, sample: 50% }\n" + two_upstreams(blue, green, 1),
                kWorkers);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kClients; ++i)
      threads.emplace_back([&, i] { client(proxy, stop, tally, i); });
    std::atomic<std::uint64_t> last{0};
    threads.emplace_back([&] {
      while (!stop) {
        const std::uint64_t now = read_counters(proxy);
        EXPECT_GE(now, last.load()) << "a counter ran backwards";
        last = now;
        EXPECT_EQ(proxy.log()->dropped(), 0U);
        proxy.log()->reopen();
        std::this_thread::sleep_for(1ms);
      }
    });
    const auto until = std::chrono::steady_clock::now() + 5s;
    for (int i = 1; std::chrono::steady_clock::now() < until; ++i) {
      proxy.reload(two_upstreams(blue, green, i % 10 + 1, i % 3 != 0,
                                 i % 2 == 0 ? ", sticky: { cookie: sluice, ttl: 1h }" : ""));
      std::this_thread::sleep_for(2ms);
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_GT(read_counters(proxy), 0U);
  }
  EXPECT_GT(tally.answered.load(), 100U);
  EXPECT_EQ(tally.wrong.load(), 0U);
  EXPECT_EQ(tally.broken.load(), 0U);
}

TEST(Race, DrainDuringLoadCutsNothingThatWasBegun) {
  for (int round = 0; round < 8; ++round) {
    Origin blue(echo("blue"));
    Origin green(echo("green"));
    Tally tally;
    std::atomic<bool> stop{false};
    std::atomic<bool> drained{false};
    Proxy proxy(two_upstreams(blue, green, 5), kWorkers);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kClients; ++i) {
      threads.emplace_back([&] {
        while (!stop) {
          Wire wire = proxy.connect();
          if (!wire.open()) return;
          while (wire.send(get("/x"))) {
            const WireMessage answer = wire.read_message();
            if (answer.head.empty()) break;  // closed before our request was taken up
            if (!answer.complete || answer.status() != 200) ++tally.wrong;
            ++tally.answered;
          }
        }
      });
    }
    EXPECT_TRUE(eventually([&] { return tally.answered > 50; }));
    proxy.plane().begin_drain([&] { drained = true; });
    EXPECT_TRUE(eventually([&] { return drained.load(); })) << "the drain hangs";
    stop = true;
    proxy.stop();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(tally.wrong.load(), 0U);
  }
}

TEST(Race, StopWithRequestsTunnelsAndUploadsRunning) {
  for (int round = 0; round < 10; ++round) {
    Origin slow([](Wire& wire, Origin&) {
      const WireMessage request = wire.read_message();
      if (request.head.starts_with("GET /ws")) {
        wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        while (wire.send("tick")) std::this_thread::sleep_for(1ms);
      }
      wire.read_to_end();
    });
    Proxy proxy(one_upstream(slow.address()), kWorkers);
    std::vector<Wire> wires;
    for (int i = 0; i < 30; ++i) {
      wires.push_back(proxy.connect());
      if (i % 4 == 0) wires.back().send(get("/ws", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      if (i % 4 == 1) wires.back().send(get("/slow"));
      if (i % 4 == 2)
        wires.back().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\nbegin");
    }
    std::thread publisher([&] {
      for (int i = 0; i < 5; ++i) proxy.reload(one_upstream(slow.address()));
    });
    publisher.join();
    proxy.stop();
    for (Wire& wire : wires) EXPECT_TRUE(wire.closed_by_peer());
  }
}

}  // namespace
}  // namespace sluice::test

#include "net/listener.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/worker.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::net {
namespace {

using test::eventually;
using test::Wire;

// Workers that accept and keep what they get.
class Listening {
 public:
  Listening(std::size_t workers, std::uint32_t connections_max, const char* bind = "127.0.0.1:0") {
    auto bound = ListeningAddress::bind(*Address::parse(bind), workers, connections_max);
    if (!bound) throw std::runtime_error(bound.error());
    address_ = std::move(bound).value();
    for (std::size_t i = 0; i < workers; ++i)
      workers_.push_back(std::make_unique<Worker>(static_cast<WorkerId>(i)));
    std::vector<Worker*> all;
    for (auto& worker : workers_) all.push_back(worker.get());
    for (auto& worker : workers_)
      acceptors_.push_back(std::make_unique<Acceptor>(
          *worker, all, *address_, [this](std::size_t at, int descriptor, const Address& peer) {
            const std::lock_guard lock(mutex_);
            EXPECT_TRUE(peer.is_unix() || peer.ip_text() == "127.0.0.1");
            kept_.push_back({at, descriptor});
          }));
    for (auto& worker : workers_) threads_.emplace_back([worker = worker.get()] { worker->run(); });
  }
  ~Listening() {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      workers_[i]->post([this, i] { acceptors_[i]->close(); });
      workers_[i]->stop();
    }
    for (std::thread& thread : threads_) thread.join();
    for (const auto& [worker, descriptor] : kept_) ::close(descriptor);
  }
  Wire connect() const { return Wire::connect(address_->bound().port()); }
  std::size_t kept() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  ListeningAddress& address() { return *address_; }

 private:
  std::unique_ptr<ListeningAddress> address_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::vector<std::pair<std::size_t, int>> kept_;
};

// The kernel's own spread of so few over four sockets is far off.
TEST(Listener, SpreadsConnectionsEvenly) {
  Listening listening(4, 1000);
  std::vector<Wire> wires;
  for (int i = 0; i < 64; ++i) {
    wires.push_back(listening.connect());
    ASSERT_TRUE(eventually([&] { return listening.kept() == wires.size(); }));
  }
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(listening.address().connections(i), 16, 1) << i;
}

TEST(Listener, BeyondTheLimitClosesAtOnceAndHoldsTheRest) {
  Listening listening(1, 3);
  std::vector<Wire> wires;
  for (int i = 0; i < 3; ++i) wires.push_back(listening.connect());
  ASSERT_TRUE(eventually([&] { return listening.kept() == 3; }));
  Wire one_more = listening.connect();
  EXPECT_TRUE(one_more.closed_by_peer());
  EXPECT_EQ(listening.address().connections(), 3U);
  EXPECT_FALSE(wires[0].wait_readable(std::chrono::milliseconds(0))) << "one inside was closed";
  listening.address().remove_connection(0);
  Wire again = listening.connect();
  EXPECT_TRUE(eventually([&] { return listening.kept() == 4; }));
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Out of descriptors the listening socket stays readable: accepting must pause, not spin, and go on
// when there is room again.
TEST(Listener, OutOfDescriptorsItPausesWithoutSpinning) {
  Listening listening(1, 1000);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  Wire wire = listening.connect();  // its descriptor is there before the table is full
  ASSERT_TRUE(eventually([&] { return listening.kept() == 1; }));
  const int waiting = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::vector<int> fillers;
  const rlimit tight{std::min<rlim_t>(before.rlim_max, 256), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  for (int one = ::dup(0); one >= 0; one = ::dup(0)) fillers.push_back(one);
  ASSERT_EQ(
      ::connect(waiting, listening.address().bound().raw(), listening.address().bound().length()),
      0);
  // A fixed time on purpose: that nothing spins can only be seen over some time, and 600 ms hold
  // two pauses with an attempt after each.
  const double began = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  const double used = cpu_seconds() - began;
  EXPECT_EQ(listening.kept(), 1U);
  EXPECT_LT(used, 0.2) << "it spins";
  for (const int one : fillers) ::close(one);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(eventually([&] { return listening.kept() == 2; })) << "it never went on";
  ::close(waiting);
}

TEST(Listener, AnAddressInUseIsASentence) {
  Listening listening(1, 10);
  const auto again = ListeningAddress::bind(listening.address().bound(), 1, 10);
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().starts_with("cannot listen on 127.0.0.1:")) << again.error();
  EXPECT_NE(again.error().find("Address already in use"), std::string::npos) << again.error();
}

TEST(Listener, AStaleSocketFileIsReplacedALiveOneIsNot) {
  const std::string path = "/tmp/sluice-listener-test-" + std::to_string(::getpid());
  const Address address = *Address::parse("unix:" + path);
  const int stale = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(stale, address.raw(), address.length()), 0);
  ::close(stale);  // the file stays, nobody listens
  auto first = ListeningAddress::bind(address, 2, 10);
  ASSERT_TRUE(first) << first.error();
  EXPECT_FALSE(ListeningAddress::bind(address, 2, 10));
  std::move(first).value().reset();
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace sluice::net

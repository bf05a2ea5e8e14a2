#include "control/resolver.hpp"

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>

#include <gtest/gtest.h>

#include "tests/support/name_server.hpp"

namespace sluice::control {
namespace {

using namespace std::chrono_literals;
using Addresses = std::vector<std::string>;
constexpr auto kPatience = 20s;
const std::string kName = "app.sluice.test";

class ResolverTest : public testing::Test {
 protected:
  // Fast enough for a test, and nothing in it depends on how fast.
  ResolverOptions options() const {
    ResolverOptions options;
    options.lookup = {.servers = server_.address(), .timeout = 100ms, .tries = 1};
    options.pace.ttl_min = 20ms;
    options.pace.failure_min = 20ms;
    options.pace.failure_max = 50ms;
    return options;
  }
  void start() { start(options()); }
  void start(const ResolverOptions& chosen) {
    resolver_ = std::make_unique<Resolver>(chosen, [this](const auto& name, const auto& found) {
      const std::lock_guard lock(mutex_);
      known_[name] = found;
      ++changes_;
      changed_.notify_all();
    });
  }
  // Returns when all names have been heard of.
  bool watch(std::vector<std::string> names) {
    auto heard = std::make_shared<std::promise<void>>();
    auto done = heard->get_future();
    resolver_->watch(std::move(names), [heard] { heard->set_value(); });
    return done.wait_for(kPatience) == std::future_status::ready;
  }
  bool await(const std::string& name, const Addresses& addresses) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return known_[name] == addresses; });
  }
  unsigned changes() {
    const std::lock_guard lock(mutex_);
    return changes_;
  }

  test::NameServer server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Addresses> known_;
  unsigned changes_ = 0;
  std::unique_ptr<Resolver> resolver_;
};

TEST_F(ResolverTest, TellsAddressesOfBothFamiliesBeforeItSaysHeard) {
  server_.set(kName, {{"10.0.0.2", "10.0.0.1", "fd00::1"}});
  start();
  ASSERT_TRUE(watch({kName}));
  EXPECT_EQ(known_[kName], (Addresses{"10.0.0.1", "10.0.0.2", "fd00::1"}));
  EXPECT_TRUE(resolver_->unresolved().empty());
}

TEST_F(ResolverTest, FollowsAnAnswerThatChanges) {
  server_.set(kName, {{"10.0.0.1"}, 0});
  start();
  ASSERT_TRUE(watch({kName}));
  server_.set(kName, {{"10.0.0.9"}, 0});
  EXPECT_TRUE(await(kName, {"10.0.0.9"}));
}

TEST_F(ResolverTest, AnUnchangedAnswerIsToldOnce) {
  server_.set(kName, {{"10.0.0.1", "10.0.0.2"}, 0});
  start();
  ASSERT_TRUE(watch({kName}));
  server_.set(kName, {{"10.0.0.2", "10.0.0.1"}, 0});
  ASSERT_TRUE(server_.await_questions(kName, 4));
  EXPECT_EQ(changes(), 1U);
}

TEST_F(ResolverTest, RespectsTheTtl) {
  ResolverOptions slow = options();
  slow.pace.ttl_min = 1s;
  server_.set(kName, {{"10.0.0.1"}, 1});
  start(slow);
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(watch({kName}));
  ASSERT_TRUE(server_.await_questions(kName, 2));
  EXPECT_GE(std::chrono::steady_clock::now() - before, 1s);
}

TEST_F(ResolverTest, KeepsTheLastGoodAnswerWhenTheNameIsGone) {
  server_.set(kName, {{"10.0.0.1"}, 0});
  start();
  ASSERT_TRUE(watch({kName}));
  server_.set(kName, {{}, 0, false});
  ASSERT_TRUE(server_.await_questions(kName, 3));
  EXPECT_EQ(changes(), 1U);
  server_.set(kName, {{"10.0.0.2"}, 0});
  EXPECT_TRUE(await(kName, {"10.0.0.2"}));
}

TEST_F(ResolverTest, KeepsTheLastGoodAnswerWhileTheServerIsSilent) {
  server_.set(kName, {{"10.0.0.1"}, 0});
  start();
  ASSERT_TRUE(watch({kName}));
  server_.set(kName, {.addresses = {}, .answers = false});
  ASSERT_TRUE(server_.await_questions(kName, 2));
  EXPECT_EQ(changes(), 1U);
}

TEST_F(ResolverTest, HearsAlsoOfNamesThatFail) {
  server_.set(kName, {{"10.0.0.1"}, 60});
  server_.set("silent.sluice.test", {.addresses = {}, .answers = false});
  start();
  ASSERT_TRUE(watch({kName, "silent.sluice.test", "unknown.sluice.test"}));
  EXPECT_EQ(resolver_->unresolved().size(), 2U);
  EXPECT_TRUE(await(kName, {"10.0.0.1"}));
}

TEST_F(ResolverTest, HonoursTheHostsFile) {
  start();
  ASSERT_TRUE(watch({"localhost"}));
  EXPECT_TRUE(resolver_->unresolved().empty());
  ASSERT_FALSE(known_["localhost"].empty());
  EXPECT_TRUE(known_["localhost"][0].starts_with("127.") || known_["localhost"][0] == "::1");
}

TEST_F(ResolverTest, WatchingNothingIsHeardAtOnce) {
  start();
  EXPECT_TRUE(watch({}));
}

TEST_F(ResolverTest, CanBeDestroyedWhileItAsks) {
  server_.set(kName, {.addresses = {}, .answers = false});
  ResolverOptions patient = options();
  patient.lookup.timeout = 60s;
  start(patient);
  resolver_->watch({kName}, [] {});
  ASSERT_TRUE(server_.await_questions(kName, 1));
  resolver_.reset();
}

}  // namespace
}  // namespace sluice::control

// A coroutine that waits for a place: resumed once, by whichever comes first.
#include "proxy/upstream/pending.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "net/task.hpp"

namespace sluice::proxy::upstream {
namespace {

using std::chrono::milliseconds;

// One place, taken, and one coroutine that waits for it on a worker of its own.
class PendingTest : public testing::Test {
 protected:
  PendingTest() : quota_(taken_) {
    quota_.set(1, 1);
    quota_.take();
  }

  // Lets it wait, then runs `then` on the worker, and the worker until the coroutine has ended.
  WaitEnd wait(std::function<void()> then, milliseconds time = milliseconds(60'000)) {
    worker_.post([&] {
      worker_.gate().enter(wait_here(worker_.now() + time));
      worker_.gate().close([this] { worker_.stop(); });
    });
    worker_.post(std::move(then));
    worker_.run();
    return end_;
  }
  net::Task<void> wait_here(net::SteadyTime until) {
    PendingRequest pending(worker_, quota_, until);
    pending_ = &pending;
    end_ = co_await pending;
    pending_ = nullptr;
    ++resumed_;
  }
  void admit() {
    quota_.put_back();
    ASSERT_EQ(quota_.admit(), pending_);
    pending_->admitted();
  }

  net::Worker worker_{net::WorkerId{0}};
  std::uint32_t taken_ = 0;
  Quota quota_;
  PendingRequest* pending_ = nullptr;
  WaitEnd end_ = WaitEnd::queue_full;
  int resumed_ = 0;
};

TEST_F(PendingTest, IsAdmitted) {
  EXPECT_EQ(wait([this] { admit(); }), WaitEnd::admitted);
  EXPECT_EQ(resumed_, 1);
  EXPECT_EQ(taken_, 1U) << "its place is its own";
}

TEST_F(PendingTest, IsGivenUp) {
  EXPECT_EQ(wait([this] {
              pending_->give_up();
              pending_->give_up();
            }),
            WaitEnd::given_up);
  EXPECT_EQ(resumed_, 1);
  EXPECT_EQ(quota_.pending(), 0U);
  EXPECT_EQ(taken_, 1U) << "the other one's";
}

// It has a place then, and whoever resumes must put it back.
TEST_F(PendingTest, GivenUpAfterItWasAdmittedIsAdmitted) {
  EXPECT_EQ(wait([this] {
              admit();
              pending_->give_up();
            }),
            WaitEnd::admitted);
  EXPECT_EQ(resumed_, 1);
}

TEST_F(PendingTest, WaitsNoLongerThanItsTime) {
  EXPECT_EQ(wait([] {}, milliseconds(1)), WaitEnd::timed_out);
  EXPECT_EQ(resumed_, 1);
  EXPECT_EQ(quota_.pending(), 0U);
}

TEST_F(PendingTest, DoesNotWaitInAQueueThatIsFull) {
  quota_.set(1, 0);
  EXPECT_EQ(wait([] {}), WaitEnd::queue_full);
  EXPECT_EQ(resumed_, 1);
}

}  // namespace
}  // namespace sluice::proxy::upstream

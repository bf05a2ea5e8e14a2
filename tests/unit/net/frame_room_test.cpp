#include "net/frame_room.hpp"

#include <cstdint>

#include <gtest/gtest.h>

#include "net/task.hpp"

namespace sluice::net {
namespace {

bool lies_in(const void* block, const FrameRoom& room) {
  const auto at = reinterpret_cast<std::uintptr_t>(block);
  const auto begin = reinterpret_cast<std::uintptr_t>(&room);
  return at >= begin && at < begin + sizeof room;
}

TEST(FrameRoom, WhatIsReturnedInOrderIsThereAgain) {
  FrameRoom room;
  void* const first = room.take(64);
  void* const second = room.take(64);
  EXPECT_TRUE(lies_in(first, room));
  EXPECT_EQ(static_cast<char*>(second) - static_cast<char*>(first), 64);
  room.give_back(second, 64);
  EXPECT_EQ(room.take(64), second);
  room.give_back(second, 64);
  room.give_back(first, 64);
  EXPECT_EQ(room.take(FrameRoom::kBytes), first);
}

TEST(FrameRoom, WhatIsReturnedOutOfOrderIsNotGivenTwice) {
  FrameRoom room;
  void* const first = room.take(64);
  void* const second = room.take(64);
  room.give_back(first, 64);
  void* const third = room.take(64);
  EXPECT_NE(third, first);
  EXPECT_NE(third, second);
}

TEST(FrameRoom, RefusesWhatDoesNotFit) {
  FrameRoom room;
  EXPECT_EQ(room.take(FrameRoom::kBytes + 16), nullptr);
  EXPECT_NE(room.take(FrameRoom::kBytes), nullptr);
  EXPECT_EQ(room.take(16), nullptr);
}

struct Bell {
  std::coroutine_handle<> waiting;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = handle; }
  void await_resume() const noexcept {}
};

// Says where a local of its coroutines is that lives over a suspension: in their frames.
class Host {
 public:
  FrameRoom& frame_room() noexcept { return room_; }
  Task<int> small(Bell& bell, const void*& at) {
    int local = 1;
    at = &local;
    co_await bell;
    co_return local;
  }
  Task<int> large(Bell& bell, const void*& at) {
    int local[FrameRoom::kBytes / sizeof(int)] = {2};
    at = local;
    co_await bell;
    co_return local[0];
  }
  // Its own frame takes some of the room, too.
  Task<int> both(Bell& bell, const void*& at_small, const void*& at_large, int& sum) {
    sum += co_await small(bell, at_small);
    sum += co_await large(bell, at_large);
    co_return sum;
  }

 private:
  FrameRoom room_;
};

Task<int> free_one(Bell& bell, const void*& at) {
  int local = 4;
  at = &local;
  co_await bell;
  co_return local;
}

TEST(FrameRoom, BlocksAreAlignedForAnything) {
  FrameRoom room;
  for (const std::size_t size : {1U, 17U, 40U}) {
    const auto at = reinterpret_cast<std::uintptr_t>(room.take(size));
    EXPECT_EQ(at % alignof(std::max_align_t), 0U) << size;
  }
}

TEST(FrameRoom, FramesOfMembersLieInTheirObject) {
  Host host;
  Bell bell;
  const void* at = nullptr;
  Task<int> task = host.small(bell, at);
  task.start();
  EXPECT_TRUE(lies_in(at, host.frame_room()));
  bell.waiting.resume();
  EXPECT_TRUE(task.done());
}

TEST(FrameRoom, AFrameIsReturnedWithItsTask) {
  Host host;
  Bell bell;
  const void* first = nullptr;
  const void* second = nullptr;
  for (const void** at : {&first, &second}) {
    Task<int> task = host.small(bell, *at);
    task.start();
    bell.waiting.resume();
    EXPECT_TRUE(task.done());
  }
  EXPECT_EQ(first, second);
}

TEST(FrameRoom, FramesThatDoNotFitLieElsewhereAndWorkTheSame) {
  Host host;
  Bell bell;
  const void* small = nullptr;
  const void* large = nullptr;
  int sum = 0;
  Task<int> task = host.both(bell, small, large, sum);
  task.start();
  EXPECT_TRUE(lies_in(small, host.frame_room()));
  bell.waiting.resume();
  EXPECT_FALSE(task.done());
  EXPECT_FALSE(lies_in(large, host.frame_room()));
  bell.waiting.resume();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(sum, 3);
}

TEST(FrameRoom, FramesOfOthersLieElsewhere) {
  Host host;
  Bell bell;
  const void* at = nullptr;
  Task<int> task = free_one(bell, at);
  task.start();
  EXPECT_FALSE(lies_in(at, host.frame_room()));
  bell.waiting.resume();
  EXPECT_TRUE(task.done());
}

}  // namespace
}  // namespace sluice::net

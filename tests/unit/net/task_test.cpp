#include "net/task.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "net/buffer_pool.hpp"
#include "net/gate.hpp"

namespace sluice::net {
namespace {

// Waits until somebody calls open().
struct Door {
  std::coroutine_handle<> waiting;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = handle; }
  void await_resume() const noexcept {}
  void open() { std::exchange(waiting, nullptr).resume(); }
};

Task<int> value(int number) {
  co_return number;
}
Task<std::unique_ptr<int>> owned(int number) {
  co_return std::make_unique<int>(number);
}
Task<int> behind(Door& door, int number) {
  co_await door;
  co_return number;
}
Task<void> collect(Task<int> task, std::vector<int>& into) {
  into.push_back(co_await task);
}
Task<int> depth(int left) {
  if (left == 0) co_return 0;
  co_return 1 + co_await depth(left - 1);
}
Task<void> note(std::unique_ptr<int> kept, std::vector<int>& into, Door& door) {
  co_await door;
  into.push_back(*kept);
}

TEST(Task, IsLazy) {
  std::vector<int> got;
  {
    Task<void> never = collect(value(1), got);
    EXPECT_TRUE(got.empty());
  }
  Task<void> started = collect(value(2), got);
  started.start();
  EXPECT_TRUE(started.done());
  EXPECT_EQ(got, std::vector<int>{2});
}

TEST(Task, OneThatIsNeverStartedFreesItsArguments) {
  std::vector<int> got;
  Door door;
  auto kept = std::make_unique<int>(1);
  { Task<void> never = note(std::move(kept), got, door); }
  EXPECT_TRUE(got.empty());
}

TEST(Task, ResumesItsAwaiterWhenItEnds) {
  std::vector<int> got;
  Door door;
  Task<void> task = collect(behind(door, 3), got);
  task.start();
  EXPECT_FALSE(task.done());
  door.open();
  EXPECT_TRUE(task.done());
  EXPECT_EQ(got, std::vector<int>{3});
}

Task<void> join_late(Door& inner, Door& outer, std::vector<int>& got) {
  Task<int> beside = behind(inner, 4);
  beside.start();
  co_await outer;
  got.push_back(co_await beside);
}

TEST(Task, StartedBesideMayEndBeforeOrAfterItIsJoined) {
  for (const bool ends_first : {true, false}) {
    std::vector<int> got;
    Door inner;
    Door outer;
    Task<void> task = join_late(inner, outer, got);
    task.start();
    if (ends_first) inner.open();
    outer.open();
    if (!ends_first) {
      EXPECT_TRUE(got.empty());
      inner.open();
    }
    EXPECT_TRUE(task.done());
    EXPECT_EQ(got, std::vector<int>{4});
  }
}

Task<void> take_owned(int& out) {
  out = *co_await owned(5);
}

TEST(Task, MovesItsResultOut) {
  int out = 0;
  Task<void> task = take_owned(out);
  task.start();
  EXPECT_EQ(out, 5);
}

Task<void> measure(int& out) {
  out = co_await depth(2'000);
}

TEST(Task, AwaitsDeeply) {
  int out = 0;
  Task<void> task = measure(out);
  task.start();
  EXPECT_EQ(out, 2'000);
}

// ---- Gate --------------------------------------------------------------------------------------

TEST(Gate, TellsOnceWhenTheLastHasLeft) {
  Gate gate;
  Door a;
  Door b;
  std::vector<int> got;
  EXPECT_TRUE(gate.enter(collect(behind(a, 1), got)));
  EXPECT_TRUE(gate.enter(collect(behind(b, 2), got)));
  EXPECT_TRUE(gate.enter(collect(value(3), got)));
  EXPECT_EQ(gate.inside(), 2U);
  int told = 0;
  gate.close([&] { ++told; });
  EXPECT_FALSE(gate.enter(collect(value(4), got)));
  a.open();
  EXPECT_EQ(told, 0);
  b.open();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(got, (std::vector<int>{3, 1, 2}));
}

TEST(Gate, WithNobodyInsideTellsAtOnce) {
  Gate gate;
  int told = 0;
  gate.close([&] { ++told; });
  EXPECT_EQ(told, 1);
}

// ---- BufferPool --------------------------------------------------------------------------------

TEST(BufferPool, GivesAtLeastWhatWasAskedAndTakesItBack) {
  BufferPool pool;
  for (const std::size_t size : {0U, 1U, 1024U, 1025U, 4096U, 16384U, 65536U, 65537U, 1'000'000U}) {
    Buffer buffer = pool.take(size);
    EXPECT_GE(buffer.capacity(), size);
    if (size > 0) buffer.bytes()[size - 1] = 'x';
  }
  Buffer first = pool.take(1000);
  const char* const place = first.bytes();
  first.release();
  EXPECT_FALSE(first);
  EXPECT_EQ(pool.take(1000).bytes(), place) << "a warm take must not allocate";
}

TEST(BufferPool, MovingKeepsTheBytes) {
  BufferPool pool;
  Buffer first = pool.take(10);
  first.bytes()[0] = 'a';
  Buffer second = std::move(first);
  EXPECT_EQ(second.bytes()[0], 'a');
  Buffer third = pool.take(10);
  third = std::move(second);
  EXPECT_EQ(third.bytes()[0], 'a');
}

}  // namespace
}  // namespace sluice::net

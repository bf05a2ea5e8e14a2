// Streams over socket pairs, on a worker that runs in the test's own thread.
#include "net/stream.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/unsent_bound.hpp"
#include "net/worker.hpp"

namespace sluice::net {
namespace {

using std::chrono::milliseconds;

// Both ends on the same worker.
struct Pair {
  explicit Pair(Worker& worker) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
      throw std::runtime_error("socketpair");
    left = std::make_unique<Stream>(worker, ends[0]);
    right = std::make_unique<Stream>(worker, ends[1]);
  }
  std::unique_ptr<Stream> left;
  std::unique_ptr<Stream> right;
};

// Runs `script` and whatever it enters into the gate, to the end.
void run(Worker& worker, std::function<void()> script) {
  worker.post([&] {
    script();
    worker.gate().close([&] { worker.stop(); });
  });
  worker.run();
}

std::string text(std::size_t size, std::uint32_t seed = 1) {
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return out;
}

Task<IoStatus> send_all(Stream& stream, std::string_view bytes) {
  iovec pieces[3] = {
      {const_cast<char*>(bytes.data()), bytes.size() / 3},
      {const_cast<char*>(bytes.data()), 0},
      {const_cast<char*>(bytes.data()) + bytes.size() / 3, bytes.size() - bytes.size() / 3}};
  co_return co_await stream.send(pieces);
}

Task<void> push(Stream& stream, const std::string& bytes, IoStatus& status) {
  status = co_await send_all(stream, bytes);
  stream.shutdown_write();
}

// Takes `at_most` bytes a time and leaves the rest in the input over the next wait.
Task<void> pull(Stream& stream, std::string& into, IoStatus& status,
                std::size_t at_most = 1 << 20) {
  for (;;) {
    while (stream.input().size() >= at_most ||
           (status == IoStatus::eof && !stream.input().empty())) {
      const std::size_t size = std::min(at_most, stream.input().size());
      into.append(stream.input().data(), size);
      stream.consume(size);
    }
    if (at_most == 1 << 20) {
      into.append(stream.input().data(), stream.input().size());
      stream.consume(stream.input().size());
    }
    if (status != IoStatus::ok) co_return;
    status = co_await stream.receive();
  }
}

TEST(Stream, PartialWritesAreResumedAndNothingIsLost) {
  Worker worker(WorkerId{0});
  Pair pair(worker);
  const std::string bytes = text(5'000'000);
  std::string got;
  IoStatus sent = IoStatus::cancelled;
  IoStatus received = IoStatus::ok;
  run(worker, [&] {
    worker.gate().enter(push(*pair.left, bytes, sent));
    worker.gate().enter(pull(*pair.right, got, received));
  });
  EXPECT_EQ(sent, IoStatus::ok);
  EXPECT_EQ(received, IoStatus::eof);
  EXPECT_TRUE(got == bytes);
  EXPECT_EQ(pair.left->bytes_sent(), bytes.size());
  EXPECT_EQ(pair.right->bytes_received(), bytes.size());
}

Task<void> drip(Stream& stream, const std::string& bytes, std::size_t size) {
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    co_await send_all(stream, std::string_view(bytes).substr(at, size));
    co_await stream.worker().let_others_run();
  }
  stream.shutdown_write();
}

// Each reader keeps unconsumed bytes while the other one receives into the same scratch.
TEST(Stream, TwoThatShareTheScratchLoseNothing) {
  for (const std::size_t at_most : {7U, 1'000U, 5'000U, 40'000U}) {
    Worker worker(WorkerId{0});
    Pair a(worker);
    Pair b(worker);
    const std::string first = text(200'003, 1);
    const std::string second = text(200'003, 2);
    std::string got_first;
    std::string got_second;
    IoStatus one = IoStatus::ok;
    IoStatus two = IoStatus::ok;
    run(worker, [&] {
      worker.gate().enter(pull(*a.right, got_first, one, at_most));
      worker.gate().enter(pull(*b.right, got_second, two, at_most));
      worker.gate().enter(drip(*a.left, first, 601));
      worker.gate().enter(drip(*b.left, second, 997));
    });
    EXPECT_TRUE(got_first == first) << at_most;
    EXPECT_TRUE(got_second == second) << at_most;
  }
}

Task<void> fill_input(Stream& stream, IoStatus& status, std::size_t& size) {
  while (status == IoStatus::ok) status = co_await stream.receive();
  size = stream.input().size();
}

TEST(Stream, AFullInputIsExhaustedAndKept) {
  Worker worker(WorkerId{0});
  Pair pair(worker);
  const std::string bytes = text(Stream::kInputMax + 10'000);
  IoStatus sent = IoStatus::ok;
  IoStatus status = IoStatus::ok;
  std::size_t size = 0;
  run(worker, [&] {
    worker.gate().enter(push(*pair.left, bytes, sent));
    worker.gate().enter(fill_input(*pair.right, status, size));
  });
  EXPECT_EQ(status, IoStatus::exhausted);
  EXPECT_EQ(size, Stream::kInputMax);
  EXPECT_TRUE(std::equal(pair.right->input().begin(), pair.right->input().end(), bytes.begin()));
}

// ---- deadlines and giving up -------------------------------------------------------------------

Task<void> receive_once(Stream& stream, milliseconds wait, IoStatus& status) {
  status = co_await stream.receive(stream.worker().now() + wait);
}

TEST(Stream, AReceiveThatTimesOutEndsOnlyItself) {
  Worker worker(WorkerId{0});
  Pair pair(worker);
  IoStatus first = IoStatus::ok;
  IoStatus second = IoStatus::ok;
  const auto began = std::chrono::steady_clock::now();
  worker.post([&] { worker.gate().enter(receive_once(*pair.right, milliseconds(100), first)); });
  worker.post([&] {
    worker.gate().enter([](Worker& self, Stream& from, Stream& to, const IoStatus& seen,
                           IoStatus& out) -> Task<void> {
      while (seen == IoStatus::ok) co_await self.let_others_run();
      co_await send_all(from, "late");
      out = co_await to.receive();
    }(worker, *pair.left, *pair.right, first, second));
    worker.gate().close([&] { worker.stop(); });
  });
  worker.run();
  EXPECT_EQ(first, IoStatus::timed_out);
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(100));
  EXPECT_EQ(second, IoStatus::ok);
  EXPECT_EQ(std::string(pair.right->input().data(), pair.right->input().size()), "late");
}

TEST(Stream, AWriteOfWhichNothingIsTakenTimesOut) {
  Worker worker(WorkerId{0});
  Pair pair(worker);
  pair.left->set_write_timeout(milliseconds(100));
  const std::string bytes = text(5'000'000);
  IoStatus sent = IoStatus::ok;
  run(worker, [&] { worker.gate().enter(push(*pair.left, bytes, sent)); });
  EXPECT_EQ(sent, IoStatus::timed_out);
  EXPECT_FALSE(pair.left->quiet()) << "a message is cut off on it: unfit for reuse";
}

// The peer reads on and on, but so little that it would hold us for ever.
TEST(Stream, AWriteThatIsTakenInDripsTimesOut) {
  Worker worker(WorkerId{0});
  Pair pair(worker);
  const int small = 4096;
  ::setsockopt(pair.left->descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  pair.left->set_write_timeout(milliseconds(200));
  const std::string bytes = text(5'000'000);
  IoStatus sent = IoStatus::ok;
  std::atomic<bool> ended{false};
  std::thread reader([&, descriptor = pair.right->descriptor()] {
    char drip[256];
    while (!ended) {
      (void)!::read(descriptor, drip, sizeof drip);
      std::this_thread::sleep_for(milliseconds(50));
    }
  });
  run(worker, [&] { worker.gate().enter(push(*pair.left, bytes, sent)); });
  ended = true;
  reader.join();
  EXPECT_EQ(sent, IoStatus::timed_out);
}

// A connected pair of TCP, the left end bounded as a listener bounds its clients.
struct TcpPair {
  explicit TcpPair(Worker& worker) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bound_unsent(listener, kUnsentMax);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof here;
    auto* const address = reinterpret_cast<sockaddr*>(&here);
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener, address, length) != 0 || ::listen(listener, 1) != 0 ||
        ::getsockname(listener, address, &length) != 0 || ::connect(client, address, length) != 0)
      throw std::runtime_error("no pair of TCP");
    left = std::make_unique<Stream>(worker, ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK));
    ::fcntl(client, F_SETFL, O_NONBLOCK);
    right = std::make_unique<Stream>(worker, client);
    ::close(listener);
  }
  int unsent_max() const {
    int bytes = 0;
    socklen_t length = sizeof bytes;
    ::getsockopt(left->descriptor(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, &length);
    return bytes;
  }
  std::unique_ptr<Stream> left;
  std::unique_ptr<Stream> right;
};

TEST(Stream, TheKernelMayHoldMoreForAPeerThatReads) {
  Worker worker(WorkerId{0});
  TcpPair pair(worker);
  const std::string bytes = text(20'000'000);
  std::string got;
  IoStatus sent = IoStatus::reset;
  IoStatus received = IoStatus::ok;
  EXPECT_EQ(pair.unsent_max(), kUnsentMax);
  run(worker, [&] {
    worker.gate().enter(push(*pair.left, bytes, sent));
    worker.gate().enter(pull(*pair.right, got, received));
  });
  EXPECT_TRUE(got == bytes);
  EXPECT_EQ(pair.unsent_max(), kUnsentMaxOfReader);
}

TEST(Stream, TheKernelMayNotHoldMoreForAPeerThatDoesNot) {
  Worker worker(WorkerId{0});
  TcpPair pair(worker);
  pair.left->set_write_timeout(milliseconds(100));
  const std::string bytes = text(20'000'000);
  IoStatus sent = IoStatus::ok;
  run(worker, [&] { worker.gate().enter(push(*pair.left, bytes, sent)); });
  EXPECT_EQ(sent, IoStatus::timed_out);
  EXPECT_EQ(pair.unsent_max(), kUnsentMax);
}

TEST(Stream, CancelEndsBothWaysNowAndLater) {
  Worker worker(WorkerId{0});
  Pair pair(worker);
  const std::string bytes = text(5'000'000);
  IoStatus sent = IoStatus::ok;
  IoStatus received = IoStatus::ok;
  IoStatus later = IoStatus::ok;
  run(worker, [&] {
    worker.gate().enter(push(*pair.left, bytes, sent));
    worker.gate().enter(receive_once(*pair.left, milliseconds(100'000), received));
    pair.left->cancel(IoStatus::cancelled);
    pair.left->cancel(IoStatus::reset);  // the first reason stays
  });
  EXPECT_EQ(sent, IoStatus::cancelled);
  EXPECT_EQ(received, IoStatus::cancelled);
  EXPECT_FALSE(pair.left->quiet());
  Task<void> again = receive_once(*pair.left, milliseconds(1), later);
  again.start();
  EXPECT_TRUE(again.done());
  EXPECT_EQ(later, IoStatus::cancelled);
}

TEST(Stream, AnInterruptedReceiveMayBeRepeated) {
  Worker worker(WorkerId{0});
  Pair pair(worker);
  IoStatus first = IoStatus::ok;
  IoStatus second = IoStatus::cancelled;
  run(worker, [&] {
    worker.gate().enter(receive_once(*pair.right, milliseconds(100'000), first));
    pair.right->interrupt_receive(IoStatus::cancelled);
    pair.right->interrupt_receive(IoStatus::reset);  // nobody waits any more
    worker.gate().enter([](Stream& from, Stream& to, IoStatus& out) -> Task<void> {
      co_await to.worker().let_others_run();
      co_await send_all(from, "x");
      out = co_await to.receive();
    }(*pair.left, *pair.right, second));
  });
  EXPECT_EQ(first, IoStatus::cancelled);
  EXPECT_EQ(second, IoStatus::ok);
}

TEST(Stream, AWaitingReceiveCanBeGivenLessTime) {
  Worker worker(WorkerId{0});
  Pair pair(worker);
  IoStatus status = IoStatus::ok;
  run(worker, [&] {
    worker.gate().enter([](Stream& stream, IoStatus& out) -> Task<void> {
      out = co_await stream.receive();
    }(*pair.right, status));
    pair.right->receive_by(worker.now() + milliseconds(50));
  });
  EXPECT_EQ(status, IoStatus::timed_out);
}

// ---- the observer ------------------------------------------------------------------------------

struct Watcher final : StreamObserver {
  void on_unawaited(bool is_alive) override {
    ++told;
    alive = is_alive;
    if (then) then();
  }
  int told = 0;
  bool alive = false;
  std::function<void()> then;
};

Task<void> until(Worker& worker, const int& told) {
  while (told == 0) co_await worker.let_others_run();
}

TEST(Stream, TheObserverHearsOfBytesAndEnds) {
  for (const bool bytes : {true, false}) {
    Worker worker(WorkerId{0});
    Pair pair(worker);
    Watcher watcher;
    pair.right->observe(&watcher);
    run(worker, [&] {
      if (bytes)
        EXPECT_EQ(::send(pair.left->descriptor(), "x", 1, MSG_NOSIGNAL), 1);
      else
        pair.left.reset();
      worker.gate().enter(until(worker, watcher.told));
    });
    EXPECT_EQ(watcher.alive, bytes) << "a Unix socket's close ends both ways";
    EXPECT_FALSE(pair.right->quiet());
  }
}

// What the pool of idle connections does.
TEST(Stream, TheObserverMayDestroyIt) {
  Worker worker(WorkerId{0});
  Pair pair(worker);
  Watcher watcher;
  watcher.then = [&] { pair.right.reset(); };
  pair.right->observe(&watcher);
  run(worker, [&] {
    pair.left->shutdown_write();
    worker.gate().enter(until(worker, watcher.told));
  });
  EXPECT_EQ(watcher.told, 1);
}

}  // namespace
}  // namespace sluice::net

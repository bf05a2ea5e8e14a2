#pragma once
// The seam through which the data plane reads and writes: one connected socket of one worker.
//
// `receive()` adds bytes to `input()`, a view of memory that the stream owns: usually the worker's
// one scratch buffer, so that an idle connection needs none of its own. `consume(n)` gives bytes
// back. `send()` tries inline first and returns when everything has been taken by the kernel.
//
// Thread:    its worker's only.   Path: hot.
// Shape:     one reader and one writer may wait at a time (the same or two coroutines).
// Errors:    IoStatus; after anything but ok that direction is finished.
// Invariant: `input()` and everything that points into it is void after the next suspension of the
//            coroutine that read it: ask again. The unconsumed bytes themselves are never lost.
//            While a send waits, its remainder is the stream's own copy (at most one message
//            piece). Destroying a stream closes it; nobody may be waiting on it then.
//
// With start_tls() the same words mean what is inside TLS: input() is what has been decrypted, all
// records of a receive before anybody sees the first; a send is encrypted whole and goes out in one
// piece. A stream without it pays one branch a call (docs/adr/0012).
#include <array>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <sys/uio.h>

#include "net/buffer_pool.hpp"
#include "net/deadline_wheel.hpp"
#include "net/fetch.hpp"
#include "net/io_status.hpp"

namespace sluice::net {

class Worker;
namespace tls {
class Session;
}

// Whoever has a descriptor in a worker's edge-triggered set.
class EventSource {
 public:
  virtual void on_events(std::uint32_t events) = 0;
  // Its turn comes soon: fetch into the cache what on_events() will touch.
  virtual void prefetch() const noexcept {}

 protected:
  ~EventSource() = default;
};

// Told when something happens on a stream on which nobody waits: an idle pooled connection, or a
// client that goes away while its request is with the upstream.
class StreamObserver {
 public:
  // `alive`: bytes or an orderly FIN arrived; otherwise the connection is dead (RST, error).
  virtual void on_unawaited(bool alive) = 0;

 protected:
  ~StreamObserver() = default;
};

class Stream final : public EventSource {
 public:
  // Takes over `descriptor` (connected or connecting, non-blocking) and puts it into the worker's
  // set.
  Stream(Worker& worker, int descriptor);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  // ---- reading ----
  std::span<char> input() const noexcept { return {input_, input_size_}; }
  void consume(std::size_t count) noexcept;

  struct ReceiveAwaiter {
    Stream& stream;
    SteadyTime until;
    bool await_ready() noexcept { return stream.try_receive(); }
    void await_suspend(std::coroutine_handle<> reader) noexcept {
      stream.wait_to_receive(reader, until);
    }
    IoStatus await_resume() const noexcept { return stream.receive_status_; }
  };
  // Adds at least one byte to input(), or says why not; `timed_out` ends only this call.
  ReceiveAwaiter receive(SteadyTime until = SteadyTime::max()) noexcept { return {*this, until}; }
  // The largest input() that receive() will build up; a full one ends it with `exhausted`.
  static constexpr std::size_t kInputMax = 64 * 1024;

  // ---- writing ----
  // A send that has begun. What the kernel did not take at once is waited for.
  struct [[nodiscard]] Sending {
    Stream& stream;
    bool finished;
    bool await_ready() const noexcept { return finished; }
    void await_suspend(std::coroutine_handle<> writer) noexcept { stream.writer_ = writer; }
    IoStatus await_resume() const noexcept { return stream.send_status_; }
  };
  // Shape: tries at once; `pieces` is used up (advanced) and void when this returns. To be awaited
  //        before anything else is sent.
  Sending send(std::span<iovec> pieces) noexcept { return {*this, try_send(pieces)}; }

  // Waits until a connect() in progress has ended. To be called once, before anything else.
  struct ConnectAwaiter {
    Stream& stream;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> writer) noexcept { stream.writer_ = writer; }
    IoStatus await_resume() const noexcept { return stream.send_status_; }
  };
  ConnectAwaiter connected(std::chrono::milliseconds timeout) noexcept;

  void shutdown_write() noexcept;  // FIN after what was sent; within TLS after a farewell
  // close() will send RST: the peer must not take it for a clean end.
  void reset_on_close() noexcept;

  // ---- TLS ----
  // From now on everything goes through `session`, beginning with what input() holds.
  void start_tls(std::unique_ptr<tls::Session> session);
  // Until it is established. Errors: `reset` when it came to nothing (the session knows why), and
  // those of receive().
  ReceiveAwaiter handshake(SteadyTime until) noexcept { return {*this, until}; }
  tls::Session* tls() const noexcept { return tls_.get(); }

  // ---- deadlines and giving up ----
  // Longest time in which the peer acknowledges less than 4 KiB while a send waits.
  void set_write_timeout(std::chrono::milliseconds timeout) noexcept { write_timeout_ = timeout; }

  // Ends whatever waits, now and later, with `why`. Shape: safe on any thread of control of this
  // worker, also from within another stream's event; what waited is resumed afterwards.
  void cancel(IoStatus why) noexcept;
  // Moves the deadline of the receive that waits now, if one does; max(): it has none any more.
  void receive_by(SteadyTime until) noexcept;
  // Ends only the receive that waits now, if one does.
  void interrupt_receive(IoStatus why) noexcept;

  // What whoever waits here will touch when it goes on, besides its frame: fetched into the cache
  // beforehand.
  using Context = std::array<Memory, 3>;
  void set_context(const Context& context) noexcept { context_ = context; }
  // So far from its beginning a small exchange touches a stream,
  static constexpr std::size_t kTouchedBytes = 256;
  // and prefetch().
  static constexpr std::size_t kPrefetchReads = 192;
  Memory touched() const noexcept { return memory_of(this, kTouchedBytes); }

  // `observer` may be null. At most one; told only while nobody waits to receive.
  void observe(StreamObserver* observer) noexcept { observer_ = observer; }

  // Fit for the idle pool: nothing is known to have arrived since the last receive, and neither way
  // was given up or has failed.
  bool quiet() const noexcept {
    return !readable_ && !peer_ended_ && input_size_ == 0 && cancelled_receive_ == IoStatus::ok &&
           cancelled_send_ == IoStatus::ok && (tls_ == nullptr || tls_is_quiet());
  }
  int descriptor() const noexcept { return descriptor_; }
  Worker& worker() const noexcept { return worker_; }
  std::uint64_t bytes_received() const noexcept { return bytes_received_; }
  std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }

  void on_events(std::uint32_t events) override;
  void prefetch() const noexcept override;

 private:
  friend class Worker;
  struct ReadDeadline final : Deadline {
    explicit ReadDeadline(Stream& owner) : stream(owner) {}
    void on_deadline() override;
    Stream& stream;
  };
  struct WriteDeadline final : Deadline {
    explicit WriteDeadline(Stream& owner) : stream(owner) {}
    void on_deadline() override;
    Stream& stream;
  };

  void wait_to_receive(std::coroutine_handle<> reader, SteadyTime until) noexcept;
  bool try_receive() noexcept;  // true: receive_status_ is the outcome
  std::span<char> room_for_input();
  void note_received(std::span<char> room, std::size_t count) noexcept;
  bool try_send(std::span<iovec>& pieces) noexcept;      // true: send_status_ is the outcome
  bool write_inline(std::span<iovec>& pieces) noexcept;  // false: the kernel takes no more now
  void keep_remainder(std::span<const iovec> pieces);
  bool flush_remainder() noexcept;
  void arm_write_deadline() noexcept;
  std::int64_t taken_by_peer() const noexcept;
  void finish_connect() noexcept;
  void on_writable() noexcept;
  void trust_reader() noexcept;
  void leave_scratch();  // moves unconsumed bytes out of the worker's scratch
  // ---- net/stream_tls.cpp ----
  friend struct TlsTransport;
  bool try_handshake() noexcept;
  bool try_receive_tls() noexcept;
  bool try_send_tls(std::span<iovec> pieces) noexcept;
  bool seal(std::span<const iovec> pieces) noexcept;
  bool send_sealed() noexcept;
  void append_to_remainder(std::span<const char> bytes);
  void say_goodbye() noexcept;
  bool tls_is_quiet() const noexcept;
  long receive_ciphertext(char* bytes, std::size_t size) noexcept;
  void resume_reader(IoStatus status) noexcept;
  void resume_writer(IoStatus status) noexcept;

  Worker& worker_;
  int descriptor_;
  bool readable_ = false;    // the kernel may have more for us
  bool peer_ended_ = false;  // RDHUP was seen
  bool dead_ = false;        // HUP or ERR was seen
  bool connecting_ = false;
  IoStatus receive_status_ = IoStatus::ok;
  IoStatus send_status_ = IoStatus::ok;
  IoStatus cancelled_receive_ = IoStatus::ok;  // not ok: every receive ends with it
  IoStatus cancelled_send_ = IoStatus::ok;
  std::chrono::duration<std::int32_t, std::milli> write_timeout_{30'000};

  // In the order of use: a small exchange touches nothing behind the read deadline.
  char* input_ = nullptr;
  std::size_t input_size_ = 0;
  std::coroutine_handle<> reader_;
  std::coroutine_handle<> writer_;
  StreamObserver* observer_ = nullptr;
  std::unique_ptr<tls::Session> tls_;  // null: plain
  Context context_;
  std::uint64_t bytes_received_ = 0;
  std::uint64_t bytes_sent_ = 0;
  Buffer own_;  // holds input_ when it is not in the worker's scratch
  ReadDeadline read_deadline_{*this};

  Buffer remainder_;  // what a waiting send still has to write: [remainder_at_, remainder_end_)
  std::size_t remainder_at_ = 0;
  std::size_t remainder_end_ = 0;
  std::int64_t taken_before_ = 0;  // by the peer, when the write deadline was set
  SteadyTime send_waits_since_{};
  bool trusted_reader_ = false;  // took what waited for it quickly, once
  bool abrupt_ = false;          // its end is to look like one
  Buffer early_;                 // ciphertext that was received before TLS began
  std::size_t early_at_ = 0;
  std::size_t early_end_ = 0;
  WriteDeadline write_deadline_{*this};
};

}  // namespace sluice::net

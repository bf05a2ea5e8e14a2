#include "net/stream.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/fetch.hpp"
#include "net/socket_calls.hpp"
#include "net/tls/session.hpp"
#include "net/unsent_bound.hpp"
#include "net/worker.hpp"

namespace sluice::net {

namespace {

constexpr std::size_t kSmallestRoom = 512;
constexpr std::size_t kFrameBytes = 256;  // of a reader, from its beginning
constexpr std::int64_t kWriteStep = 4096;
// 64 KiB in this time. Not one that is slow on purpose; but one of five hundred with whom the
// worker shares its core, too.
constexpr std::chrono::seconds kReaderTakes{1};

void advance_pieces(std::span<iovec>& pieces, std::size_t written) noexcept {
  while (written > 0) {
    iovec& first = pieces.front();
    const std::size_t part = std::min(written, first.iov_len);
    first.iov_base = static_cast<char*>(first.iov_base) + part;
    first.iov_len -= part;
    written -= part;
    if (first.iov_len == 0) pieces = pieces.subspan(1);
  }
  while (!pieces.empty() && pieces.front().iov_len == 0) pieces = pieces.subspan(1);
}

}  // namespace

Stream::Stream(Worker& worker, int descriptor) : worker_(worker), descriptor_(descriptor) {
  assert(memory_of(&read_deadline_ + 1, 0).begin - memory_of(this, 0).begin <= kTouchedBytes);
  assert(memory_of(&context_ + 1, 0).begin - memory_of(this, 0).begin <= kPrefetchReads);
  if (!worker_.watch(descriptor_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, this))
    cancel(IoStatus::exhausted);
}

Stream::~Stream() {
  assert(!reader_ && !writer_);
  if (tls_ != nullptr) say_goodbye();
  if (worker_.scratch_owner_ == this) worker_.scratch_owner_ = nullptr;
  worker_.unwatch(this);
  ::close(descriptor_);
}

// ---- reading -------------------------------------------------------------------------------

void Stream::consume(std::size_t count) noexcept {
  assert(count <= input_size_);
  input_ += count;
  input_size_ -= count;
  if (input_size_ != 0) return;
  if (worker_.scratch_owner_ == this) worker_.scratch_owner_ = nullptr;
  own_.release();
  input_ = nullptr;
}

void Stream::leave_scratch() {
  own_ = worker_.buffers_.take(input_size_);
  std::memcpy(own_.bytes(), input_, input_size_);
  input_ = own_.bytes();
  worker_.scratch_owner_ = nullptr;
}

// Where the next bytes go: behind the unconsumed ones, or into the worker's scratch.
std::span<char> Stream::room_for_input() {
  const bool in_scratch = worker_.scratch_owner_ == this || input_size_ == 0;
  if (input_size_ == 0) {
    if (worker_.scratch_owner_ != nullptr) worker_.scratch_owner_->leave_scratch();
    input_ = worker_.scratch_.get();
  }
  char* const begin = in_scratch ? worker_.scratch_.get() : own_.bytes();
  const std::size_t capacity = in_scratch ? Worker::kScratchSize : own_.capacity();
  std::size_t tail = capacity - static_cast<std::size_t>(input_ - begin) - input_size_;
  if (tail < kSmallestRoom && input_ != begin) {
    std::memmove(begin, input_, input_size_);
    input_ = begin;
    tail = capacity - input_size_;
  }
  if (tail < kSmallestRoom && !in_scratch && capacity < kInputMax) {
    Buffer larger = worker_.buffers_.take(std::min(capacity * 4, kInputMax));
    std::memcpy(larger.bytes(), input_, input_size_);
    own_ = std::move(larger);
    input_ = own_.bytes();
    tail = own_.capacity() - input_size_;
  }
  return {input_ + input_size_, tail};
}

void Stream::note_received(std::span<char> room, std::size_t count) noexcept {
  // A short receive without RDHUP has emptied the socket: no second call to hear EAGAIN.
  if (count < room.size() && !peer_ended_) readable_ = false;
  if (!own_) worker_.scratch_owner_ = this;
  input_size_ += count;
  bytes_received_ += count;
  receive_status_ = IoStatus::ok;
}

bool Stream::try_receive() noexcept {
  assert(!reader_);
  if (cancelled_receive_ != IoStatus::ok) {
    receive_status_ = cancelled_receive_;
    return true;
  }
  if (tls_ != nullptr) [[unlikely]]
    return try_receive_tls();
  if (!readable_) return false;
  const std::span<char> room = room_for_input();
  if (room.empty()) {
    receive_status_ = IoStatus::exhausted;
    return true;
  }
  for (;;) {
    const ssize_t count = receive_from_socket(descriptor_, room.data(), room.size());
    if (count > 0) {
      note_received(room, static_cast<std::size_t>(count));
      return true;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      readable_ = false;
      return false;
    }
    receive_status_ = count == 0 ? IoStatus::eof : io_status_from_errno(errno);
    cancelled_receive_ = receive_status_;
    return true;
  }
}

// ---- writing -------------------------------------------------------------------------------

bool Stream::write_inline(std::span<iovec>& pieces) noexcept {
  while (!pieces.empty()) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = std::min<std::size_t>(pieces.size(), 1024);
    const ssize_t count = send_to_socket(descriptor_, message);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return false;
      send_status_ = cancelled_send_ = io_status_from_errno(errno);
      return true;
    }
    bytes_sent_ += static_cast<std::uint64_t>(count);
    advance_pieces(pieces, static_cast<std::size_t>(count));
  }
  send_status_ = IoStatus::ok;
  return true;
}

void Stream::keep_remainder(std::span<const iovec> pieces) {
  std::size_t size = 0;
  for (const iovec& piece : pieces) size += piece.iov_len;
  remainder_ = worker_.buffers_.take(size);
  remainder_at_ = 0;
  remainder_end_ = 0;
  for (const iovec& piece : pieces) {
    std::memcpy(remainder_.bytes() + remainder_end_, piece.iov_base, piece.iov_len);
    remainder_end_ += piece.iov_len;
  }
}

bool Stream::try_send(std::span<iovec>& pieces) noexcept {
  assert(!writer_);
  if (cancelled_send_ != IoStatus::ok) {
    send_status_ = cancelled_send_;
    return true;
  }
  if (tls_ != nullptr) [[unlikely]]
    return try_send_tls(pieces);
  advance_pieces(pieces, 0);
  if (write_inline(pieces)) return true;
  keep_remainder(pieces);
  send_waits_since_ = worker_.now_;
  arm_write_deadline();
  return false;
}

void Stream::arm_write_deadline() noexcept {
  taken_before_ = taken_by_peer();
  worker_.deadlines_.set(write_deadline_, worker_.now_ + write_timeout_);
}

// True when nothing is left or the connection has failed; send_status_ says which.
bool Stream::flush_remainder() noexcept {
  iovec piece{remainder_.bytes() + remainder_at_, remainder_end_ - remainder_at_};
  std::span<iovec> pieces(&piece, 1);
  const bool finished = write_inline(pieces);
  if (finished) {
    remainder_.release();
    return true;
  }
  remainder_at_ = remainder_end_ - pieces.front().iov_len;
  return false;
}

void Stream::shutdown_write() noexcept {
  if (tls_ != nullptr) say_goodbye();
  ::shutdown(descriptor_, SHUT_WR);
}

void Stream::reset_on_close() noexcept {
  abrupt_ = true;
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

// ---- connecting ----------------------------------------------------------------------------

Stream::ConnectAwaiter Stream::connected(std::chrono::milliseconds timeout) noexcept {
  connecting_ = true;
  worker_.deadlines_.set(write_deadline_, worker_.now_ + timeout);
  return {*this};
}

void Stream::finish_connect() noexcept {
  connecting_ = false;
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  resume_writer(io_status_from_errno(error));
}

// ---- events --------------------------------------------------------------------------------

void Stream::wait_to_receive(std::coroutine_handle<> reader, SteadyTime until) noexcept {
  reader_ = reader;
  if (until != SteadyTime::max()) worker_.deadlines_.set(read_deadline_, until);
}

void Stream::receive_by(SteadyTime until) noexcept {
  if (!reader_) return;
  DeadlineWheel::clear(read_deadline_);
  if (until != SteadyTime::max()) worker_.deadlines_.set(read_deadline_, until);
}

void Stream::resume_reader(IoStatus status) noexcept {
  receive_status_ = status;
  DeadlineWheel::clear(read_deadline_);
  worker_.schedule(std::exchange(reader_, nullptr));
}

void Stream::resume_writer(IoStatus status) noexcept {
  send_status_ = status;
  DeadlineWheel::clear(write_deadline_);
  worker_.schedule(std::exchange(writer_, nullptr));
}

void Stream::on_writable() noexcept {
  if (!writer_) {
    // What TLS says of its own accord nobody waits for.
    if (tls_ != nullptr && remainder_) flush_remainder();
    return;
  }
  if (connecting_) return finish_connect();
  trust_reader();
  if (flush_remainder()) resume_writer(send_status_);
}

// Writable again: the peer has taken half of what the kernel may hold for it, at least.
void Stream::trust_reader() noexcept {
  if (trusted_reader_ || worker_.now_ - send_waits_since_ > kReaderTakes) return;
  trusted_reader_ = true;
  bound_unsent(descriptor_, kUnsentMaxOfReader);
}

void Stream::prefetch() const noexcept {
  __builtin_prefetch(&read_deadline_);
  if (!reader_) return;
  fetch_lines(reader_.address(), kFrameBytes);
  for (const Memory& memory : context_) fetch_lines(memory);
}

void Stream::on_events(std::uint32_t events) {
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) peer_ended_ = true;
  if (events & (EPOLLHUP | EPOLLERR)) dead_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) on_writable();
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  readable_ = true;
  if (!reader_) {
    if (observer_ != nullptr) observer_->on_unawaited(!dead_);
    return;
  }
  const std::coroutine_handle<> reader = std::exchange(reader_, nullptr);
  const bool received = try_receive();
  reader_ = reader;
  if (received) resume_reader(receive_status_);
}

// ---- deadlines and giving up ---------------------------------------------------------------

void Stream::ReadDeadline::on_deadline() {
  stream.interrupt_receive(IoStatus::timed_out);
}

// What the peer has acknowledged. The kernel calls us writable only when much of its buffer is
// free: our own writes say too little about a reader that goes on reading.
std::int64_t Stream::taken_by_peer() const noexcept {
  int queued = 0;
  if (::ioctl(descriptor_, SIOCOUTQ, &queued) != 0) queued = 0;
  return static_cast<std::int64_t>(bytes_sent_) - queued;
}

// Byte by byte it could hold us for ever: only a real step earns more time (design row 34).
void Stream::WriteDeadline::on_deadline() {
  if (stream.writer_ && !stream.connecting_ &&
      stream.taken_by_peer() - stream.taken_before_ >= kWriteStep)
    return stream.arm_write_deadline();
  stream.cancelled_send_ = IoStatus::timed_out;
  if (stream.writer_) {
    stream.remainder_.release();
    stream.resume_writer(IoStatus::timed_out);
  }
}

void Stream::interrupt_receive(IoStatus why) noexcept {
  if (reader_) resume_reader(why);
}

void Stream::cancel(IoStatus why) noexcept {
  if (cancelled_send_ == IoStatus::ok) cancelled_send_ = why;
  if (cancelled_receive_ == IoStatus::ok) cancelled_receive_ = why;
  if (writer_) {
    remainder_.release();
    resume_writer(cancelled_send_);
  }
  interrupt_receive(cancelled_receive_);
}

}  // namespace sluice::net

// A stream inside TLS. Ciphertext is received straight into OpenSSL's own buffer and decrypted into
// the worker's scratch; what is sent is gathered into whole records, encrypted one behind the other
// into a buffer of the worker, and sent in one call.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include <openssl/bio.h>

#include "net/socket_calls.hpp"
#include "net/stream.hpp"
#include "net/tls/session.hpp"
#include "net/worker.hpp"

namespace sluice::net {

namespace {

constexpr std::size_t kRecordMax = 16 * 1024;  // RFC 8446 section 5.1

}  // namespace

// OpenSSL's way to the stream.
struct TlsTransport {
  static int read(BIO* bio, char* bytes, std::size_t size, std::size_t* count) {
    Stream& stream = *static_cast<Stream*>(BIO_get_data(bio));
    const long got = stream.receive_ciphertext(bytes, size);
    BIO_clear_retry_flags(bio);
    if (got > 0) {
      *count = static_cast<std::size_t>(got);
      return 1;
    }
    if (got < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
    return 0;
  }

  static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
    std::vector<char>& sealed = static_cast<Stream*>(BIO_get_data(bio))->worker_.sealed_;
    sealed.insert(sealed.end(), bytes, bytes + size);
    *count = size;
    return 1;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const it = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "stream");
      BIO_meth_set_read_ex(it, read);
      BIO_meth_set_write_ex(it, write);
      BIO_meth_set_ctrl(it, control);
      return it;
    }();
    return made;
  }
};

void Stream::start_tls(std::unique_ptr<tls::Session> session) {
  if (input_size_ != 0) {
    early_ = worker_.buffers_.take(input_size_);
    std::memcpy(early_.bytes(), input_, input_size_);
    early_at_ = 0;
    early_end_ = input_size_;
    consume(input_size_);
  }
  tls_ = std::move(session);
  BIO* const bio = BIO_new(TlsTransport::method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  tls_->attach(bio);
  bytes_received_ = 0;  // counts what is inside, from here on
}

// ---- reading -------------------------------------------------------------------------------

// -1 with EAGAIN: nothing now. 0: the end. As recv(2).
long Stream::receive_ciphertext(char* bytes, std::size_t size) noexcept {
  if (early_) {
    const std::size_t part = std::min(size, early_end_ - early_at_);
    std::memcpy(bytes, early_.bytes() + early_at_, part);
    early_at_ += part;
    if (early_at_ == early_end_) early_.release();
    return static_cast<long>(part);
  }
  if (!readable_) return errno = EAGAIN, -1;
  for (;;) {
    const ssize_t count = receive_from_socket(descriptor_, bytes, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) readable_ = false;
    if (count > 0 && static_cast<std::size_t>(count) < size && !peer_ended_) readable_ = false;
    return count;
  }
}

bool Stream::try_handshake() noexcept {
  const tls::Session::Step step = tls_->handshake();
  send_sealed();  // an alert, too
  if (step == tls::Session::Step::wants_input) return false;
  receive_status_ = IoStatus::ok;
  if (step == tls::Session::Step::done) return true;
  receive_status_ = cancelled_receive_ = IoStatus::reset;
  if (cancelled_send_ == IoStatus::ok) cancelled_send_ = IoStatus::reset;
  return true;
}

bool Stream::try_receive_tls() noexcept {
  using Step = tls::Session::Step;
  if (!tls_->established()) return try_handshake();
  const std::span<char> room = room_for_input();
  if (room.empty()) {
    receive_status_ = IoStatus::exhausted;
    return true;
  }
  std::size_t filled = 0;
  Step step = Step::done;
  while (step == Step::done && filled < room.size()) {
    std::size_t count = 0;
    step = tls_->read(room.subspan(filled), count);
    filled += count;
  }
  send_sealed();  // an answer to a change of keys
  if (filled > 0) {
    if (!own_) worker_.scratch_owner_ = this;
    input_size_ += filled;
    bytes_received_ += filled;
    receive_status_ = IoStatus::ok;
    return true;
  }
  if (step == Step::wants_input) return false;
  // An end without a farewell may be an attacker's: nobody is to take it for a whole message
  // (RFC 9112 section 9.8).
  receive_status_ = step == Step::closed ? IoStatus::eof : IoStatus::reset;
  cancelled_receive_ = receive_status_;
  return true;
}

bool Stream::tls_is_quiet() const noexcept {
  return !early_ && !tls_->broken() && tls_->nothing_buffered();
}

// ---- writing -------------------------------------------------------------------------------

// Small pieces share a record.
bool Stream::seal(std::span<const iovec> pieces) noexcept {
  using Step = tls::Session::Step;
  std::vector<char>& record = worker_.unsealed_;
  record.clear();
  for (const iovec& piece : pieces) {
    std::span<const char> rest(static_cast<const char*>(piece.iov_base), piece.iov_len);
    while (!rest.empty()) {
      if (record.empty() && rest.size() >= kRecordMax) {
        const std::size_t whole = rest.size() / kRecordMax * kRecordMax;
        if (tls_->write(rest.first(whole)) != Step::done) return false;
        rest = rest.subspan(whole);
        continue;
      }
      const std::size_t part = std::min(rest.size(), kRecordMax - record.size());
      record.insert(record.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(part));
      rest = rest.subspan(part);
      if (record.size() < kRecordMax) continue;
      if (tls_->write(record) != Step::done) return false;
      record.clear();
    }
  }
  return record.empty() || tls_->write(record) == Step::done;
}

void Stream::append_to_remainder(std::span<const char> bytes) {
  const std::size_t left = remainder_end_ - remainder_at_;
  Buffer larger = worker_.buffers_.take(left + bytes.size());
  std::memcpy(larger.bytes(), remainder_.bytes() + remainder_at_, left);
  std::memcpy(larger.bytes() + left, bytes.data(), bytes.size());
  remainder_ = std::move(larger);
  remainder_at_ = 0;
  remainder_end_ = left + bytes.size();
}

// False: not all of it has gone, and what is left is in the remainder.
bool Stream::send_sealed() noexcept {
  std::vector<char>& sealed = worker_.sealed_;
  if (sealed.empty()) return !remainder_;
  bool gone = true;
  if (remainder_) {
    append_to_remainder(sealed);
    gone = false;
  } else {
    iovec piece{sealed.data(), sealed.size()};
    std::span<iovec> pieces(&piece, 1);
    gone = write_inline(pieces);
    if (!gone) keep_remainder(pieces);
  }
  sealed.clear();
  return gone;
}

bool Stream::try_send_tls(std::span<iovec> pieces) noexcept {
  send_status_ = IoStatus::ok;
  if (!seal(pieces)) send_status_ = cancelled_send_ = IoStatus::reset;
  if (send_sealed()) return true;
  send_waits_since_ = worker_.now_;
  arm_write_deadline();
  return false;
}

// Not after a failure, nor where the end is to look like one; and nothing waits for it.
void Stream::say_goodbye() noexcept {
  if (abrupt_ || cancelled_send_ != IoStatus::ok || remainder_) return;
  tls_->say_goodbye();
  send_sealed();
}

}  // namespace sluice::net

#include "tests/support/wire.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/ascii.hpp"

namespace sluice::test {
namespace {

std::string_view trimmed(std::string_view text) {
  return trim_blanks(text);
}

std::optional<std::size_t> parse_size(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

}  // namespace

// ---- WireMessage ---------------------------------------------------------------------------

std::string WireMessage::first_line() const {
  return head.substr(0, head.find("\r\n"));
}

int WireMessage::status() const {
  const std::string line = first_line();
  if (!line.starts_with("HTTP/1.") || line.size() < 12) return 0;
  return static_cast<int>(parse_size(std::string_view(line).substr(9, 3), 10).value_or(0));
}

std::vector<std::string> WireMessage::fields(std::string_view name) const {
  std::vector<std::string> found;
  std::string wanted(name);
  for (char& c : wanted) c = to_lower(c);
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string_view line = std::string_view(head).substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && iequals(line.substr(0, colon), wanted))
      found.emplace_back(trimmed(line.substr(colon + 1)));
    at = end;
  }
  return found;
}

std::optional<std::string> WireMessage::field(std::string_view name) const {
  const auto all = fields(name);
  if (all.empty()) return std::nullopt;
  return all.front();
}

// ---- Wire ----------------------------------------------------------------------------------

Wire Wire::connect(std::uint16_t port, std::string_view host) {
  const bool v6 = host.find(':') != std::string_view::npos;
  const int descriptor = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int status = -1;
  if (v6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    ::inet_pton(AF_INET6, std::string(host).c_str(), &address.sin6_addr);
    status = ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, std::string(host).c_str(), &address.sin_addr);
    status = ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  if (status == 0) return Wire(descriptor);
  ::close(descriptor);
  return Wire(-1);
}

Wire Wire::connect_unix(const std::string& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
    return Wire(descriptor);
  ::close(descriptor);
  return Wire(-1);
}

Wire::Wire(Wire&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      ended_(other.ended_),
      reset_(other.reset_),
      buffer_(std::move(other.buffer_)) {}

Wire& Wire::operator=(Wire&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(ended_, other.ended_);
  std::swap(reset_, other.reset_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

Wire::~Wire() {
  close();
}

void Wire::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void Wire::shutdown_write() {
  ::shutdown(descriptor_, SHUT_WR);
}

void Wire::reset() {
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

bool Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Wire::send_slowly(std::string_view bytes, std::size_t at_a_time) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, at_a_time);
    if (!send(part)) return false;
    bytes.remove_prefix(part.size());
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

bool Wire::wait_readable(std::chrono::milliseconds time) {
  if (!buffer_.empty()) return true;
  pollfd poll{descriptor_, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(time.count())) > 0;
}

bool Wire::fill() {
  if (ended_ || descriptor_ < 0) return false;
  pollfd poll{descriptor_, POLLIN, 0};
  if (::poll(&poll, 1, static_cast<int>(kPatience.count())) <= 0) return false;
  char bytes[65536];
  const ssize_t got = ::recv(descriptor_, bytes, sizeof bytes, 0);
  if (got > 0) {
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  ended_ = true;
  reset_ = got < 0 && errno == ECONNRESET;
  return false;
}

std::string Wire::take(std::size_t size) {
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

std::string Wire::read_exactly(std::size_t size) {
  while (buffer_.size() < size && fill()) {
  }
  return take(size);
}

std::string Wire::read_to_end() {
  while (fill()) {
  }
  return take(buffer_.size());
}

std::string Wire::read_until(std::string_view text) {
  std::size_t at = std::string::npos;
  while ((at = buffer_.find(text)) == std::string::npos && fill()) {
  }
  return take(at == std::string::npos ? buffer_.size() : at + text.size());
}

bool Wire::closed_by_peer() {
  while (fill()) {
  }
  return ended_;
}

WireMessage Wire::read_message(bool no_body) {
  WireMessage message;
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return message;
  message.head = take(end + 4);
  const int status = message.status();
  if (no_body || (status != 0 && (status < 200 || status == 204 || status == 304))) {
    message.complete = true;
    return message;
  }
  if (message.field("Transfer-Encoding")) {
    for (;;) {
      std::size_t line = std::string::npos;
      while ((line = buffer_.find("\r\n")) == std::string::npos)
        if (!fill()) return message;
      const auto size = parse_size(take(line + 2), 16);
      if (!size) return message;
      std::string chunk = read_exactly(*size + 2);
      if (chunk.size() != *size + 2 || !chunk.ends_with("\r\n")) return message;
      chunk.resize(*size);
      message.body += chunk;
      if (*size == 0) break;
    }
    message.complete = true;
  } else if (const auto length = message.field("Content-Length")) {
    const std::size_t size = parse_size(*length, 10).value_or(0);
    message.body = read_exactly(size);
    message.complete = message.body.size() == size;
  } else if (status != 0) {
    message.body = read_to_end();
    message.complete = !reset_;
  } else {
    message.complete = true;
  }
  return message;
}

}  // namespace sluice::test

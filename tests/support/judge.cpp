#include "tests/support/judge.hpp"

#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/wire.hpp"

namespace sluice::test {
namespace {

bool send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// What a client must see to know that the answer is its own.
std::string answer_to(const strict::Message& message, unsigned serial, unsigned connection) {
  const auto ids = message.values_of("x-id");
  const std::string body = "answer " + std::to_string(serial) + "\n";
  return "HTTP/1.1 200 OK\r\nX-Serial: " + std::to_string(serial) +
         "\r\nX-Connection: " + std::to_string(connection) +
         "\r\nX-Id: " + (ids.empty() ? "none" : ids[0]) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         (message.method == "HEAD" ? "" : body);
}

}  // namespace

Judge::Judge() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  ::listen(listener_, 128);
  if (::pipe2(wake_, O_CLOEXEC) != 0) std::abort();
  thread_ = std::thread([this] { run(); });
}

Judge::~Judge() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  for (const auto& [descriptor, connection] : open_) ::close(descriptor);
  ::close(listener_);
  ::close(wake_[0]);
  ::close(wake_[1]);
}

std::string Judge::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void Judge::wake() {
  if (::write(wake_[1], "w", 1) != 1) std::abort();
}

// ---- for the test's thread -----------------------------------------------------------------

void Judge::answer_next_with(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
  script_state_ = ScriptState::armed;
}

bool Judge::await_script() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [this] { return script_state_ == ScriptState::said; });
}

std::vector<Judge::Heard> Judge::take() {
  std::unique_lock lock(mutex_);
  const unsigned look = ++wanted_looks_;
  wake();
  changed_.wait_for(lock, kPatience, [&] { return looks_ >= look; });
  std::vector<Heard> out = std::exchange(heard_, {});
  out.insert(out.end(), unfinished_.begin(), unfinished_.end());
  return out;
}

// ---- its own thread ------------------------------------------------------------------------

// A look is finished when nothing was left to read: only the pipe was ready.
void Judge::run() {
  for (;;) {
    std::vector<pollfd> polls{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [descriptor, connection] : open_) polls.push_back({descriptor, POLLIN, 0});
    ::poll(polls.data(), polls.size(), -1);
    bool busy = (polls[1].revents & POLLIN) != 0;
    if (busy) accept();
    for (std::size_t i = 2; i < polls.size(); ++i) {
      if (polls[i].revents == 0) continue;
      busy = true;
      const auto found = open_.find(polls[i].fd);
      if (serve(found->first, found->second)) continue;
      ::close(found->first);
      open_.erase(found);
    }
    if (!busy && (polls[0].revents & POLLIN) != 0 && !finish_look()) return;
  }
}

// False when it is time to stop.
bool Judge::finish_look() {
  char bytes[64];
  if (::read(wake_[0], bytes, sizeof bytes) <= 0) return false;
  const std::lock_guard lock(mutex_);
  unfinished_.clear();
  for (const auto& [descriptor, connection] : open_)
    if (!connection.buffer.empty())
      unfinished_.push_back({{}, connection.number, 0, "", connection.buffer});
  looks_ = wanted_looks_;
  changed_.notify_all();
  return !stopping_;
}

void Judge::accept() {
  const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor < 0) return;
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  open_[descriptor].number = ++connections_;
}

// False when the connection has ended.
bool Judge::serve(int descriptor, Connection& connection) {
  char bytes[65536];
  const ssize_t got = ::recv(descriptor, bytes, sizeof bytes, 0);
  if (got <= 0) {
    if (!connection.buffer.empty()) note({{}, connection.number, 0, "", connection.buffer});
    return false;
  }
  connection.buffer.append(bytes, static_cast<std::size_t>(got));
  read_messages(descriptor, connection);
  return !connection.ended;
}

void Judge::read_messages(int descriptor, Connection& connection) {
  while (!connection.buffer.empty() && !connection.ended) {
    Script script;
    const bool has_head = connection.buffer.find("\r\n\r\n") != std::string::npos;
    if (has_head && take_script(true, script)) {
      say(descriptor, connection, script);
      continue;
    }
    const strict::Reading reading = strict::read_request(connection.buffer);
    if (reading.verdict == strict::Verdict::incomplete) return;
    if (reading.verdict == strict::Verdict::bad) {
      note({{}, connection.number, 0, reading.why, std::exchange(connection.buffer, {})});
      connection.ended = true;
      return;
    }
    connection.buffer.erase(0, reading.message.size);
    note({reading.message, connection.number, ++serial_, "", ""});
    answer(descriptor, connection, reading.message);
  }
}

void Judge::note(Heard heard) {
  const std::lock_guard lock(mutex_);
  heard_.push_back(std::move(heard));
}

void Judge::answer(int descriptor, Connection& connection, const strict::Message& message) {
  Script script;
  if (take_script(false, script)) return say(descriptor, connection, script);
  send_all(descriptor, answer_to(message, serial_, connection.number));
}

bool Judge::take_script(bool early, Script& out) {
  const std::lock_guard lock(mutex_);
  if (script_state_ != ScriptState::armed || script_.early != early) return false;
  script_state_ = ScriptState::none;
  out = script_;
  return true;
}

void Judge::say(int descriptor, Connection& connection, const Script& script) {
  std::string_view rest = script.bytes;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, script.at_a_time);
    if (!send_all(descriptor, part)) break;
    rest.remove_prefix(part.size());
    between_();
  }
  if (script.resets) {
    const linger now{1, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  connection.ended = script.resets || script.closes;
  const std::lock_guard lock(mutex_);
  script_state_ = ScriptState::said;
  changed_.notify_all();
}

}  // namespace sluice::test

#include "tests/support/name_server.hpp"

#include <chrono>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::test {
namespace {

constexpr std::size_t kHeaderSize = 12;
constexpr unsigned kTypeA = 1;
constexpr unsigned kTypeAaaa = 28;

void append16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8U & 0xffU);
  out += static_cast<char>(value & 0xffU);
}

// The labels of a question joined by dots, and where they end.
std::string name_in(std::string_view packet, std::size_t& at) {
  std::string name;
  while (at < packet.size() && packet[at] != 0) {
    const auto size = static_cast<unsigned char>(packet[at]);
    if (!name.empty()) name += '.';
    name += packet.substr(at + 1, size);
    at += 1 + size;
  }
  ++at;
  return name;
}

void append_record(std::string& out, unsigned type, std::uint32_t ttl, const std::string& text) {
  unsigned char bytes[16];
  const bool v4 = type == kTypeA;
  if (::inet_pton(v4 ? AF_INET : AF_INET6, text.c_str(), bytes) != 1) return;
  append16(out, 0xc000U + kHeaderSize);  // the name of the question
  append16(out, type);
  append16(out, 1);  // IN
  append16(out, ttl >> 16U);
  append16(out, ttl & 0xffffU);
  append16(out, v4 ? 4 : 16);
  out.append(reinterpret_cast<const char*>(bytes), v4 ? 4 : 16);
}

}  // namespace

NameServer::NameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw = reinterpret_cast<sockaddr*>(&loopback);
  socklen_t length = sizeof loopback;
  if (::bind(socket_, raw, length) == 0 && ::getsockname(socket_, raw, &length) == 0)
    port_ = ntohs(loopback.sin_port);
  thread_ = std::thread([this] { run(); });
}

NameServer::~NameServer() {
  ::shutdown(socket_, SHUT_RDWR);  // ends recvfrom()
  thread_.join();
  ::close(socket_);
}

std::string NameServer::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void NameServer::set(const std::string& name, Says says) {
  const std::lock_guard lock(mutex_);
  says_[name] = std::move(says);
  questions_[name] = 0;
}

bool NameServer::await_questions(const std::string& name, unsigned count) {
  std::unique_lock lock(mutex_);
  return asked_.wait_for(lock, std::chrono::seconds(20), [&] { return questions_[name] >= count; });
}

void NameServer::run() {
  for (;;) {
    char packet[512];
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    auto* const raw = reinterpret_cast<sockaddr*>(&peer);
    const ssize_t size = ::recvfrom(socket_, packet, sizeof packet, 0, raw, &length);
    if (size < static_cast<ssize_t>(kHeaderSize)) return;
    const std::string answer = answer_to({packet, static_cast<std::size_t>(size)});
    if (!answer.empty()) ::sendto(socket_, answer.data(), answer.size(), 0, raw, length);
  }
}

std::string NameServer::answer_to(std::string_view question) {
  std::size_t at = kHeaderSize;
  const std::string name = name_in(question, at);
  if (at + 4 > question.size()) return {};
  const unsigned type = static_cast<unsigned char>(question[at + 1]);
  at += 4;
  Says says{{}, 0, false, true};
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = says_.find(name); found != says_.end()) says = found->second;
    if (type == kTypeA) ++questions_[name];
  }
  asked_.notify_all();
  if (!says.answers) return {};
  std::string records;
  unsigned count = 0;
  for (const std::string& address : says.addresses) {
    const std::size_t before = records.size();
    if ((address.find(':') == std::string::npos) == (type == kTypeA))
      append_record(records, type, says.ttl, address);
    if (records.size() != before) ++count;
  }
  std::string out(question.substr(0, 2));
  append16(out, says.exists ? 0x8180U : 0x8183U);
  append16(out, 1);
  append16(out, count);
  append16(out, 0);
  append16(out, 0);
  out += question.substr(kHeaderSize, at - kHeaderSize);
  return out + records;
}

}  // namespace sluice::test

#include "tests/support/scripts.hpp"

#include <cstdio>
#include <thread>

namespace sluice::test {

bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::string get(std::string_view path, std::string_view fields) {
  std::string out = "GET ";
  return out.append(path).append(" HTTP/1.1\r\nHost: shop.example\r\n").append(fields) + "\r\n";
}

std::string post(std::string_view body, std::string_view path, std::string_view fields) {
  std::string out = "POST ";
  out.append(path).append(" HTTP/1.1\r\nHost: shop.example\r\n").append(fields);
  return out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n") +
         std::string(body);
}

std::string ok(std::string_view body, std::string_view fields) {
  std::string out = "HTTP/1.1 200 OK\r\n";
  out.append(fields).append("Content-Length: ").append(std::to_string(body.size()));
  return out.append("\r\n\r\n").append(body);
}

std::string chunk(std::string_view data) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return std::string(size).append(data).append("\r\n");
}

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

std::string kind(const WireMessage& answer) {
  const std::size_t at = answer.body.find("\"kind\":\"");
  if (at == std::string::npos) return "";
  return answer.body.substr(at + 8, answer.body.find('"', at + 8) - at - 8);
}

Origin::Script answer_and_close(std::string response) {
  return [response = std::move(response)](Wire& wire, Origin& origin) {
    const WireMessage request = wire.read_message();
    if (!request.complete) return;
    origin.remember(request);
    wire.send(response);
  };
}

Origin::Script answer_and_hold(std::string response) {
  return [response = std::move(response)](Wire& wire, Origin& origin) {
    const WireMessage request = wire.read_message();
    if (!request.complete) return;
    origin.remember(request);
    wire.send(response);
    wire.read_to_end();
  };
}

Ear::Ear()
    : origin_([this](Wire& wire, Origin&) {
        for (std::string byte = wire.read_exactly(1); !byte.empty(); byte = wire.read_exactly(1)) {
          const std::lock_guard lock(mutex_);
          heard_ += byte;
        }
        ++ended_;
      }) {}

std::string Ear::heard() {
  const std::lock_guard lock(mutex_);
  return heard_;
}

bool Ear::wait_until_left() {
  return eventually([this] { return ended_ == origin_.connections(); });
}

}  // namespace sluice::test

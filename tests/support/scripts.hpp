#pragma once
// What many wire tests need: requests in one line, upstreams that do one odd thing, waiting for a
// condition instead of for a time.
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/support/origin.hpp"
#include "tests/support/wire.hpp"

namespace sluice::test {

// True as soon as `condition` is; false when patience ends first.
bool eventually(const std::function<bool()>& condition);

// "GET /path HTTP/1.1", Host, `fields` ("Name: value\r\n"...), the empty line.
std::string get(std::string_view path = "/", std::string_view fields = "");
std::string post(std::string_view body, std::string_view path = "/", std::string_view fields = "");
std::string ok(std::string_view body = "ok", std::string_view fields = "");
std::string chunk(std::string_view data);
// `size` bytes in which every position can be told from its neighbours.
std::string pattern(std::size_t size);

// What a problem document says was wrong; empty: it is none.
std::string kind(const WireMessage& answer);

// Reads one request, sends `response`, closes.
Origin::Script answer_and_close(std::string response);
// Reads one request, sends `response`, then reads until the other side ends.
Origin::Script answer_and_hold(std::string response);

// An upstream that answers nothing and keeps every byte that it hears.
class Ear {
 public:
  Ear();
  std::string address() const { return origin_.address(); }
  std::string heard();
  // All its connections have ended; what they said is in heard().
  bool wait_until_left();

 private:
  std::mutex mutex_;
  std::string heard_;
  std::atomic<unsigned> ended_{0};
  Origin origin_;
};

}  // namespace sluice::test

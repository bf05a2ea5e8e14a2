#pragma once
// A name server on a loopback UDP port, on a thread of its own, that says what a test wants.
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sluice::test {

class NameServer {
 public:
  struct Says {
    std::vector<std::string> addresses;  // IPv4 to A, IPv6 to AAAA
    std::uint32_t ttl = 60;
    bool exists = true;   // false: NXDOMAIN
    bool answers = true;  // false: silence
  };

  NameServer();
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  std::string address() const;  // "127.0.0.1:5353"
  void set(const std::string& name, Says says);
  // Waits until that many questions for A records of the name have come since set(); false when
  // they do not in 20 s.
  bool await_questions(const std::string& name, unsigned count);

 private:
  void run();
  std::string answer_to(std::string_view question);

  int socket_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::map<std::string, Says> says_;
  std::map<std::string, unsigned> questions_;
  std::thread thread_;
};

}  // namespace sluice::test

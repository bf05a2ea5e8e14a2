#pragma once
// Asks others over HTTP or HTTPS and tells what they answered: each question on a thread of its
// own, so that one who does not answer is in nobody's way.
//
// Thread: made, used and destroyed by one; `done` is called on the question's, or at once when
//         there cannot be one. Path: cold.
#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <thread>

#include "notify/post.hpp"

namespace sluice::notify {

class Caller {
 public:
  using Done = std::function<void(const Answer&)>;
  static constexpr std::size_t kQuestionsMax = 64;  // at once; further ones have no answer

  Caller() = default;
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  // Gives up what has no answer yet, and waits for it.
  ~Caller();

  // A POST.
  void ask(std::string url, std::string json, std::chrono::milliseconds timeout, Done done);
  // A GET; the answer comes with its body.
  void read(std::string url, std::chrono::milliseconds timeout, Done done);

 private:
  struct Question {
    std::thread thread;
    std::atomic<bool> answered{false};
  };
  using Exchange = std::function<Answer(const std::atomic<bool>& cancelled)>;
  void begin(Exchange exchange, Done done);
  void forget_answered();

  std::atomic<bool> cancelled_{false};
  std::list<Question> questions_;
};

}  // namespace sluice::notify

#pragma once
// A page that is drawn over and over, until ctrl-C.
//
// Thread:    one at a time in the process: it takes SIGINT and SIGTERM while it lives.
// Invariant: a terminal is as it was before, however the process ends but by SIGKILL. What is not a
//            terminal gets the pages one below the other, and nothing else.
#include <chrono>
#include <string_view>

#include <signal.h>

namespace sluice::app {

class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(std::string_view page);
  // False when it was ended meanwhile.
  bool wait(std::chrono::milliseconds time) const;

 private:
  bool terminal_;
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

}  // namespace sluice::app

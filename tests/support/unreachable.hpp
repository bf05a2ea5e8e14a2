#pragma once
// A listener whose queue is full: the kernel drops every further SYN, so that a dial hangs.
#include <array>
#include <string>

#include <netinet/in.h>

namespace sluice::test {

class Unreachable {
 public:
  Unreachable();
  ~Unreachable();
  Unreachable(const Unreachable&) = delete;
  Unreachable& operator=(const Unreachable&) = delete;

  std::string address() const;
  // Dials that hang, ours included.
  unsigned hanging() const;

 private:
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&at_); }
  int listener_;
  sockaddr_in at_{};
  std::array<int, 4> queued_{};
};

}  // namespace sluice::test

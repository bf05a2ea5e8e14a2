#include "tests/support/unreachable.hpp"

#include <cstdio>
#include <fstream>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::test {

Unreachable::Unreachable() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  at_.sin_family = AF_INET;
  at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at_;
  ::bind(listener_, raw(), length);
  ::listen(listener_, 0);
  ::getsockname(listener_, raw(), &length);
  for (int& one : queued_) {
    one = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ::connect(one, raw(), sizeof at_);
  }
}

Unreachable::~Unreachable() {
  for (const int one : queued_) ::close(one);
  ::close(listener_);
}

std::string Unreachable::address() const {
  return "127.0.0.1:" + std::to_string(ntohs(at_.sin_port));
}

// Rows of the remote port in state SYN_SENT.
unsigned Unreachable::hanging() const {
  char pattern[16];
  std::snprintf(pattern, sizeof pattern, ":%04X 02 ", ntohs(at_.sin_port));
  std::ifstream table("/proc/net/tcp");
  unsigned rows = 0;
  for (std::string row; std::getline(table, row);) rows += row.find(pattern) < row.size();
  return rows;
}

}  // namespace sluice::test

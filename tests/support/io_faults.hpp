#pragma once
// Makes one chosen socket call of one thread fail, as the kernel could. The calls of the whole test
// program go through here (the program's own definitions come before those of libc and of
// net/socket_calls.cpp); threads that armed nothing notice nothing.
//
// Shape: arm(plan) on the thread whose calls are meant; the plan outlives the thread or disarm().
#include <cstdint>
#include <string>

namespace sluice::test {

enum class IoFault : std::uint8_t {
  reset,     // recv, sendmsg: ECONNRESET; connect: ECONNREFUSED; accept4: EMFILE
  eof,       // recv: 0; sendmsg: EPIPE; connect: ETIMEDOUT
  silence,   // recv: nothing comes any more; sendmsg: nothing is taken; connect: no port is left
  shortened  // recv, sendmsg: one byte, the rest in the next round
};
inline constexpr IoFault kIoFaults[] = {IoFault::reset, IoFault::eof, IoFault::silence,
                                        IoFault::shortened};
const char* to_string(IoFault fault);

// A step is one call of accept4, connect, recv or sendmsg on a stream socket that had something to
// do: what would have said EAGAIN does not count.
struct IoFaultPlan {
  IoFault fault = IoFault::reset;
  unsigned step = 0;  // the step that fails, from 0

  // What became of it. Read them when the thread has ended.
  bool fired = false;
  bool on_upstream = false;
  std::string call;

  // ---- the state of the interposer ----
  unsigned seen = 0;
  int silent = -1;  // descriptor
};

class IoFaults {
 public:
  static void arm(IoFaultPlan* plan);  // null: disarm
};

}  // namespace sluice::test

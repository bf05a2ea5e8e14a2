#pragma once
// One TCP connection with bytes waiting on both sides. Whoever waits for input also sends what is
// still to be sent, so that two ends that both write first cannot block each other.
//
// Thread: one. Shape: poll(2), a thread a connection; a rig should be boring.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ledger {

using Clock = std::chrono::steady_clock;

enum class Arrival : std::uint8_t { bytes, ended, reset, timed_out };

// How a slow peer behaves: so many bytes at a time, a pause after each, so many times.
struct Pace {
  std::size_t at_a_time = 64 * 1024;
  std::chrono::microseconds pause{0};
  unsigned times = 0;
};

class Line {
 public:
  explicit Line(int descriptor);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  std::string_view input() const noexcept { return std::string_view(input_).substr(consumed_); }
  void consume(std::size_t size) noexcept;
  void queue(std::string_view bytes) { output_.append(bytes); }
  // Bytes that the kernel has taken since the beginning.
  std::uint64_t sent() const noexcept { return sent_; }
  bool all_sent() const noexcept { return unsent_ == output_.size(); }

  // Waits for more input, sending meanwhile.
  Arrival more(Clock::time_point until);
  // Sends all that is queued; input that comes meanwhile is kept. False: the peer takes no more.
  bool flush(Clock::time_point until);
  void read_slowly(Pace pace) noexcept { reading_ = pace; }
  void write_slowly(Pace pace) noexcept { writing_ = pace; }

  void shutdown_write() noexcept;
  void reset_on_close() noexcept;  // RST instead of FIN

 private:
  bool wait(short& events, Clock::time_point until);
  void send_some();
  Arrival receive_some();

  int descriptor_;
  std::string input_;
  std::size_t consumed_ = 0;
  std::string output_;
  std::size_t unsent_ = 0;
  std::uint64_t sent_ = 0;
  bool write_broken_ = false;
  Pace reading_;
  Pace writing_;
};

// A connection to 127.0.0.1, or -1.
int connect_to(std::uint16_t port);
// A socket that holds its port. Listens only if told to: one that does not keeps others, and the
// kernel's own choice of ports, off a port whose server is dead at the moment.
int bind_port(std::uint16_t port, bool listens);
std::uint16_t port_of(int descriptor);

}  // namespace ledger

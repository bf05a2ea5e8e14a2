#pragma once
// A blocking socket for tests: raw bytes in, raw bytes out, everything bounded in time.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::test {

inline constexpr std::chrono::milliseconds kPatience{10'000};

// One HTTP/1 message as it came over the wire.
struct WireMessage {
  std::string head;  // with the empty line
  std::string body;  // decoded from its framing
  bool complete = false;

  int status() const;
  std::string first_line() const;
  // First field of that name (any case), trimmed.
  std::optional<std::string> field(std::string_view name) const;
  std::vector<std::string> fields(std::string_view name) const;
};

class Wire {
 public:
  explicit Wire(int descriptor) : descriptor_(descriptor) {}
  static Wire connect(std::uint16_t port, std::string_view host = "127.0.0.1");
  static Wire connect_unix(const std::string& path);
  Wire(Wire&& other) noexcept;
  Wire& operator=(Wire&& other) noexcept;
  ~Wire();

  bool open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

  // False when the peer does not take it all.
  bool send(std::string_view bytes);
  // One byte, two, three ... a time, with a pause so that each arrives alone.
  bool send_slowly(std::string_view bytes, std::size_t at_a_time);
  void shutdown_write();
  void reset();  // RST
  void close();

  // Reads until `size` bytes are there, the peer ends, or patience does. Leftover stays inside.
  std::string read_exactly(std::size_t size);
  std::string read_to_end();
  // Everything up to and including `text`; what there is when it does not come.
  std::string read_until(std::string_view text);
  // False if nothing came and the connection stayed open for `time`.
  bool wait_readable(std::chrono::milliseconds time);
  bool closed_by_peer();  // waits for EOF or RST; true when it came
  // Reads one message and decodes its body. `no_body`: answer to HEAD.
  WireMessage read_message(bool no_body = false);
  bool was_reset() const { return reset_; }
  const std::string& leftover() const { return buffer_; }

 private:
  bool fill();
  std::string take(std::size_t size);

  int descriptor_ = -1;
  bool ended_ = false;
  bool reset_ = false;
  std::string buffer_;
};

}  // namespace sluice::test

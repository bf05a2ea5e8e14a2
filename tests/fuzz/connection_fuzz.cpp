// The bytes of a whole client connection, several requests with their bodies, taken apart with the
// parts that ClientConnection is made of, in the way it does: where the bytes are cut changes
// nothing, and what is written for the upstream reads there, by a checker that shares no code with
// us, as the same message. The first eight bytes choose the cuts.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/http1/chunked.hpp"
#include "proxy/http1/head_parser.hpp"
#include "proxy/http1/head_writer.hpp"
#include "proxy/request_policy.hpp"
#include "tests/fuzz/head.hpp"
#include "tests/support/strict_http.hpp"

namespace {

using namespace sluice::proxy;
using namespace sluice::proxy::http1;
using namespace sluice::fuzz;
namespace strict = sluice::test::strict;

constexpr unsigned kEmptyLinesMax = 8;

// A request as an upstream gets it.
struct Sent {
  std::string head;
  std::string body;
  bool operator==(const Sent&) const = default;
};

class Connection {
 public:
  void feed(std::string_view bytes) {
    buffer_.append(bytes);
    while (state_ != State::closed && step()) {
    }
  }

  // What must not depend on the cuts. A body that turned out broken may have got so far or so far.
  std::vector<Sent> whole;
  Sent begun;
  std::string refusal;

 private:
  enum class State { head, body, closed };

  // False: more bytes are needed.
  bool step() { return state_ == State::head ? take_head() : take_body(); }

  bool refuse(std::string_view why) {
    refusal = why;
    begun = {};
    state_ = State::closed;
    return true;
  }

  bool take_head() {
    while (empty_lines_ < kEmptyLinesMax && buffer_.starts_with("\r\n")) {
      buffer_.erase(0, 2);
      ++empty_lines_;
    }
    if (buffer_.empty() || buffer_ == "\r") return false;
    if (!sluice::is_token_char(buffer_.front()))
      return refuse(to_string(HeadProblem::bad_first_line));
    const HeadScan::Found found = scan_.scan(buffer_, kLimits);
    if (found == HeadScan::Found::incomplete) return false;
    if (found == HeadScan::Found::bad) return refuse(to_string(scan_.problem()));
    const std::string_view bytes = std::string_view(buffer_).substr(0, scan_.head_size());
    const HeadProblem problem = parse_request_head(bytes, kLimits, head_);
    if (problem != HeadProblem::none) return refuse(to_string(problem));
    const PolicyVerdict verdict = apply_request_policy(head_);
    if (verdict.failure != FailureKind::none) return refuse(verdict.detail);
    begin_request(scan_.head_size());
    return true;
  }

  void begin_request(std::size_t head_size) {
    begun = {forwarded(head_, head_.authority.empty() ? "blue" : head_.authority), ""};
    framing_ = head_.body;
    left_ = framing_ == BodyFraming::length ? head_.content_length : 0;
    decoder_ = ChunkedDecoder();
    keep_alive_ = head_.keep_alive;
    buffer_.erase(0, head_size);
    scan_.reset();
    empty_lines_ = 0;
    state_ = State::body;
  }

  bool take_body() {
    if (framing_ == BodyFraming::chunked) return take_chunks();
    const std::size_t size = std::min<std::uint64_t>(left_, buffer_.size());
    begun.body.append(buffer_, 0, size);
    buffer_.erase(0, size);
    left_ -= size;
    return left_ == 0 && end_request();
  }

  bool take_chunks() {
    std::vector<char> bytes(buffer_.begin(), buffer_.end());
    const ChunkedDecoder::Step step = decoder_.decode(bytes);
    begun.body.append(bytes.data(), step.produced);
    buffer_.erase(0, step.consumed);
    if (step.status == ChunkedDecoder::Status::bad) return refuse("malformed chunked body");
    return step.status == ChunkedDecoder::Status::done && end_request();
  }

  bool end_request() {
    check();
    whole.push_back(std::exchange(begun, {}));
    state_ = keep_alive_ ? State::head : State::closed;
    return true;
  }

  void check() const;

  State state_ = State::head;
  std::string buffer_;
  HeadScan scan_;
  static inline RequestHead head_;
  BodyFraming framing_ = BodyFraming::none;
  std::uint64_t left_ = 0;
  ChunkedDecoder decoder_;
  bool keep_alive_ = true;
  unsigned empty_lines_ = 0;
};

// `begun` is whole: its upstream must see it so.
void Connection::check() const {
  std::string sent = begun.head;
  if (framing_ == BodyFraming::chunked)
    append_chunks(begun.body, sent);
  else
    sent += begun.body;
  const std::string next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
  const strict::Reading reading = strict::read_request(sent + next);
  if (reading.verdict != strict::Verdict::whole)
    std::fprintf(stderr, "%s\n%s\n", sent.c_str(), reading.why.c_str());
  must(reading.verdict == strict::Verdict::whole, "the upstream would not read it");
  must(reading.message.size == sent.size(), "the upstream would see another end");
  must(reading.message.body == begun.body, "the upstream would see another body");
  must(begun.head.starts_with(reading.message.first_line + "\r\n"), "another request line");
}

Connection served(std::string_view stream, const std::vector<std::size_t>& cuts) {
  Connection connection;
  std::size_t at = 0;
  for (const std::size_t cut : cuts) {
    if (cut <= at || cut >= stream.size()) continue;
    connection.feed(stream.substr(at, cut - at));
    at = cut;
  }
  connection.feed(stream.substr(at));
  return connection;
}

void must_agree(const Connection& left, const Connection& right) {
  must(left.whole == right.whole, "the cuts decide what the requests are");
  must(left.begun == right.begun, "the cuts decide what has begun");
  must(left.refusal == right.refusal, "the cuts decide what is refused");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kCuts = 8;
  if (size <= kCuts) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + kCuts, size - kCuts);
  std::vector<std::size_t> cuts;
  for (std::size_t i = 0; i < kCuts; i += 2)
    cuts.push_back((data[i] | (data[i + 1] << 8U)) % stream.size());
  std::sort(cuts.begin(), cuts.end());
  const Connection whole = served(stream, {});
  must_agree(served(stream, cuts), whole);
  std::vector<std::size_t> everywhere;
  for (std::size_t at = 1; at < stream.size(); ++at) everywhere.push_back(at);
  must_agree(served(stream, everywhere), whole);
  return 0;
}

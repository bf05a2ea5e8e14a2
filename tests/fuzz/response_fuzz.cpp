// The bytes of an upstream that answers one request, taken apart with the parts that
// UpstreamChannel is made of, in the way it does: where the bytes are cut changes nothing, and what
// is written for the client reads there, by a checker that shares no code with us, as the same
// response. The first byte says what was asked, four more choose the cuts.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/http1/chunked.hpp"
#include "proxy/http1/head_parser.hpp"
#include "proxy/http1/head_writer.hpp"
#include "proxy/response_policy.hpp"
#include "tests/fuzz/head.hpp"
#include "tests/support/strict_http.hpp"

namespace {

using namespace sluice::proxy;
using namespace sluice::proxy::http1;
using namespace sluice::fuzz;
namespace strict = sluice::test::strict;

struct Question {
  Method method;
  bool http_1_0;
  std::string_view offered;
};

class Upstream {
 public:
  explicit Upstream(const Question& question) : question_(question) {}

  void feed(std::string_view bytes) {
    buffer_.append(bytes);
    while (state_ == State::head && take_head()) {
    }
    if (state_ == State::body) take_body();
  }

  // What must not depend on the cuts.
  struct Result {
    std::string heads;  // as written for the client
    std::string body;
    std::string problem;
    bool finished = false;
    bool reusable = false;
    bool operator==(const Result&) const = default;
  };
  Result end() {
    if (framing_ == BodyFraming::until_close && state_ == State::body) {
      out_.finished = true;
      check();
    }
    out_.reusable = out_.finished && keep_alive_ && buffer_.empty();
    if (!out_.problem.empty()) out_.body.clear();  // had come so far or so far
    return out_;
  }

 private:
  enum class State { head, body, ended };

  bool fail(std::string_view why) {
    out_.problem = why;
    state_ = State::ended;
    return false;
  }

  // True: there may be another head behind this one.
  bool take_head() {
    const HeadScan::Found found = scan_.scan(buffer_, kLimits);
    if (found == HeadScan::Found::incomplete) return false;
    if (found == HeadScan::Found::bad) return fail(to_string(scan_.problem()));
    const std::string bytes = buffer_.substr(0, scan_.head_size());
    const HeadProblem problem = parse_response_head(bytes, kLimits, head_);
    if (problem != HeadProblem::none) return fail(to_string(problem));
    const std::string_view detail =
        apply_response_policy(head_, question_.method, question_.offered);
    if (!detail.empty()) return fail(detail);
    buffer_.erase(0, scan_.head_size());
    scan_.reset();
    const bool informational = head_.status < 200 && head_.status != 101;
    if (!informational || !question_.http_1_0) write(informational);
    if (informational) return true;
    state_ = State::body;
    return false;
  }

  // As ClientConnection chooses it.
  void write(bool informational) {
    static const sluice::routing::HeaderEdits edits;
    framing_ = head_.body;
    keep_alive_ = head_.keep_alive && head_.status != 101;
    left_ = framing_ == BodyFraming::length ? head_.content_length : 0;
    sent_framing_ = framing_;
    if (framing_ == BodyFraming::chunked || framing_ == BodyFraming::until_close)
      sent_framing_ = question_.http_1_0 ? BodyFraming::until_close : BodyFraming::chunked;
    Persistence persistence = Persistence::implied;
    if (head_.status == 101)
      persistence = Persistence::upgrade;
    else if (!informational && question_.http_1_0)
      persistence = Persistence::close;
    const ResponseImage image{head_, sent_framing_, persistence, edits, {}};
    std::vector<char> bytes(response_bound(image));
    out_.heads.append(bytes.data(), write_response(image, bytes.data()));
  }

  void take_body() {
    if (framing_ == BodyFraming::chunked) return take_chunks();
    const std::size_t size = framing_ == BodyFraming::until_close
                                 ? buffer_.size()
                                 : std::min<std::uint64_t>(left_, buffer_.size());
    out_.body.append(buffer_, 0, size);
    buffer_.erase(0, size);
    left_ -= framing_ == BodyFraming::until_close ? 0 : size;
    if (left_ == 0 && framing_ != BodyFraming::until_close) finish();
  }

  void take_chunks() {
    std::vector<char> bytes(buffer_.begin(), buffer_.end());
    const ChunkedDecoder::Step step = decoder_.decode(bytes);
    out_.body.append(bytes.data(), step.produced);
    buffer_.erase(0, step.consumed);
    if (step.status == ChunkedDecoder::Status::bad) fail("malformed chunked body");
    if (step.status == ChunkedDecoder::Status::done) finish();
  }

  void finish() {
    out_.finished = true;
    state_ = State::ended;
    check();
  }
  void check() const;

  Question question_;
  State state_ = State::head;
  std::string buffer_;
  HeadScan scan_;
  static inline ResponseHead head_;
  BodyFraming framing_ = BodyFraming::none;
  BodyFraming sent_framing_ = BodyFraming::none;
  std::uint64_t left_ = 0;
  ChunkedDecoder decoder_;
  bool keep_alive_ = false;
  Result out_;
};

// A whole response: its client must see it so, behind whatever informational ones.
void Upstream::check() const {
  std::string sent = out_.heads;
  if (sent_framing_ == BodyFraming::chunked)
    append_chunks(out_.body, sent);
  else
    sent += out_.body;
  const std::string next = sent_framing_ == BodyFraming::until_close
                               ? ""
                               : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const strict::Asked asked{.method = question_.method == Method::head ? "HEAD" : "GET",
                            .http_1_0 = question_.http_1_0,
                            .ended = true};
  const std::string all = sent + next;
  std::string_view rest = all;
  strict::Reading reading;
  do {
    reading = strict::read_response(rest, asked);
    if (reading.verdict != strict::Verdict::whole)
      std::fprintf(stderr, "%s\n%s\n", sent.c_str(), reading.why.c_str());
    must(reading.verdict == strict::Verdict::whole, "the client would not read it");
    rest.remove_prefix(reading.message.size);
  } while (reading.message.status < 200 && reading.message.status != 101);
  must(rest == next, "the client would see another end");
  must(reading.message.body == out_.body, "the client would see another body");
}

Upstream::Result answered(const Question& question, std::string_view stream, std::size_t first,
                          std::size_t step) {
  Upstream upstream(question);
  for (std::size_t at = 0; at < stream.size();) {
    const std::string_view part = stream.substr(at, at == 0 ? first : step);
    upstream.feed(part);
    at += part.size();
  }
  return upstream.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kPrefix = 5;
  if (size <= kPrefix) return 0;
  const bool http_1_0 = (data[0] & 4) != 0;  // then nothing is offered
  const Question question{(data[0] & 1) != 0 ? Method::head : Method::get, http_1_0,
                          (data[0] & 2) != 0 && !http_1_0 ? "websocket, x" : ""};
  const std::string_view stream(reinterpret_cast<const char*>(data) + kPrefix, size - kPrefix);
  const std::size_t first = (data[1] | (data[2] << 8U)) % stream.size() + 1;
  const std::size_t step = (data[3] | (data[4] << 8U)) % stream.size() + 1;
  const Upstream::Result whole = answered(question, stream, size, size);
  must(answered(question, stream, first, step) == whole, "the cuts decide what the answer is");
  must(answered(question, stream, 1, 1) == whole, "every byte alone is another answer");
  return 0;
}

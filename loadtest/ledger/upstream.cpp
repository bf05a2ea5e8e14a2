#include "loadtest/ledger/upstream.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <thread>

#include <sys/socket.h>

#include "loadtest/ledger/message.hpp"
#include "loadtest/ledger/mischief.hpp"
#include "loadtest/ledger/upstream_log.hpp"

namespace ledger {
namespace {

constexpr std::chrono::hours kForEver{24};
constexpr std::chrono::milliseconds kTooLate{1'500};  // beyond the proxy's response_timeout
constexpr std::size_t kOneSegment = 8 * 1024;
constexpr std::string_view kLastChunk = "0\r\n\r\n";

struct Request {
  Method method = Method::get;
  std::uint64_t id = 0;
  BodyPlan body;
};

class Session {
 public:
  Session(const UpstreamOptions& options, UpstreamLog& log, int descriptor)
      : options_(options), log_(log), line_(descriptor) {}

  void run() {
    while (serve_one()) {
    }
  }

 private:
  bool serve_one();
  bool understand(const Head& head, Request& request);
  bool misbehave_unread(Mischief mischief, std::uint64_t id);
  bool receive_body(const Request& request, std::uint64_t& hash);
  bool answer(const Request& request, std::uint64_t hash, Mischief mischief, Dice& dice);
  bool send_broken(const std::string& head, const std::string& body, Mischief mischief);
  std::string response_head(const Request& request, std::uint64_t hash, Mischief mischief) const;
  bool send(std::string_view bytes);
  bool garbled(std::uint64_t id);

  const UpstreamOptions& options_;
  UpstreamLog& log_;
  Line line_;
};

bool Session::send(std::string_view bytes) {
  line_.queue(bytes);
  return line_.flush(Clock::now() + kForEver);
}

bool Session::garbled(std::uint64_t id) {
  log_.write(Event::garbled, Method::get, id, 0);
  return false;
}

// The id stands in the path and in a field: a head put together from two requests is seen.
bool Session::understand(const Head& head, Request& request) {
  std::string_view rest = head.first_line;
  const auto method = find_method(cut_word(rest, ' '));
  std::string_view path = cut_word(rest, ' ');
  const auto field = head.field("x-ledger-id");
  if (!method || !field || !path.starts_with("/r/") || rest != "HTTP/1.1") return false;
  const auto id = whole_number(path.substr(3));
  if (!id || whole_number(*field) != id) return false;
  request = {*method, *id, plan_body(head, false, false, 0)};
  return !request.body.malformed;
}

bool Session::serve_one() {
  const HeadRead read = read_head(line_, Clock::now() + kForEver);
  if (read.ending == Ending::nothing || read.ending == Ending::cut) return false;
  Request request;
  if (read.ending != Ending::whole || !understand(read.head, request)) return garbled(0);
  Dice dice(options_.mischief ^ mix(request.id));
  const Mischief mischief = options_.mischief == 0 ? Mischief::none : draw_mischief(dice);
  log_.write(Event::arrived, request.method, request.id, 0);
  if (misbehave_unread(mischief, request.id)) return false;
  std::uint64_t hash = 0;
  if (!receive_body(request, hash)) return false;
  log_.write(Event::processed, request.method, request.id, hash);
  return answer(request, hash, mischief, dice);
}

bool Session::misbehave_unread(Mischief mischief, std::uint64_t id) {
  if (mischief == Mischief::answer_unread)
    send("HTTP/1.1 413 Content Too Large\r\nX-Ledger-Id: " + std::to_string(id) +
         "\r\nContent-Length: 0\r\n\r\n");
  else if (mischief == Mischief::reset_unread)
    line_.reset_on_close();
  else if (mischief != Mischief::close_unread)
    return false;
  return true;
}

bool Session::receive_body(const Request& request, std::uint64_t& hash) {
  BodyHash body;
  const auto add = [&](std::string_view piece) { return body.add(piece), true; };
  const Ending ending = read_body(line_, request.body, Clock::now() + kForEver, add);
  if (ending == Ending::malformed) return garbled(request.id);
  hash = body.value();
  return ending == Ending::whole;
}

std::string Session::response_head(const Request& request, std::uint64_t hash,
                                   Mischief mischief) const {
  const char* const status =
      mischief == Mischief::server_error ? "503 Service Unavailable" : "200 OK";
  char head[256];
  std::snprintf(head, sizeof head,
                "HTTP/1.1 %s\r\nX-Ledger-Id: %" PRIu64 "\r\nX-Ledger-Hash: %016" PRIx64
                "\r\nX-Ledger-By: %s\r\n%s",
                status, request.id, hash, options_.name.c_str(),
                mischief == Mischief::last_answer ? "Connection: close\r\n" : "");
  return head;
}

bool Session::answer(const Request& request, std::uint64_t hash, Mischief mischief, Dice& dice) {
  if (mischief == Mischief::close_unanswered) return false;
  if (mischief == Mischief::late)
    std::this_thread::sleep_for(std::chrono::milliseconds(dice.between(1, 50)));
  if (mischief == Mischief::too_late) std::this_thread::sleep_for(kTooLate);
  const Content content(options_.run, request.id, Direction::response);
  std::string body = content.bytes(content.response_size());
  std::string head = response_head(request, hash, mischief);
  const bool chunked = mischief == Mischief::bad_chunk || dice.chance_in_10000(3'000);
  if (chunked) {
    head += "Transfer-Encoding: chunked\r\n\r\n";
    if (mischief == Mischief::bad_chunk) body.resize(body.size() / 2);
    body = in_chunks(body, dice.between(1 + body.size() / 20, 1 + body.size()));
  } else {
    head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  }
  if (request.method == Method::head) body.clear();
  if (mischief >= Mischief::half_a_head && mischief <= Mischief::extra_answer)
    return send_broken(head, body, mischief);
  return send(head + body) && mischief != Mischief::last_answer &&
         mischief != Mischief::hidden_close;
}

bool Session::send_broken(const std::string& head, const std::string& body, Mischief mischief) {
  // The poison arrives with the answer, in one segment. What arrives later, when the connection
  // may be in use again, no proxy could tell from an answer.
  if (mischief == Mischief::extra_answer) {
    const bool together = head.size() + body.size() < kOneSegment;
    return send(head + body +
                (together ? "HTTP/1.1 200 OK\r\nX-Ledger-Id: 0\r\nContent-Length: 0\r\n\r\n" : ""));
  }
  if (mischief == Mischief::half_a_head)
    send(std::string_view(head).substr(0, head.size() / 2));
  else if (mischief == Mischief::bad_chunk && !body.empty())
    send(head + body.substr(0, body.size() - kLastChunk.size()) + "no size\r\n");
  else
    send(head + body.substr(0, body.size() / 2));
  if (mischief == Mischief::reset_in_body) line_.reset_on_close();
  return false;
}

}  // namespace

int serve_upstream(const UpstreamOptions& options) {
  UpstreamLog log(options.log);
  const int listener = bind_port(options.port, true);
  if (listener < 0) return std::perror("ledger upstream: listen"), 1;
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    std::thread([&options, &log, descriptor] { Session(options, log, descriptor).run(); }).detach();
  }
}

}  // namespace ledger

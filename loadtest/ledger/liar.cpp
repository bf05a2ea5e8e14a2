#include "loadtest/ledger/liar.hpp"

#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>

#include <sys/socket.h>

#include "loadtest/ledger/content.hpp"
#include "loadtest/ledger/entry.hpp"
#include "loadtest/ledger/message.hpp"

namespace ledger {
namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::uint64_t kOneIn = 40;

struct Message {
  Head head;
  std::string body;
  bool whole = false;
};

struct Liar {
  const LiarOptions& options;
  std::atomic<std::uint64_t> turn{0};
  std::mutex mutex;
  Message kept;  // an answer that somebody has had

  bool lies(const char* lie) { return options.lie == lie && ++turn % kOneIn == 0; }
};

Message receive(Line& line, bool is_response, bool answers_head) {
  const Clock::time_point until = Clock::now() + kPatience;
  HeadRead read = read_head(line, until);
  Message out;
  if (read.ending != Ending::whole) return out;
  const BodyPlan plan = plan_body(read.head, is_response, answers_head, 0);
  const auto keep = [&](std::string_view piece) { return out.body.append(piece), true; };
  out.head = std::move(read.head);
  out.whole = read_body(line, plan, until, keep) == Ending::whole;
  return out;
}

std::string compose(const Message& message, bool has_body) {
  std::string text = message.head.first_line + "\r\n";
  for (const auto& [name, value] : message.head.fields)
    if (name != "content-length" && name != "transfer-encoding" && name != "connection")
      text.append(name).append(": ").append(value).append("\r\n");
  if (has_body) text += "content-length: " + std::to_string(message.body.size()) + "\r\n";
  return text + "\r\n" + message.body;
}

void shorten(Message& answer) {
  if (answer.body.size() > 20) answer.body.resize(answer.body.size() - 10);
}

Message invent(const Liar& liar, const Message& request) {
  const auto id = whole_number(request.head.field("x-ledger-id").value_or("")).value_or(0);
  const Content content(liar.options.run, id, Direction::response);
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016" PRIx64, hash_of(request.body));
  Message answer;
  answer.head.first_line = "HTTP/1.1 200 OK";
  answer.head.fields = {
      {"x-ledger-id", std::to_string(id)}, {"x-ledger-hash", hash}, {"x-ledger-by", "blue.1"}};
  answer.body = content.bytes(content.response_size());
  answer.whole = true;
  return answer;
}

Message ask(const Liar& liar, const Message& request, std::uint64_t which) {
  const int descriptor = connect_to(liar.options.upstreams[which % liar.options.upstreams.size()]);
  if (descriptor < 0) return {};
  Line line(descriptor);
  line.queue(compose(request, !request.body.empty()));
  return receive(line, true, request.head.first_line.starts_with("HEAD "));
}

Message answer_to(Liar& liar, const Message& request, std::uint64_t which) {
  if (liar.lies("invent")) return invent(liar, request);
  Message answer = ask(liar, request, which);
  if (!answer.whole && liar.options.lie == "resend") answer = ask(liar, request, which + 1);
  if (!answer.whole) return answer;
  if (liar.lies("shorten")) shorten(answer);
  if (liar.options.lie != "swap") return answer;
  const std::lock_guard lock(liar.mutex);
  if (liar.kept.whole && liar.lies("swap"))
    std::swap(answer, liar.kept);
  else
    liar.kept = answer;
  return answer;
}

void serve(Liar& liar, int descriptor) {
  Line line(descriptor);
  for (std::uint64_t which = static_cast<std::uint64_t>(descriptor);; ++which) {
    Message request = receive(line, false, false);
    if (!request.whole && (request.head.first_line.empty() || liar.options.lie != "finish")) return;
    const bool is_head = request.head.first_line.starts_with("HEAD ");
    Message answer = answer_to(liar, request, which);
    if (!answer.whole) answer.head.first_line = "HTTP/1.1 502 Bad Gateway";
    if (!answer.whole) answer.head.fields.clear(), answer.body.clear();
    if (is_head) answer.body.clear();
    line.queue(compose(answer, !is_head));
    if (!line.flush(Clock::now() + kPatience)) return;
  }
}

}  // namespace

int serve_liar(const LiarOptions& options) {
  const int listener = bind_port(0, true);
  if (listener < 0) return std::perror("ledger liar: listen"), 1;
  std::printf("listener edge on 127.0.0.1:%u\nready\n", port_of(listener));
  std::fflush(stdout);
  Liar liar{.options = options, .mutex = {}, .kept = {}};
  for (;;) {
    const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) std::thread([&liar, descriptor] { serve(liar, descriptor); }).detach();
  }
}

}  // namespace ledger

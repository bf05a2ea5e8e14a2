// The same conversation over and over, with the first socket call of the proxy failing, then the
// second, and so on: whichever it is, nothing leaks, nobody is told a lie, everything is logged
// once and blamed on the right side.
#include <atomic>
#include <filesystem>
#include <future>
#include <sstream>
#include <thread>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "proxy/failure.hpp"
#include "tests/support/io_faults.hpp"
#include "tests/support/process.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

constexpr unsigned kStepsMax = 300;
constexpr unsigned kBatch = 8;

struct Expected {
  std::string request;
  std::string body;  // of the response; for a tunnel: what comes back through it
  int status = 200;
  std::string later = {};  // the rest of the request, sent once the proxy has seen what came before
};

struct Conversation {
  const char* name;
  std::vector<Expected> exchanges;
  Origin::Script upstream;
  std::string tunnelled = {};  // sent after a 101
  bool retried = false;        // at a second upstream
};

void PrintTo(const Conversation& conversation, std::ostream* out) {
  *out << conversation.name;
}

// What the client of one run got.
struct Heard {
  unsigned sent = 0;
  std::vector<WireMessage> answers;  // whole ones
  bool right = true;                 // all of them, and what was expected
};

struct Line {
  int status = 0;
  std::string failure;
};

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

proxy::Blame blame_of(const std::string& label) {
  for (const proxy::Treatment& treatment : proxy::kTreatments)
    if (treatment.label == label) return treatment.blame;
  return proxy::Blame::nobody;
}

std::string describe(const IoFaultPlan& plan) {
  return std::string(to_string(plan.fault)) + " at step " + std::to_string(plan.step) + ": " +
         plan.call + (plan.on_upstream ? " upstream" : " client");
}

// Whoever is silent must be waited for; anybody else has all the time that a loaded machine needs.
// There is one place at the endpoint: if a failure kept it, nobody would be served any more.
std::string configuration(const Conversation& conversation, const std::string& upstream,
                          IoFault fault) {
  const std::string time = fault == IoFault::silence ? "600ms" : "20s";
  const std::string patience =
      ", response_timeout: " + time +
      ", limits: { max_connections: 1, max_requests: 1, max_pending: 0 } }";
  return "listeners: [{ bind: \"127.0.0.1:0\", timeouts: { header: " + time + ", idle: " + time +
         ", body: " + time + ", write: " + time + " } }]\nupstreams:\n  blue: { endpoints: [\"" +
         upstream + "\"]" + patience + "\n  green: { endpoints: [\"" + upstream + "\"]" + patience +
         "\nroutes: [{ split: { blue: 1 }, timeouts: { tunnel: " + time + " }" +
         (conversation.retried ? ", retry: { other_upstream: green }" : "") + " }]\n";
}

class Run {
 public:
  Run(const Conversation& conversation, IoFaultPlan& plan)
      : conversation_(conversation), plan_(plan), origin_(conversation.upstream) {}

  void play() {
    Proxy proxy("access_log: { path: " + (folder_ / "log").string() + " }\n" +
                configuration(conversation_, origin_.address(), plan_.fault));
    on_worker(proxy, [this] { IoFaults::arm(&plan_); });
    talk(proxy);
    EXPECT_TRUE(eventually([&] { return is_quiet(proxy); }))
        << "a session is stuck after " << describe(plan_);
    const auto* const endpoint = proxy.plane().shards()[0]->endpoints.find(0);
    idle_ = endpoint == nullptr ? 0 : endpoint->connections_idle.load();
    on_worker(proxy, [] { IoFaults::arm(nullptr); });
    const Expected& first = conversation_.exchanges[0];
    EXPECT_EQ(proxy.ask(first.request + first.later).status(), first.status)
        << "the proxy has not recovered";
    proxy.stop();
    read_lines();
  }

  const Heard& heard() const { return heard_; }
  const std::vector<Line>& lines() const { return lines_; }
  std::uint64_t idle_connections() const { return idle_; }  // afterwards, in the pool

 private:
  static void on_worker(Proxy& proxy, const std::function<void()>& function) {
    std::promise<void> done;
    proxy.on_worker([&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }

  void talk(Proxy& proxy) {
    Wire wire = proxy.connect();
    for (const Expected& expected : conversation_.exchanges) {
      ++heard_.sent;
      wire.send(expected.request);
      if (!expected.later.empty()) {
        on_worker(proxy, [] {});
        wire.send(expected.later);
      }
      const WireMessage answer = wire.read_message();
      heard_.right &= answer.complete && is_right(answer, expected);
      if (!answer.complete) return;
      heard_.answers.push_back(answer);
      if (answer.field("Connection") == "close") return;
    }
    if (conversation_.tunnelled.empty() || !heard_.right) return;
    wire.send(conversation_.tunnelled);
    heard_.right = wire.read_exactly(conversation_.tunnelled.size()) == conversation_.tunnelled;
  }

  // A whole answer is what the upstream said, or a problem of ours. Anything else is a lie.
  static bool is_right(const WireMessage& answer, const Expected& expected) {
    if (answer.status() == expected.status) {
      EXPECT_TRUE(answer.body == expected.body) << answer.head;
      return answer.body == expected.body;
    }
    EXPECT_EQ(answer.field("Content-Type"), "application/problem+json") << answer.head;
    return false;
  }

  static bool is_quiet(Proxy& proxy) {
    if (proxy.plane().listeners().front()->address->admission().connections() != 0) return false;
    for (const std::uint32_t slot : {0U, 1U}) {
      const auto* const endpoint = proxy.plane().shards()[0]->endpoints.find(slot);
      if (endpoint != nullptr && endpoint->connections_active.load() != 0) return false;
    }
    return true;
  }

  void read_lines() {
    std::istringstream in(read_file((folder_ / "log").string()));
    for (std::string text; std::getline(in, text);) {
      const boost::json::object line = boost::json::parse(text).as_object();
      const auto* const failure = line.if_contains("failure");
      lines_.push_back({static_cast<int>(line.at("status").as_int64()),
                        failure == nullptr ? "" : std::string(failure->as_string())});
    }
    ASSERT_FALSE(lines_.empty());
    lines_.pop_back();  // of the question whether it has recovered
  }

  const Conversation& conversation_;
  IoFaultPlan& plan_;
  TempFolder folder_;
  Origin origin_;
  Heard heard_;
  std::vector<Line> lines_;
  std::uint64_t idle_ = 0;
};

// ---- what must hold whatever failed ------------------------------------------------------------

void check_lines(const Run& run, const IoFaultPlan& plan) {
  const std::size_t answered = run.heard().answers.size();
  EXPECT_LE(run.lines().size(), run.heard().sent);
  EXPECT_GE(run.lines().size(), answered);
  // A client that was cut off in its head has not asked for anything yet.
  if (!plan.fired || plan.on_upstream) {
    EXPECT_EQ(run.lines().size(), run.heard().sent);
  }
  for (std::size_t i = 0; i < std::min(answered, run.lines().size()); ++i)
    EXPECT_EQ(run.heard().answers[i].status(), run.lines()[i].status);
  for (const Line& line : run.lines()) {
    const proxy::Blame wrong = plan.on_upstream ? proxy::Blame::client : proxy::Blame::upstream;
    EXPECT_NE(blame_of(line.failure), wrong) << line.failure;
  }
}

void check_labels(const Run& run) {
  for (std::size_t i = 0; i < run.heard().answers.size(); ++i) {
    const WireMessage& answer = run.heard().answers[i];
    if (answer.field("Content-Type") != "application/problem+json") continue;
    const auto problem = boost::json::parse(answer.body).as_object();
    EXPECT_EQ(std::string(problem.at("kind").as_string()), run.lines()[i].failure);
  }
}

bool is_harmless(const IoFaultPlan& plan) {
  return !plan.fired || plan.fault == IoFault::shortened || plan.call == "accept4";
}

// True when the fault struck.
bool sweep_step(const Conversation& conversation, IoFault fault, unsigned step) {
  IoFaultPlan plan{.fault = fault, .step = step, .call = {}};
  Run run(conversation, plan);
  run.play();
  SCOPED_TRACE(describe(plan));
  check_lines(run, plan);
  check_labels(run);
  if (plan.on_upstream && !is_harmless(plan) && run.heard().sent == 1) {
    EXPECT_EQ(run.idle_connections(), 0U) << "a connection that failed is kept for reuse";
  }
  if (!is_harmless(plan)) return plan.fired;
  EXPECT_TRUE(run.heard().right) << "nothing was wrong";
  for (const Line& line : run.lines()) EXPECT_EQ(line.failure, "");
  return plan.fired;
}

// Steps are independent and mostly wait: several at once. True when all of them struck.
bool sweep_batch(const Conversation& conversation, IoFault fault, unsigned first) {
  std::atomic<unsigned> struck{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kBatch; ++i)
    threads.emplace_back([&, i] { struck += sweep_step(conversation, fault, first + i); });
  for (std::thread& thread : threads) thread.join();
  return struck == kBatch;
}

class FaultSweep : public ::testing::TestWithParam<Conversation> {};

TEST_P(FaultSweep, EachStepMayFailInEachWay) {
  for (const IoFault fault : kIoFaults) {
    const std::size_t before = open_descriptors();
    unsigned step = 0;
    while (step < kStepsMax && sweep_batch(GetParam(), fault, step)) step += kBatch;
    EXPECT_LT(step, kStepsMax);
    EXPECT_EQ(open_descriptors(), before) << "a descriptor leaks after " << to_string(fault);
    if (HasFailure()) return;
  }
}

// ---- the conversations -------------------------------------------------------------------------

const std::string kLarge = pattern(20'000);

std::string upload(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

// Reads each request whole, answers with the body that came.
Origin::Script mirror() {
  return [](Wire& wire, Origin&) {
    for (;;) {
      const WireMessage request = wire.read_message();
      if (!request.complete) return;
      wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(request.body) +
                chunk(""));
    }
  };
}

Origin::Script switches_protocols() {
  return [](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    wire.send(wire.read_exactly(4));
    wire.read_to_end();
  };
}

INSTANTIATE_TEST_SUITE_P(
    Table, FaultSweep,
    ::testing::Values(
        Conversation{"TwoGets", {{get(), "one"}, {get("/2"), "one"}}, always(ok("one"))},
        Conversation{"Upload", {{upload("Content-Length: 20000\r\n") + kLarge, kLarge}}, mirror()},
        Conversation{
            "ChunkedUpload",
            {{upload("Transfer-Encoding: chunked\r\n") + chunk(kLarge) + chunk(""), kLarge}},
            mirror()},
        // Its first bytes are framing alone: sent again, they must not be read as more of it.
        Conversation{"PutSentAgain",
                     {{"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5", "hello",
                       200, "\r\nhello\r\n0\r\n\r\n"}},
                     mirror(),
                     "",
                     true},
        Conversation{
            "UntilClose", {{get(), kLarge}}, answer_and_close("HTTP/1.1 200 OK\r\n\r\n" + kLarge)},
        Conversation{"Upgrade",
                     {{get("/", "Connection: upgrade\r\nUpgrade: echo\r\n"), "", 101}},
                     switches_protocols(),
                     "ping"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace sluice::test

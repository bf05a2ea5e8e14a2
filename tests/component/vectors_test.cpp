// Every message of tests/vectors/http1/ through the real proxy, whole and in pieces, with the same
// verdict. What leaves the proxy is read by a checker that shares no code with it, on both sides.
#include "tests/support/vectors.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/judge.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

constexpr std::size_t kWhole = 1u << 20;

const VectorFiles& table() {
  static const VectorFiles files = load_vectors(SLUICE_SOURCE_DIR "/tests/vectors/http1");
  return files;
}

// One proxy before one judge, for as many messages as go well.
struct Stage {
  Judge judge;
  Proxy proxy{one_upstream(judge.address())};

  Stage() {
    judge.between_pieces([this] { settle(); });
  }
  // What has been sent was read: a function that is posted after another has run finds what was
  // there before that one handled.
  void settle() {
    for (int i = 0; i < 2; ++i) {
      std::promise<void> looked;
      proxy.on_worker([&] { looked.set_value(); });
      looked.get_future().wait();
    }
  }
  void feed(Wire& wire, std::string_view bytes, std::size_t at_a_time) {
    while (!bytes.empty()) {
      const std::string_view part = bytes.substr(0, at_a_time);
      if (!wire.send(part)) return;  // closed already, which is for the verdict to say
      bytes.remove_prefix(part.size());
      if (!bytes.empty()) settle();
    }
  }
};

class Vectors : public ::testing::TestWithParam<Vector> {
 protected:
  static void TearDownTestSuite() {
    if (stage_ == nullptr) return;
    stage_->proxy.stop();
    EXPECT_TRUE(stage_->judge.take().empty()) << "the upstream heard more than was accounted for";
    stage_.reset();
  }
  void SetUp() override {
    if (stage_ == nullptr) stage_ = std::make_unique<Stage>();
  }
  void TearDown() override {
    if (HasFailure()) stage_.reset();
  }

  void run(std::size_t at_a_time);
  void ask(Wire& wire, std::size_t at_a_time);
  void check_client(const std::string& bytes, bool ended);
  void check_cut(const std::string& bytes, bool ended);
  void check_answer(const VectorAnswer& wanted, const strict::Message& got);
  void check_forwarded(const VectorAnswer& wanted, const strict::Message& answer);
  void check_relayed(const VectorAnswer& wanted, std::string_view got);
  void check_innocent(const strict::Message& answer);
  void check_upstream(bool in_pieces);
  strict::Asked asked(bool ended) const;
  std::string innocent() const;

  static std::unique_ptr<Stage> stage_;
  static unsigned runs_;
  std::string id_;                     // of the innocent request of this run
  std::vector<Judge::Heard> heard_;    // whole messages
  std::vector<Judge::Heard> remains_;  // and the others
  std::size_t accounted_ = 0;          // of `heard_`
};

std::unique_ptr<Stage> Vectors::stage_;
unsigned Vectors::runs_ = 0;

// ---- one run -------------------------------------------------------------------------------

// A request that is fine, to come behind the message.
std::string Vectors::innocent() const {
  if (GetParam().alone || GetParam().cut) return "";
  return get("/innocent", "X-Id: " + id_ + "\r\n");
}

// The client half-closes behind its last request: everything before is served, then it ends.
void Vectors::run(std::size_t at_a_time) {
  const Vector& vector = GetParam();
  id_ = std::to_string(++runs_);
  Wire wire = stage_->proxy.connect();
  if (vector.side == Vector::Side::response)
    ask(wire, at_a_time);
  else
    stage_->feed(wire, vector.request + innocent(), at_a_time);
  wire.shutdown_write();
  const std::string bytes = wire.read_to_end();
  heard_.clear();
  remains_.clear();
  for (Judge::Heard& heard : stage_->judge.take())
    (heard.serial > 0 ? heard_ : remains_).push_back(std::move(heard));
  const bool script_was_asked = vector.side == Vector::Side::response && !vector.early;
  accounted_ = script_was_asked ? 1 : 0;
  check_client(bytes, !wire.was_reset());
  check_upstream(at_a_time < kWhole);
}

// The next request comes when the upstream has said everything: what it says between two requests
// must not be taken for an answer, what it says too late nobody could tell from one.
void Vectors::ask(Wire& wire, std::size_t at_a_time) {
  const Vector& vector = GetParam();
  stage_->judge.answer_next_with(
      {vector.response, at_a_time, vector.early, vector.closes, vector.resets});
  wire.send(vector.request);
  EXPECT_TRUE(stage_->judge.await_script()) << "the upstream was not asked";
  stage_->settle();
  wire.send(innocent());
}

strict::Asked Vectors::asked(bool ended) const {
  const std::string& request = GetParam().request;
  return {.method = std::string_view(request).substr(0, request.find(' ')),
          .http_1_0 = request.find(" HTTP/1.0\r\n") != std::string::npos,
          .ended = ended};
}

// ---- what the client got -------------------------------------------------------------------

// The next answer, behind the informational ones; nothing (and a failure) when there is none.
std::optional<strict::Message> take_answer(std::string_view& rest, const strict::Asked& asked,
                                           int wanted) {
  const std::string_view begin = rest;
  for (;;) {
    strict::Reading reading = strict::read_response(rest, asked);
    if (reading.verdict != strict::Verdict::whole) {
      ADD_FAILURE() << "no answer: " << reading.why << "\nthe client got:\n" << escape(begin);
      return std::nullopt;
    }
    rest.remove_prefix(reading.message.size);
    if (reading.message.status >= 200 || reading.message.status == wanted) return reading.message;
  }
}

void Vectors::check_client(const std::string& bytes, bool ended) {
  const Vector& vector = GetParam();
  if (vector.cut) return check_cut(bytes, ended);
  std::string_view rest = bytes;
  for (const VectorAnswer& wanted : vector.answers) {
    const std::string_view begin = rest;
    const auto got = take_answer(rest, asked(ended), wanted.status);
    if (!got) return;
    check_answer(wanted, *got);
    if (vector.side == Vector::Side::response)
      check_relayed(wanted, begin.substr(0, begin.size() - rest.size()));
    else if (wanted.status == 200)
      check_forwarded(wanted, *got);
  }
  const bool goes_on = !vector.alone && !vector.answers.empty() && !vector.answers.back().close;
  if (goes_on) {
    const auto got = take_answer(rest, {}, 200);
    if (got) check_innocent(*got);
  }
  EXPECT_EQ(escape(rest), "") << "more than was asked for";
}

// 502 when nothing had gone out, else an end that nobody takes for one.
void Vectors::check_cut(const std::string& bytes, bool ended) {
  if (bytes.empty()) {
    EXPECT_FALSE(ended) << "a clean end and no answer";
    return;
  }
  const strict::Reading reading = strict::read_response(bytes, asked(ended));
  EXPECT_NE(reading.verdict, strict::Verdict::bad) << reading.why << '\n' << escape(bytes);
  if (reading.verdict == strict::Verdict::whole)
    EXPECT_EQ(reading.message.status, 502) << "looks complete:\n" << escape(bytes);
  else
    EXPECT_FALSE(ended) << "a clean end of half an answer";
}

void Vectors::check_answer(const VectorAnswer& wanted, const strict::Message& got) {
  EXPECT_EQ(got.status, wanted.status) << got.head() << got.body;
  const auto options = got.values_of("connection");
  const bool says_close = options == std::vector<std::string>{"close"};
  EXPECT_EQ(says_close, wanted.close) << got.head();
  const bool from_proxy = got.status != 200 && wanted.expected.empty() && !wanted.as_sent;
  const std::vector<std::string> problem{"application/problem+json"};
  EXPECT_TRUE(!from_proxy || got.values_of("content-type") == problem) << got.head();
}

// Head and body of each message, the body without its cuts.
void Vectors::check_relayed(const VectorAnswer& wanted, std::string_view got) {
  std::string_view expected = wanted.as_sent ? GetParam().response : wanted.expected;
  if (expected.empty()) return;
  while (!got.empty()) {
    const strict::Reading left = strict::read_response(expected, asked(true));
    const strict::Reading right = strict::read_response(got, asked(true));
    ASSERT_EQ(left.verdict, strict::Verdict::whole) << "the table is wrong: " << left.why;
    EXPECT_EQ(right.message.head(), left.message.head());
    EXPECT_EQ(escape(right.message.body), escape(left.message.body));
    expected.remove_prefix(left.message.size);
    got.remove_prefix(right.message.size);
  }
  EXPECT_EQ(escape(expected), "") << "did not arrive";
}

void Vectors::check_innocent(const strict::Message& answer) {
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.values_of("x-id"), std::vector<std::string>{id_}) << "another one's answer";
  ASSERT_LT(accounted_, heard_.size());
  const Judge::Heard& heard = heard_[accounted_++];
  EXPECT_EQ(answer.values_of("x-serial"), std::vector<std::string>{std::to_string(heard.serial)});
  EXPECT_EQ(heard.message.first_line, "GET /innocent HTTP/1.1");
  const bool same = heard.connection == heard_.front().connection;
  EXPECT_NE(GetParam().reuse, same ? Vector::Reuse::no : Vector::Reuse::yes);
}

// ---- what the upstream got -----------------------------------------------------------------

bool is_hex(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Takes the fields that the proxy adds out, when they are as they must be.
void remove_ours(strict::Message& message) {
  using Values = std::vector<std::string>;
  EXPECT_EQ(message.values_of("x-forwarded-for"), Values{"127.0.0.1"});
  EXPECT_EQ(message.values_of("x-forwarded-proto"), Values{"http"});
  const auto hosts = message.values_of("x-forwarded-host");
  EXPECT_LE(hosts.size(), 1U);
  const auto ids = message.values_of("x-request-id");
  EXPECT_TRUE(ids.size() == 1 && ids[0].size() == 32 && is_hex(ids[0]));
  const auto traces = message.values_of("traceparent");
  EXPECT_TRUE(traces.size() == 1 && traces[0].size() == 55 && traces[0].starts_with("00-"));
  const auto ours = [](const strict::Field& field) {
    return field.name.starts_with("X-Forwarded-") || field.name == "X-Request-Id" ||
           field.name == "traceparent" || (field.name == "Via" && field.value.ends_with(" sluice"));
  };
  EXPECT_EQ(std::erase_if(message.fields, ours), 6 - (hosts.empty() ? 1U : 0U));
}

void Vectors::check_forwarded(const VectorAnswer& wanted, const strict::Message& answer) {
  ASSERT_LT(accounted_, heard_.size()) << "answered, but not by the upstream";
  const Judge::Heard& heard = heard_[accounted_++];
  EXPECT_EQ(answer.values_of("x-serial"), std::vector<std::string>{std::to_string(heard.serial)})
      << "another one's answer";
  const std::string& expected = wanted.as_sent ? GetParam().request : wanted.expected;
  const strict::Reading reading = strict::read_request(expected);
  ASSERT_EQ(reading.verdict, strict::Verdict::whole) << "the table is wrong: " << reading.why;
  ASSERT_EQ(reading.message.size, expected.size()) << "the table has more than a message";
  strict::Message message = heard.message;
  remove_ours(message);
  EXPECT_EQ(message.head(), reading.message.head());
  EXPECT_EQ(escape(message.body), escape(reading.message.body));
}

void Vectors::check_upstream(bool in_pieces) {
  const Vector& vector = GetParam();
  for (std::size_t i = accounted_; i < heard_.size(); ++i)
    ADD_FAILURE() << "heard and not asked for:\n" << heard_[i].message.head();
  // What is long may come in pieces by itself.
  const bool pieces = in_pieces || vector.alone || vector.request.size() > 4'000;
  const bool partly = vector.early || (vector.partly && pieces);
  for (const Judge::Heard& remain : remains_) {
    EXPECT_EQ(remain.fault, "") << escape(remain.fragment);
    EXPECT_TRUE(partly) << "part of it went on:\n" << escape(remain.fragment);
  }
}

// ---- the tests -----------------------------------------------------------------------------

// Of long messages, where most bytes are alike, larger pieces.
std::vector<std::size_t> cuts(const Vector& vector) {
  const std::size_t size = std::max(vector.request.size(), vector.response.size());
  std::vector<std::size_t> out{kWhole};
  for (const std::size_t cut : {1U, 2U, 3U, 7U}) out.push_back(size > 1'500 ? cut * 101 : cut);
  return out;
}

TEST_P(Vectors, HaveTheirVerdictHoweverTheyAreCut) {
  for (const std::size_t at_a_time : cuts(GetParam())) {
    SCOPED_TRACE(std::to_string(at_a_time) + " at a time");
    run(at_a_time);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Http1, Vectors, ::testing::ValuesIn(table().vectors), [](const auto& row) {
  return "Row" + std::to_string(row.param.row) + row.param.name;
});

TEST(VectorTable, IsSound) {
  for (const std::string& error : table().errors) ADD_FAILURE() << error;
  std::set<std::string> names;
  std::set<int> rows;
  for (const Vector& vector : table().vectors) {
    EXPECT_TRUE(names.insert(vector.name).second) << vector.place << ": the name is taken";
    rows.insert(vector.row);
    for (const VectorAnswer& answer : vector.answers) {
      const bool forwarded = vector.side == Vector::Side::request && answer.status == 200;
      EXPECT_TRUE(!forwarded || answer.as_sent || !answer.expected.empty())
          << vector.place << ": what the upstream gets is not said";
    }
  }
  EXPECT_GE(names.size(), 150U);
  for (int row = 1; row <= 36; ++row)
    EXPECT_TRUE(rows.contains(row) || row == 28 || row == 33 || row == 34) << row;
}

}  // namespace
}  // namespace sluice::test

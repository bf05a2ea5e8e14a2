#include "loadtest/ledger/reading.hpp"

#include <algorithm>

#include "loadtest/ledger/content.hpp"

namespace ledger {
namespace {

// Longer than any time limit in the configuration of the proxy, on the slowest machine.
constexpr std::chrono::seconds kHung{60};

Outcome outcome_of(Ending ending) {
  switch (ending) {
    case Ending::whole:
      return Outcome::whole;
    case Ending::nothing:
      return Outcome::unanswered;
    case Ending::cut:
      return Outcome::broken;
    case Ending::malformed:
      return Outcome::malformed;
    case Ending::timed_out:
      return Outcome::hung;
    case Ending::stopped:
      return Outcome::aborted;
  }
  return Outcome::malformed;
}

// Of "HTTP/1.1 200 OK"; 0 when it is something else.
std::uint16_t status_of(std::string_view first_line) {
  if (cut_word(first_line, ' ') != "HTTP/1.1") return 0;
  const auto status = whole_number(cut_word(first_line, ' '));
  return status && *status >= 100 && *status <= 599 ? static_cast<std::uint16_t>(*status) : 0;
}

std::uint8_t server_of(const Head& head, const std::vector<std::string>& servers) {
  const auto name = head.field("x-ledger-by");
  const auto found = std::find(servers.begin(), servers.end(), name.value_or(""));
  return found == servers.end() ? kNoServer : static_cast<std::uint8_t>(found - servers.begin());
}

bool is_refusal(std::uint16_t status) {
  return status == 502 || status == 503 || status == 504;
}

// An answer of the proxy itself: its body is its own affair, but it has to end.
Outcome read_refusal(Line& line, const BodyPlan& plan, std::uint16_t status) {
  if (!is_refusal(status)) return Outcome::unexpected_status;
  const Ending ending =
      read_body(line, plan, Clock::now() + kHung, [](std::string_view) { return true; });
  return ending == Ending::whole ? Outcome::refused : outcome_of(ending);
}

class BodyCheck {
 public:
  BodyCheck(const Expectation& expectation, const ClientEntry& entry)
      : content_(expectation.run, entry.id, Direction::response), patience_(expectation.patience) {}

  bool take(std::string_view piece) {
    foreign_ =
        offset_ + piece.size() > content_.response_size() || !content_.matches(offset_, piece);
    offset_ += piece.size();
    return !foreign_ && offset_ <= patience_;
  }
  bool foreign() const noexcept { return foreign_; }
  bool complete() const noexcept { return offset_ == content_.response_size(); }

 private:
  Content content_;
  std::uint64_t patience_;
  std::size_t offset_ = 0;
  bool foreign_ = false;
};

Outcome read_own(Line& line, const BodyPlan& plan, const Expectation& expectation,
                 const ClientEntry& entry) {
  BodyCheck check(expectation, entry);
  const Ending ending = read_body(line, plan, Clock::now() + kHung,
                                  [&](std::string_view piece) { return check.take(piece); });
  if (check.foreign()) return Outcome::foreign_bytes;
  if (ending != Ending::whole) return outcome_of(ending);
  const bool bodiless = entry.method == Method::head || entry.status == 413;
  return bodiless || check.complete() ? Outcome::whole : Outcome::false_end;
}

// A body that ends with the connection cannot be broken visibly, and its length must be the right
// one from the start.
bool is_false_frame(const BodyPlan& plan, const Expectation& expectation,
                    const ClientEntry& entry) {
  if (plan.framing == Framing::until_close) return true;
  if (plan.framing != Framing::length || entry.status == 413) return false;
  return plan.length != Content(expectation.run, entry.id, Direction::response).response_size();
}

Outcome judge_head(const Head& head, const ClientEntry& entry) {
  const auto id = head.field("x-ledger-id");
  if (whole_number(*id) != entry.id) return Outcome::foreign_id;
  if (entry.status == 413) return Outcome::whole;
  const auto hash = whole_number(head.field("x-ledger-hash").value_or(""), 16);
  if (entry.server == kNoServer || hash != entry.body_hash) return Outcome::false_hash;
  return Outcome::whole;
}

}  // namespace

Reading read_answer(Line& line, const Expectation& expectation, ClientEntry& entry) {
  const HeadRead read = read_head(line, Clock::now() + kHung);
  if (read.ending != Ending::whole)
    return {.outcome = outcome_of(read.ending), .reset = read.reset};
  entry.status = status_of(read.head.first_line);
  const BodyPlan plan = plan_body(read.head, true, entry.method == Method::head, entry.status);
  if (entry.status < 200 || plan.malformed) return {.outcome = Outcome::malformed};
  Reading reading;
  if (!read.head.field("x-ledger-id")) {
    reading.outcome = read_refusal(line, plan, entry.status);
  } else {
    entry.server = server_of(read.head, expectation.servers);
    reading.outcome = judge_head(read.head, entry);
    if (reading.outcome == Outcome::whole && is_false_frame(plan, expectation, entry))
      reading.outcome = Outcome::false_end;
    if (reading.outcome == Outcome::whole)
      reading.outcome = read_own(line, plan, expectation, entry);
  }
  const bool ended_well = reading.outcome == Outcome::whole || reading.outcome == Outcome::refused;
  reading.connection_usable = ended_well && !read.head.says_close();
  return reading;
}

}  // namespace ledger

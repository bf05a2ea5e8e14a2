#include "loadtest/ledger/client.hpp"

#include <algorithm>
#include <memory>

#include "loadtest/ledger/plan.hpp"
#include "loadtest/ledger/reading.hpp"

namespace ledger {
namespace {

constexpr std::chrono::seconds kHung{60};
constexpr Pace kSlowly{700, std::chrono::microseconds(1'500), 12};

}  // namespace

// One client: connection after connection, batch after batch.
class Conversation {
 public:
  Conversation(Clients& clients, std::uint64_t seed, std::vector<ClientEntry>& out)
      : clients_(clients), options_(clients.options_), dice_(seed), out_(out) {}

  void run() {
    while (plan()) {
      if (!line_ && !connect()) return;
      perform();
      if (closing_) line_.reset();
    }
  }

 private:
  bool plan();
  bool connect();
  void perform();
  bool send();
  void hear();
  void leave();
  static Outcome judge_silence(bool first, bool reset);
  void note_sent(std::uint64_t sent);

  Clients& clients_;
  const ClientOptions& options_;
  Dice dice_;
  std::vector<ClientEntry>& out_;
  std::unique_ptr<Line> line_;
  Batch batch_;
  std::vector<ClientEntry> entries_;  // of the batch
  bool closing_ = false;
};

bool Conversation::plan() {
  batch_ = {};
  entries_.clear();
  if (clients_.stopping_) return false;
  const std::size_t depth = draw_depth(dice_);
  const std::uint64_t first = clients_.next_.fetch_add(depth);
  for (std::uint64_t id = first; id < first + depth && id <= clients_.last_; ++id) {
    batch_.requests.push_back(plan_request(dice_, options_.run, id, depth > 1));
    const PlannedRequest& request = batch_.requests.back();
    entries_.push_back({.id = id, .body_hash = request.body_hash, .method = request.method});
  }
  batch_.manner = draw_manner(dice_);
  batch_.reset = dice_.chance_in_10000(5'000);
  return !batch_.requests.empty();
}

// The proxy is there throughout: who cannot connect for a minute has found something.
bool Conversation::connect() {
  const Clock::time_point until = Clock::now() + kHung;
  closing_ = false;
  while (Clock::now() < until && !clients_.stopping_) {
    const int descriptor = connect_to(options_.port);
    if (descriptor >= 0) return line_ = std::make_unique<Line>(descriptor), true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (ClientEntry& entry : entries_) {
    entry.outcome = clients_.stopping_ ? Outcome::aborted : Outcome::hung;
    out_.push_back(entry);
  }
  return false;
}

void Conversation::perform() {
  const std::uint64_t before = line_->sent();
  if (send())
    hear();
  else
    leave();
  note_sent(line_->sent() - before);
  out_.insert(out_.end(), entries_.begin(), entries_.end());
}

// False when the client ends the connection instead of listening.
bool Conversation::send() {
  const Manner manner = batch_.manner;
  if (manner == Manner::slow_reader) line_->read_slowly(kSlowly);
  if (manner == Manner::slow_writer) line_->write_slowly(kSlowly);
  for (const PlannedRequest& request : batch_.requests) {
    const bool cut = manner == Manner::cuts_request && &request == &batch_.requests.back();
    const std::size_t size = cut ? dice_.below(request.bytes.size()) : request.bytes.size();
    line_->queue(std::string_view(request.bytes).substr(0, size));
  }
  if (manner == Manner::half_close) {
    if (line_->flush(Clock::now() + kHung)) line_->shutdown_write();
    closing_ = true;
  }
  return manner != Manner::cuts_request && manner != Manner::leaves_unheard;
}

void Conversation::leave() {
  line_->flush(Clock::now() + kHung);
  if (batch_.reset) line_->reset_on_close();
  for (ClientEntry& entry : entries_) entry.outcome = Outcome::aborted;
  closing_ = true;
}

void Conversation::hear() {
  bool usable = true;
  for (ClientEntry& entry : entries_) {
    if (!usable) {
      entry.outcome = Outcome::unanswered;
      continue;
    }
    Expectation expectation{options_.run, options_.servers};
    if (batch_.manner == Manner::cuts_response) expectation.patience = dice_.below(20'000);
    const Reading reading = read_answer(*line_, expectation, entry);
    entry.outcome = reading.outcome;
    if (entry.outcome == Outcome::unanswered)
      entry.outcome = judge_silence(&entry == &entries_.front(), reading.reset);
    usable = reading.connection_usable;
    if (reading.outcome == Outcome::aborted && batch_.reset) line_->reset_on_close();
  }
  // An answer that came before its request was sent leaves the rest of it unsent.
  if (!usable || !line_->all_sent() || batch_.manner == Manner::leaves_politely) closing_ = true;
}

// No close had been announced. When an answer breaks, its RST may take with it those before it that
// the client has not read yet; of the first in a batch at least the head has got through, since
// nothing stands in its way.
Outcome Conversation::judge_silence(bool first, bool reset) {
  return first || !reset ? Outcome::dropped : Outcome::unanswered;
}

void Conversation::note_sent(std::uint64_t sent) {
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    end += batch_.requests[i].bytes.size();
    entries_[i].sent_whole = sent >= end;
  }
}

Clients::~Clients() {
  stop();
  join();
}

void Clients::start(std::uint64_t last) {
  last_ = last;
  ++phase_;
  next_ = entries_.size() + 1;  // ids beyond the last of the phase before were drawn in vain
  parts_.assign(options_.connections, {});
  running_ = options_.connections;
  for (std::size_t i = 0; i < options_.connections; ++i)
    threads_.emplace_back([this, i] { converse(i, parts_[i]); });
}

void Clients::converse(std::size_t number, std::vector<ClientEntry>& out) {
  Conversation(*this, mix(options_.run) + (phase_ * 100'000 + number), out).run();
  --running_;
}

void Clients::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (const auto& part : parts_) entries_.insert(entries_.end(), part.begin(), part.end());
  parts_.clear();
}

}  // namespace ledger

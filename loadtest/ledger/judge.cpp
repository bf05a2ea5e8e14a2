#include "loadtest/ledger/judge.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "loadtest/ledger/tallies.hpp"

namespace ledger {
namespace {

constexpr std::size_t kExamples = 5;
constexpr double kSigmas = 3.5;
constexpr std::uint64_t kGrowthPercent = 5;
// Of a run in which upstreams die all the time at least so much is answered by them.
constexpr std::uint64_t kAnsweredPercent = 30;

std::string describe(const ClientEntry& entry, const std::string& what) {
  return std::string(name_of(entry.method)) + " " + std::to_string(entry.id) + ": " + what;
}

std::string server_name(const Evidence& evidence, std::uint8_t server) {
  return server < evidence.servers.size() ? evidence.servers[server] : "nobody";
}

// ---- what the client has seen for itself ---------------------------------------------------

std::optional<Rule> rule_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::foreign_id:
    case Outcome::foreign_bytes:
      return Rule::cross_talk;
    case Outcome::false_end:
    case Outcome::false_hash:
    case Outcome::malformed:
      return Rule::lie;
    case Outcome::unexpected_status:
      return Rule::wrong_refusal;
    case Outcome::dropped:
      return Rule::dropped;
    case Outcome::hung:
      return Rule::hung;
    default:
      return std::nullopt;
  }
}

void check_outcome(const ClientEntry& entry, Verdict& verdict) {
  const auto rule = rule_of(entry.outcome);
  if (!rule) return;
  const auto label = std::string(kOutcomes[static_cast<std::size_t>(entry.outcome)]);
  verdict.add(*rule, describe(entry, label + ", status " + std::to_string(entry.status)));
}

// ---- one ledger beside the other -----------------------------------------------------------

void check_processing(const Evidence& evidence, const ClientEntry& entry, const Tally& tally,
                      Verdict& verdict) {
  if (entry.status / 100 == 2) {
    const bool known = entry.server < evidence.servers.size();
    if (!known || (tally.processed_by >> entry.server & 1U) == 0)
      verdict.add(Rule::not_processed,
                  describe(entry, std::to_string(entry.status) + " in the name of " +
                                      server_name(evidence, entry.server)));
  }
  if (entry.method == Method::post && std::max(tally.arrived, tally.processed) > 1)
    verdict.add(Rule::post_twice,
                describe(entry, "arrived " + std::to_string(tally.arrived) + " times, processed " +
                                    std::to_string(tally.processed)));
  if (tally.processed > 0 && !entry.sent_whole)
    verdict.add(Rule::half_processed, describe(entry, "the client had cut it"));
  if (tally.processed > 0 && (tally.has_other_hash || tally.body_hash != entry.body_hash))
    verdict.add(Rule::falsified, describe(entry, "processed with another body"));
  if (tally.arrived + tally.processed > 0 &&
      (tally.has_other_method || tally.method != entry.method))
    verdict.add(Rule::falsified,
                describe(entry, "arrived as " + std::string(name_of(tally.method))));
}

void check_requests(const Evidence& evidence, Verdict& verdict) {
  const Tallies tallies = tally(evidence.upstream);
  std::unordered_set<std::uint64_t> known;
  for (const ClientEntry& entry : evidence.client) {
    if (!known.insert(entry.id).second) verdict.add(Rule::two_faces, describe(entry, "again"));
    check_outcome(entry, verdict);
    const auto found = tallies.find(entry.id);
    check_processing(evidence, entry, found == tallies.end() ? Tally{} : found->second, verdict);
  }
  for (const UpstreamEntry& entry : evidence.upstream) {
    const std::string server = server_name(evidence, entry.server);
    if (entry.event == Event::garbled)
      verdict.add(Rule::falsified, server + " got no request, id " + std::to_string(entry.id));
    else if (!known.contains(entry.id))
      verdict.add(Rule::falsified, server + " got " + std::to_string(entry.id) + ", never sent");
  }
}

// ---- the proxy's own figures ---------------------------------------------------------------

void check_split(const Evidence& evidence, Verdict& verdict) {
  std::uint64_t placed = 0;
  for (const Arm& arm : evidence.arms) placed += arm.placed;
  for (const Arm& arm : evidence.arms) {
    const double expected = static_cast<double>(placed) * arm.share;
    const double sigma = std::sqrt(expected * (1 - arm.share));
    if (std::abs(static_cast<double>(arm.placed) - expected) > kSigmas * sigma)
      verdict.add(Rule::split, arm.upstream + ": " + std::to_string(arm.placed) + " of " +
                                   std::to_string(placed));
  }
}

void check_counts(const Evidence& evidence, Verdict& verdict) {
  std::uint64_t placed = 0;
  for (const Arm& arm : evidence.arms) placed += arm.placed;
  const auto answered = static_cast<std::uint64_t>(
      std::count_if(evidence.client.begin(), evidence.client.end(),
                    [](const ClientEntry& entry) { return entry.status != 0; }));
  const std::uint64_t sent = evidence.client.size();
  if (placed < answered || placed > sent)
    verdict.add(Rule::miscounted, std::to_string(placed) + " placed of " + std::to_string(sent) +
                                      " sent, " + std::to_string(answered) + " answered");
}

void check_footprint(const Footprint& before, const Footprint& after, Verdict& verdict) {
  const auto grew = [](std::uint64_t from, std::uint64_t to) {
    return to * 100 > from * (100 + kGrowthPercent);
  };
  if (grew(before.descriptors, after.descriptors))
    verdict.add(Rule::descriptors, "from " + std::to_string(before.descriptors) + " to " +
                                       std::to_string(after.descriptors));
  if (grew(before.resident_kib, after.resident_kib))
    verdict.add(Rule::memory, "from " + std::to_string(before.resident_kib) + " KiB to " +
                                  std::to_string(after.resident_kib));
}

void check_worth(const Evidence& evidence, Verdict& verdict) {
  const auto good = static_cast<std::uint64_t>(
      std::count_if(evidence.client.begin(), evidence.client.end(), [](const ClientEntry& entry) {
        return entry.outcome == Outcome::whole && entry.status / 100 == 2;
      }));
  if (good == 0 || good * 100 < evidence.client.size() * kAnsweredPercent)
    verdict.add(Rule::proves_nothing, std::to_string(good) + " whole answers of " +
                                          std::to_string(evidence.client.size()));
}

}  // namespace

void Verdict::add(Rule rule, std::string example) {
  Finding& finding = findings_[static_cast<std::size_t>(rule)];
  if (finding.count++ < kExamples) finding.examples.push_back(std::move(example));
}

bool Verdict::clean() const noexcept {
  return std::all_of(findings_.begin(), findings_.end(),
                     [](const Finding& finding) { return finding.count == 0; });
}

Verdict judge(const Evidence& evidence) {
  Verdict verdict;
  check_requests(evidence, verdict);
  check_worth(evidence, verdict);
  if (!evidence.arms.empty()) {
    check_split(evidence, verdict);
    check_counts(evidence, verdict);
  }
  if (evidence.never_rests)
    verdict.add(Rule::descriptors, "connections stay open that nobody uses");
  if (evidence.before && evidence.after)
    check_footprint(*evidence.before, *evidence.after, verdict);
  return verdict;
}

}  // namespace ledger

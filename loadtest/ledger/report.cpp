#include "loadtest/ledger/report.hpp"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <map>

#include "loadtest/ledger/tallies.hpp"

namespace ledger {
namespace {

__attribute__((format(printf, 2, 3))) void print(std::string& out, const char* format, ...) {
  char row[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(row, sizeof row, format, arguments);
  va_end(arguments);
  out += row;
}

void add_outcomes(const Evidence& evidence, std::string& out) {
  std::array<std::array<std::uint64_t, kMethods.size()>, kOutcomes.size()> table{};
  for (const ClientEntry& entry : evidence.client)
    ++table[static_cast<std::size_t>(entry.outcome)][static_cast<std::size_t>(entry.method)];
  print(out, "%-18s", "outcome");
  for (const std::string_view method : kMethods) print(out, "%10s", std::string(method).c_str());
  print(out, "%10s\n", "all");
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    std::uint64_t all = 0;
    for (const std::uint64_t count : table[i]) all += count;
    if (all == 0) continue;
    print(out, "%-18s", std::string(kOutcomes[i]).c_str());
    for (const std::uint64_t count : table[i]) print(out, "%10" PRIu64, count);
    print(out, "%10" PRIu64 "\n", all);
  }
}

void add_statuses(const Evidence& evidence, std::string& out) {
  std::map<std::uint16_t, std::uint64_t> counts;
  for (const ClientEntry& entry : evidence.client) ++counts[entry.status];
  print(out, "\nstatus            ");
  for (const auto& [status, count] : counts)
    if (status != 0) print(out, " %u: %" PRIu64, status, count);
  print(out, " none: %" PRIu64 "\n", counts[0]);
}

void add_upstreams(const Evidence& evidence, std::string& out) {
  const Tallies tallies = tally(evidence.upstream);
  std::uint64_t processed = 0, again = 0;
  for (const auto& [id, tally] : tallies) {
    processed += tally.processed > 0;
    again += tally.arrived > 1;
  }
  print(out, "upstreams          %" PRIu64 " processed, %" PRIu64 " came to one more than once\n",
        processed, again);
  for (const Arm& arm : evidence.arms)
    print(out, "placed             %-8s %8" PRIu64 "  of a share of %.0f %%\n",
          arm.upstream.c_str(), arm.placed, arm.share * 100);
}

void add_footprint(const Evidence& evidence, std::string& out) {
  if (!evidence.before || !evidence.after) return;
  print(out,
        "at rest            descriptors %" PRIu64 " -> %" PRIu64 ", memory %" PRIu64 " -> %" PRIu64
        " KiB\n",
        evidence.before->descriptors, evidence.after->descriptors, evidence.before->resident_kib,
        evidence.after->resident_kib);
}

void add_verdict(const Verdict& verdict, std::string& out) {
  out += '\n';
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    const Finding& finding = verdict[static_cast<Rule>(i)];
    print(out, "%-5s %s", finding.count == 0 ? "ok" : "FAIL", std::string(kRules[i]).c_str());
    if (finding.count != 0) print(out, ": %" PRIu64, finding.count);
    out += '\n';
    for (const std::string& example : finding.examples) out += "        " + example + "\n";
  }
  out += verdict.clean() ? "verdict: clean\n" : "verdict: VIOLATED\n";
}

}  // namespace

std::string report(const Evidence& evidence, const FaultCounts& faults, const Verdict& verdict) {
  std::string out;
  add_outcomes(evidence, out);
  add_statuses(evidence, out);
  add_upstreams(evidence, out);
  print(out,
        "faults             %" PRIu64 " kills, %" PRIu64 " stops, %" PRIu64 " outages, %" PRIu64
        " blackouts; %" PRIu64 " reloads\n",
        faults.kills, faults.stops, faults.outages, faults.blackouts, faults.reloads);
  add_footprint(evidence, out);
  add_verdict(verdict, out);
  return out;
}

}  // namespace ledger

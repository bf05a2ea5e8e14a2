#include "telemetry/traffic.hpp"

#include <map>
#include <string>

#include "telemetry/families.hpp"

namespace sluice::telemetry {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using Families = std::vector<MetricFamily>;

constexpr std::array<std::string_view, kOutcomes> kOutcomeLabels{"success", "client_error",
                                                                 "server_error", "failure"};

const std::array<std::string, kCodeCount>& code_labels() {
  static const auto labels = [] {
    std::array<std::string, kCodeCount> texts;
    for (std::size_t i = 0; i < kCodeCount; ++i)
      texts[i] = i < kKnownCodes.size() ? std::to_string(kKnownCodes[i])
                                        : std::to_string(i - kKnownCodes.size() + 1) + "xx";
    return texts;
  }();
  return labels;
}

// What every worker has counted for one slot; shards that have not seen it yet count nothing.
template <class Counters>
class Sum {
 public:
  template <class Table>
  Sum(const std::vector<const Shard*>& shards, Table Shard::*table, std::uint32_t slot) {
    for (const Shard* const shard : shards)
      if (const Counters* const found = (shard->*table).find(slot)) parts_.push_back(found);
  }
  // `pick` gives one Counter of a part.
  template <class Pick>
  std::uint64_t operator()(Pick pick) const {
    std::uint64_t sum = 0;
    for (const Counters* const part : parts_) sum += pick(*part).load();
    return sum;
  }
  HistogramSum durations(Histogram Counters::*histogram) const {
    HistogramSum sum;
    for (const Counters* const part : parts_) sum.add(part->*histogram);
    return sum;
  }

 private:
  std::vector<const Counters*> parts_;
};

double number(std::uint64_t count) {
  return static_cast<double>(count);
}

// ---- families by (route, upstream) ----------------------------------------------------------

class ArmFamilies {
 public:
  explicit ArmFamilies(const IndexLabels& labels) : labels_(labels) {}

  void add(const ArmEntry& arm, const Sum<ArmCounters>& sum) {
    const LabelText route{"route", arm.route};
    const LabelText upstream{"upstream", arm.upstream};
    add_requests(route, upstream, sum);
    duration_.add({route, upstream}, sum.durations(&ArmCounters::duration));
    request_bytes_.add({route, upstream},
                       number(sum([](auto& it) -> auto& { return it.request_bytes; })));
    response_bytes_.add({route, upstream},
                        number(sum([](auto& it) -> auto& { return it.response_bytes; })));
    if (!arm.upstream.empty()) add_placements(route, upstream, sum);
  }

  void move_to(Families& out) {
    for (FamilyBuilder* const family :
         {&requests_, &decisions_, &duration_, &upstream_duration_, &request_bytes_,
          &response_bytes_, &retries_, &retries_refused_})
      out.push_back(family->take());
  }

 private:
  // What there is only where there is an upstream.
  void add_placements(const LabelText& route, const LabelText& upstream,
                      const Sum<ArmCounters>& sum) {
    for (std::size_t i = 0; i < labels_.reasons.size(); ++i)
      decisions_.add({route, upstream, {"reason", labels_.reasons[i]}},
                     number(sum([i](auto& it) -> auto& { return it.decisions[i]; })));
    upstream_duration_.add({route, upstream}, sum.durations(&ArmCounters::upstream_duration));
    for (std::size_t i = 0; i < labels_.retries.size(); ++i)
      retries_.add({route, upstream, {"reason", labels_.retries[i]}},
                   number(sum([i](auto& it) -> auto& { return it.retries[i]; })));
    retries_refused_.add({route, upstream},
                         number(sum([](auto& it) -> auto& { return it.retries_refused; })));
  }

  // A table of 10 methods by 68 codes, nearly all of it zero.
  void add_requests(const LabelText& route, const LabelText& upstream,
                    const Sum<ArmCounters>& sum) {
    for (std::size_t method = 0; method < labels_.methods.size(); ++method)
      for (std::size_t code = 0; code < kCodeCount; ++code) {
        const std::uint64_t count =
            sum([&](auto& it) -> auto& { return it.requests[method][code]; });
        if (count == 0) continue;
        requests_.add(
            {route, upstream, {"method", labels_.methods[method]}, {"code", code_labels()[code]}},
            number(count));
      }
  }

  const IndexLabels& labels_;
  FamilyBuilder requests_{"sluice_requests_total", "Requests answered, by status code.",
                          MetricType::Counter};
  FamilyBuilder decisions_{"sluice_split_decisions_total",
                           "Requests placed, by what decided the upstream.", MetricType::Counter};
  FamilyBuilder duration_{"sluice_request_duration_seconds",
                          "From the request head read to the response written.",
                          MetricType::Histogram};
  FamilyBuilder upstream_duration_{"sluice_upstream_request_duration_seconds",
                                   "From turning to the upstream to its response read.",
                                   MetricType::Histogram};
  FamilyBuilder request_bytes_{"sluice_request_bytes_total",
                               "Bytes of request bodies, as sent to the upstream.",
                               MetricType::Counter};
  FamilyBuilder response_bytes_{"sluice_response_bytes_total", "Bytes of response bodies.",
                                MetricType::Counter};
  FamilyBuilder retries_{"sluice_retries_total",
                         "Attempts that were followed by another, by what was wrong with them.",
                         MetricType::Counter};
  FamilyBuilder retries_refused_{"sluice_retries_over_budget_total",
                                 "Retries that were not made because the budget was spent.",
                                 MetricType::Counter};
};

// ---- the others -----------------------------------------------------------------------------

void add_endpoints(const std::vector<const Shard*>& shards, const Census& census, Families& out) {
  FamilyBuilder requests("sluice_endpoint_requests_total", "Requests that an endpoint served.",
                         MetricType::Counter);
  FamilyBuilder up("sluice_endpoint_up", "1 when the endpoint may get requests.",
                   MetricType::Gauge);
  FamilyBuilder connections("sluice_upstream_connections", "Open connections to an endpoint.",
                            MetricType::Gauge);
  FamilyBuilder pending("sluice_upstream_requests_pending",
                        "Requests that wait for a place at an endpoint, because of its limits.",
                        MetricType::Gauge);
  for (const EndpointEntry& entry : census.endpoints) {
    const Sum<EndpointCounters> sum(shards, &Shard::endpoints, entry.slot);
    const LabelText upstream{"upstream", entry.upstream};
    const LabelText endpoint{"endpoint", entry.endpoint};
    for (std::size_t i = 0; i < kOutcomes; ++i)
      requests.add({upstream, endpoint, {"outcome", kOutcomeLabels[i]}},
                   number(sum([i](auto& it) -> auto& { return it.outcomes[i]; })));
    connections.add({upstream, endpoint, {"state", "active"}},
                    number(sum([](auto& it) -> auto& { return it.connections_active; })));
    connections.add({upstream, endpoint, {"state", "idle"}},
                    number(sum([](auto& it) -> auto& { return it.connections_idle; })));
    pending.add({upstream, endpoint},
                number(sum([](auto& it) -> auto& { return it.requests_pending; })));
    if (entry.present) up.add({upstream, endpoint}, entry.up ? 1 : 0);
  }
  for (FamilyBuilder* const family : {&requests, &up, &connections, &pending})
    out.push_back(family->take());
}

// By route, since a failure may come before there is an upstream; route "" before there is a route.
void add_listeners(const std::vector<ListenerGauge>& listeners, Families& out) {
  std::map<std::string, std::uint64_t> open;
  std::map<std::pair<std::string, std::string_view>, std::uint64_t> turned_away;
  for (const ListenerGauge& gauge : listeners) {
    open[gauge.listener] += gauge.open_connections();
    for (const auto& [reason, count] : gauge.refused())
      turned_away[{gauge.listener, reason}] += count;
  }
  FamilyBuilder connections("sluice_open_connections", "Open client connections.",
                            MetricType::Gauge);
  FamilyBuilder refused("sluice_connections_refused_total",
                        "Client connections turned away, by the limit that did it.",
                        MetricType::Counter);
  for (const auto& [listener, count] : open)
    connections.add({{"listener", listener}}, number(count));
  for (const auto& [key, count] : turned_away)
    refused.add({{"listener", key.first}, {"reason", key.second}}, number(count));
  out.push_back(connections.take());
  out.push_back(refused.take());
}

class FailureCounts {
 public:
  explicit FailureCounts(const IndexLabels& labels) : labels_(labels) {}

  // `count_of` gives the count of a kind by its index.
  template <class CountOf>
  void add(const std::string& route, CountOf count_of) {
    for (std::size_t kind = 0; kind < labels_.failures.size(); ++kind)
      if (const std::uint64_t count = count_of(kind)) counts_[{route, kind}] += count;
  }
  MetricFamily take() const {
    FamilyBuilder family("sluice_failures_total",
                         "Requests that failed, by kind; route \"\" when none was found.",
                         MetricType::Counter);
    for (const auto& [key, count] : counts_)
      family.add({{"route", key.first}, {"kind", labels_.failures[key.second]}}, number(count));
    return family.take();
  }

 private:
  const IndexLabels& labels_;
  std::map<std::pair<std::string, std::size_t>, std::uint64_t> counts_;
};

}  // namespace

TrafficMetrics::TrafficMetrics(std::vector<const Shard*> shards, const Catalogue& catalogue,
                               IndexLabels labels)
    : shards_(std::move(shards)), catalogue_(catalogue), labels_(std::move(labels)) {
  labels_.methods.resize(std::min(labels_.methods.size(), kMethods));
  labels_.reasons.resize(std::min(labels_.reasons.size(), kReasons));
  labels_.failures.resize(std::min(labels_.failures.size(), kFailures));
}

std::vector<MetricFamily> TrafficMetrics::Collect() const {
  const Census census = catalogue_.entries();
  Families out;
  ArmFamilies arms(labels_);
  FailureCounts failures(labels_);
  for (const ArmEntry& entry : census.arms) {
    const Sum<ArmCounters> sum(shards_, &Shard::arms, entry.slot);
    arms.add(entry, sum);
    failures.add(entry.route, [&](std::size_t kind) {
      return sum([kind](auto& it) -> auto& { return it.failures[kind]; });
    });
  }
  for (const Shard* const shard : shards_)
    failures.add("", [&](std::size_t kind) { return shard->unrouted.failures[kind].load(); });
  arms.move_to(out);
  out.push_back(failures.take());
  add_endpoints(shards_, census, out);

  {
    const std::lock_guard lock(mutex_);
    add_listeners(listeners_, out);
  }
  FamilyBuilder generation("sluice_generation", "Number of the newest routing snapshot.",
                           MetricType::Gauge);
  generation.add({}, number(census.generation));
  out.push_back(generation.take());
  return out;
}

}  // namespace sluice::telemetry

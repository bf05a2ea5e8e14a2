#include "proxy/data_plane.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>

#include "base/crypto.hpp"
#include "proxy/entrance.hpp"

namespace sluice::proxy {

namespace {

// Signals are for the control thread alone.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

// Calls `done` when it has been counted down `count` times, on the thread that does it last.
std::function<void()> after(std::size_t count, std::function<void()> done) {
  auto left = std::make_shared<std::atomic<std::size_t>>(count);
  return [left, done = std::move(done)] {
    if (left->fetch_sub(1, std::memory_order_acq_rel) == 1 && done) done();
  };
}

}  // namespace

DataPlane::DataPlane(std::size_t workers, std::uint64_t seed) : tls_contexts_(workers) {
  net::tls::TicketSeed ticket_seed{};
  random_bytes(ticket_seed);
  const net::tls::TicketKeys tickets(ticket_seed, std::chrono::steady_clock::now());
  for (std::size_t i = 0; i < workers; ++i) {
    const auto id = static_cast<net::WorkerId>(i);
    const upstream::WorkerShare share{static_cast<std::uint32_t>(i),
                                      static_cast<std::uint32_t>(workers)};
    units_.push_back(
        std::make_unique<Unit>(id, seed + 0x9e3779b97f4a7c15U * (i + 1), share, tickets));
    planes_.push_back(&units_.back()->plane);
  }
}

DataPlane::~DataPlane() {
  stop();
}

void DataPlane::log_to(telemetry::AccessLog& log) {
  for (std::size_t i = 0; i < planes_.size(); ++i) planes_[i]->log = &log.tap(i);
}

void DataPlane::trace_to(telemetry::TraceQueue& queue, double share) {
  for (WorkerPlane* const plane : planes_) {
    plane->traces = &queue;
    plane->forwarding.record_traces(share);
  }
}

void DataPlane::start() {
  running_ = true;
  for (auto& unit : units_) {
    unit->thread = std::thread([unit = unit.get()] {
      block_signals();
      unit->worker.run();
    });
  }
}

void DataPlane::publish(const std::shared_ptr<const routing::Snapshot>& snapshot,
                        std::function<void()> on_served) {
  const auto served = after(units_.size(), std::move(on_served));
  std::vector<upstream::WorkerTls> tls = tls_contexts_.of(*snapshot);
  for (std::size_t i = 0; i < units_.size(); ++i) {
    units_[i]->worker.post([plane = planes_[i], snapshot, served, tls = std::move(tls[i])] {
      plane->adopt(snapshot, tls);
      served();
    });
  }
}

void DataPlane::collect(std::vector<routing::SlowAfter> limits, Collected done) {
  struct Round {
    std::vector<routing::SlowAfter> limits;
    std::vector<routing::WatchReport> reports;  // by worker; each writes its own
  };
  auto round = std::make_shared<Round>(Round{std::move(limits), {}});
  round->reports.resize(units_.size());
  const auto collected =
      after(units_.size(), [round, done = std::move(done)] { done(std::move(round->reports)); });
  for (std::size_t i = 0; i < units_.size(); ++i) {
    Unit* const unit = units_[i].get();
    unit->worker.post([unit, i, round, collected] {
      round->reports[i] = unit->plane.watch.collect(unit->worker.now(), round->limits);
      collected();
    });
  }
}

// ---- listeners -----------------------------------------------------------------------------

// `before`: whose sockets and counts it gets; null: new ones. Errors: one sentence.
Result<std::shared_ptr<Listener>, std::string> DataPlane::make_listener(
    const ListenerSpec& spec, const std::shared_ptr<Listener>& before) const {
  const auto wanted = net::Address::parse(spec.bind);
  auto trusted = net::CidrSet::parse(spec.trusted_proxies);
  if (!wanted || !trusted) return Failure{"cannot listen on '" + spec.bind + "'"};
  auto tls = make_tls(spec);
  if (!tls) return Failure{tls.error()};
  auto headers = make_listener_headers(spec.response_headers);
  if (!headers) return Failure{headers.error()};
  auto listener = std::make_shared<Listener>();
  listener->spec = spec;
  listener->trusted = std::move(*trusted);
  listener->tls = std::move(tls).value();
  listener->access = routing::Access::make(spec.access, nullptr);
  listener->headers = std::move(headers).value();
  if (spec.hsts) listener->response_block = hsts_field(*spec.hsts);
  if (before != nullptr) {
    listener->address = before->address;
    listener->counts = before->counts;
    return listener;
  }
  auto bound = net::ListeningAddress::bind(
      *wanted, units_.size(), {spec.limits.connections, spec.limits.connections_per_client},
      spec.proxy_protocol ? listener->trusted : net::CidrSet());
  if (!bound) return Failure{std::move(bound).error()};
  listener->address = std::move(bound).value();
  return listener;
}

Result<DataPlane::Relisting, DataPlane::Unlistenable> DataPlane::prepare(
    const std::vector<ListenerSpec>& specs) const {
  Relisting change;
  change.closed = listeners_;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const ListenerSpec& spec = specs[i];
    const auto same = std::ranges::find_if(change.closed, [&](const auto& one) {
      return one->spec.name == spec.name && one->spec.bind == spec.bind;
    });
    if (same != change.closed.end() && (*same)->spec == spec) {
      change.next.push_back(*same);
      change.closed.erase(same);
      continue;
    }
    const bool known = same != change.closed.end();
    auto made = make_listener(spec, known ? *same : nullptr);
    if (!made) return Failure{Unlistenable{i, std::move(made).error()}};
    change.next.push_back(*made);
    if (known) {
      change.replaced.emplace_back(*same, *made);
      change.closed.erase(same);
    } else {
      change.opened.push_back(*made);
    }
  }
  return change;
}

void DataPlane::relist(Relisting change, std::function<void()> done) {
  listeners_ = std::move(change.next);
  for (const auto& listener : change.closed) listener->address->retire();
  for (const auto& [from, to] : change.replaced)
    to->address->admission().limit(
        {to->spec.limits.connections, to->spec.limits.connections_per_client});
  const auto shared = std::make_shared<const Relisting>(std::move(change));
  // The sockets of those that are closed go when no worker looks at them.
  const auto one_done = after(units_.size(), [shared, done = std::move(done)] {
    for (const auto& listener : shared->closed) listener->address->close();
    if (done) done();
  });
  for (auto& unit : units_)
    unit->worker.post([plane = &unit->plane, planes = planes_, shared, one_done] {
      for (const auto& listener : shared->opened) plane->listen(listener, planes);
      for (const auto& [from, to] : shared->replaced) plane->replace(*from, to, planes);
      for (const auto& listener : shared->closed) plane->leave(*listener);
      one_done();
    });
}

Result<std::vector<std::shared_ptr<Listener>>, std::string> DataPlane::open(
    const std::vector<ListenerSpec>& specs) {
  auto change = prepare(specs);
  if (!change)
    return Failure{"listener " + specs[change.error().index].name + ": " + change.error().why};
  relist(std::move(change).value(), {});
  return listeners_;
}

Result<DataPlane::TlsContexts, std::string> DataPlane::make_tls(const ListenerSpec& spec) const {
  TlsContexts made;
  if (!spec.tls) return made;
  for (WorkerPlane* const plane : planes_) {
    auto context = net::tls::ServerContext::make(*spec.tls, spec.name, plane->tickets);
    if (!context) return Failure{context.error()};
    made.push_back(std::move(context).value());
  }
  return made;
}

void DataPlane::begin_drain(std::function<void()> on_drained) {
  if (draining_) return;
  draining_ = true;
  const auto one_drained = after(units_.size(), [this, on_drained = std::move(on_drained)] {
    if (on_drained) on_drained();
    drained_.set_value();
  });
  // What a worker accepts last may be another's to serve: no gate closes before it has arrived.
  const auto one_stopped_accepting = after(units_.size(), [this, one_drained] {
    for (auto& unit : units_) {
      unit->worker.post([unit = unit.get(), one_drained] {
        unit->plane.begin_drain();
        unit->worker.gate().close(one_drained);
      });
    }
  });
  for (auto& unit : units_) {
    unit->worker.post([unit = unit.get(), one_stopped_accepting] {
      unit->plane.stop_accepting();
      one_stopped_accepting();
    });
  }
}

void DataPlane::stop() {
  if (!running_) return;
  running_ = false;
  begin_drain({});
  for (auto& unit : units_)
    unit->worker.post([unit = unit.get()] { unit->plane.close_everything(); });
  all_gone_.wait();
  for (auto& unit : units_) unit->worker.stop();
  for (auto& unit : units_) unit->thread.join();
}

std::vector<const telemetry::Shard*> DataPlane::shards() const {
  std::vector<const telemetry::Shard*> all;
  for (const auto& unit : units_) all.push_back(&unit->shard);
  return all;
}

}  // namespace sluice::proxy

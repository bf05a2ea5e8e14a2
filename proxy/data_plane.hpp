#pragma once
// All workers of the process: their threads, planes and shards. What the control plane acts
// through.
//
// Thread:    made, started and stopped by one thread (the main one); publish() from any one thread
//            at a time; shards() may be read by any.
// Invariant: `on_served` of a publish runs once every worker serves that snapshot, on the last
// one's
//            thread; publishes are served in the order in which they were made.
#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "net/worker.hpp"
#include "proxy/spec.hpp"
#include "proxy/worker_plane.hpp"
#include "telemetry/access_log.hpp"

namespace sluice::proxy {

class DataPlane {
 public:
  // `seed` of the workers' draws; each worker gets a stream of its own.
  DataPlane(std::size_t workers, std::uint64_t seed);
  ~DataPlane();
  DataPlane(const DataPlane&) = delete;
  DataPlane& operator=(const DataPlane&) = delete;

  // Workers write the access log from now on. Before start(); `log` outlives the plane.
  void log_to(telemetry::AccessLog& log);
  // Workers record that share of the traces that begin here. Before start(); `queue` outlives the
  // plane.
  void trace_to(telemetry::TraceQueue& queue, double share);
  void start();
  void publish(const std::shared_ptr<const routing::Snapshot>& snapshot,
               std::function<void()> on_served);

  // What all workers have seen of watched routes since the last time. `done` runs on one of them;
  // the limits hold for requests that begin from then on.
  using Collected = std::function<void(std::vector<routing::WatchReport>)>;
  void collect(std::vector<routing::SlowAfter> limits, Collected done);

  // What becomes of the listeners. Those that are new are bound; forgotten, they are closed again.
  struct Relisting {
    std::vector<std::shared_ptr<Listener>> next;    // all of them
    std::vector<std::shared_ptr<Listener>> opened;  // of these
    // By the same sockets, with other rules for those who come from now on.
    std::vector<std::pair<std::shared_ptr<Listener>, std::shared_ptr<Listener>>> replaced;
    std::vector<std::shared_ptr<Listener>> closed;
  };
  struct Unlistenable {
    std::size_t index = 0;  // of the listener
    std::string why;        // a sentence
  };
  // Those with a name and address that one had before keep its sockets.
  Result<Relisting, Unlistenable> prepare(const std::vector<ListenerSpec>& specs) const;
  // `done` runs on some worker when all serve it. Connections of what is closed drain.
  void relist(Relisting change, std::function<void()> done);
  // Both at once, for the first.
  Result<std::vector<std::shared_ptr<Listener>>, std::string> open(
      const std::vector<ListenerSpec>& specs);
  const std::vector<std::shared_ptr<Listener>>& listeners() const noexcept { return listeners_; }

  // Accepts no more; `on_drained` runs (on some worker) when the last connection has gone.
  void begin_drain(std::function<void()> on_drained);
  // Ends what is left, then the workers; waits for them.
  void stop();

  std::size_t workers() const noexcept { return units_.size(); }
  std::vector<const telemetry::Shard*> shards() const;

 private:
  Result<std::shared_ptr<Listener>, std::string> make_listener(
      const ListenerSpec& spec, const std::shared_ptr<Listener>& before) const;
  using TlsContexts = std::vector<std::shared_ptr<const net::tls::ServerContext>>;  // by worker
  Result<TlsContexts, std::string> make_tls(const ListenerSpec& spec) const;

  struct Unit {
    Unit(net::WorkerId id, std::uint64_t seed, upstream::WorkerShare share,
         const net::tls::TicketKeys& tickets)
        : worker(id), plane(worker, shard, seed, share, tickets) {}
    net::Worker worker;
    telemetry::Shard shard;
    WorkerPlane plane;
    std::thread thread;
  };
  std::vector<std::unique_ptr<Unit>> units_;
  std::vector<WorkerPlane*> planes_;
  upstream::TlsContexts tls_contexts_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::promise<void> drained_;
  std::future<void> all_gone_ = drained_.get_future();
  bool draining_ = false;
  bool running_ = false;
};

}  // namespace sluice::proxy

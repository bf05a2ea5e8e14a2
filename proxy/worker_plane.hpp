#pragma once
// Everything that one worker's data plane owns: the snapshot it serves, its upstream connections,
// its counters, its scratch objects, its client connections. Nothing in it is shared.
//
// Thread:    its worker's only; adopt(), listen() and drain() are posted to it.
// Invariant: the snapshot changes only between two events; a request keeps the one it began with.
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/listener.hpp"
#include "net/tls/handshake_failure.hpp"
#include "net/tls/server_context.hpp"
#include "net/worker.hpp"
#include "proxy/forwarded.hpp"
#include "proxy/listener_headers.hpp"
#include "proxy/message.hpp"
#include "proxy/retry.hpp"
#include "proxy/spec.hpp"
#include "proxy/upstream/pool.hpp"
#include "proxy/watch_book.hpp"
#include "routing/decide.hpp"
#include "routing/snapshot.hpp"
#include "telemetry/log_tap.hpp"
#include "telemetry/shard.hpp"
#include "telemetry/trace_queue.hpp"

namespace sluice::proxy {

// What a listener counts; the one that replaces it goes on with it. Thread: any.
struct ListenerCounts {
  net::tls::HandshakeCounts handshakes;
  std::atomic<std::uint64_t> bad_proxy_headers{0};
};

// A listener as all workers see it.
struct Listener {
  ListenerSpec spec;
  net::CidrSet trusted;
  std::shared_ptr<net::ListeningAddress> address;
  // By worker, each its own one's alone once it listens; empty without TLS.
  std::vector<std::shared_ptr<const net::tls::ServerContext>> tls = {};
  std::shared_ptr<ListenerCounts> counts = std::make_shared<ListenerCounts>();
  std::shared_ptr<const routing::Access> access = {};  // null: everybody
  std::string response_block = {};                     // field lines for responses over TLS
  ListenerHeaders headers = {};
};

// A snapshot pinned by this worker. Plain count: it never leaves the thread.
class SnapshotPin {
 public:
  SnapshotPin() = default;
  explicit SnapshotPin(std::shared_ptr<const routing::Snapshot> snapshot)
      : shared_(new Shared{std::move(snapshot), 1}) {}
  SnapshotPin(const SnapshotPin& other) noexcept : shared_(other.shared_) {
    if (shared_ != nullptr) ++shared_->pins;
  }
  SnapshotPin(SnapshotPin&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  SnapshotPin& operator=(SnapshotPin other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~SnapshotPin() {
    if (shared_ != nullptr && --shared_->pins == 0) delete shared_;
  }

  const routing::Snapshot& operator*() const noexcept { return *shared_->snapshot; }
  const routing::Snapshot* operator->() const noexcept { return shared_->snapshot.get(); }
  explicit operator bool() const noexcept { return shared_ != nullptr; }

 private:
  struct Shared {
    std::shared_ptr<const routing::Snapshot> snapshot;
    std::uint32_t pins;
  };
  Shared* shared_ = nullptr;
};

// A client connection as the plane keeps it, for draining.
class ClientEntry {
 public:
  virtual void close_if_idle() noexcept = 0;
  virtual void close_now() noexcept = 0;
  virtual const Listener& listener() const noexcept = 0;

 protected:
  ~ClientEntry() = default;
};

class WorkerPlane {
 public:
  // `share`: which of the process's workers it is; its part of the endpoints' limits.
  // All workers have the same tickets.
  WorkerPlane(net::Worker& worker, telemetry::Shard& shard, std::uint64_t seed,
              upstream::WorkerShare share, const net::tls::TicketKeys& tickets);
  WorkerPlane(const WorkerPlane&) = delete;
  WorkerPlane& operator=(const WorkerPlane&) = delete;

  // ---- posted by the control plane ----
  void adopt(std::shared_ptr<const routing::Snapshot> snapshot, const upstream::WorkerTls& tls);
  void listen(std::shared_ptr<Listener> listener, const std::vector<WorkerPlane*>& planes);
  // Who comes from now on comes by `to`, which has the sockets of `from`.
  void replace(const Listener& from, const std::shared_ptr<Listener>& to,
               const std::vector<WorkerPlane*>& planes);
  // Accepts there what has been queued, and no more; its connections drain.
  void leave(const Listener& listener);
  // Accepts what has been queued, and no more. It may go to other workers: they begin to drain when
  // all have stopped accepting.
  void stop_accepting();
  // Closes idle connections, lets the rest finish their request.
  void begin_drain();
  void close_everything();

  // Takes over a connected descriptor. Path: per connection.
  void serve(std::shared_ptr<Listener> listener, int descriptor, const net::Address& peer);

  // ---- for exchanges and connections of this worker ----
  RetryBudget& retry_budget(const routing::Upstream& upstream) noexcept {
    return retry_budgets_[upstream.slot];
  }
  using Clients = std::list<ClientEntry*>;
  Clients clients;
  bool draining = false;
  bool closing_everything = false;
  SnapshotPin snapshot;
  net::Worker& worker;
  net::tls::TicketKeys tickets;
  telemetry::Shard& shard;
  telemetry::LogTap* log = nullptr;         // where lines of the access log go; null: it is off
  telemetry::TraceQueue* traces = nullptr;  // where spans go; null: none are recorded
  upstream::Pools pools;
  routing::WorkerDraw draw;
  WatchBook watch;
  ForwardingBuilder forwarding;
  RequestHead request;    // the head that is being looked at; void after a suspension
  ResponseHead response;  // likewise
  std::string host_buffer;
  std::string path_buffer;
  std::string target_buffer;
  std::string field_block;
  std::vector<char> head_out;  // where a response head is written

 private:
  struct Acceptance {
    std::shared_ptr<Listener> listener;
    std::unique_ptr<net::Acceptor> acceptor;
  };
  std::vector<Acceptance> acceptances_;
  std::vector<RetryBudget> retry_budgets_;  // by upstream slot, of the newest snapshot
};

}  // namespace sluice::proxy

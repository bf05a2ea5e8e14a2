#include "proxy/worker_plane.hpp"

#include "proxy/http1/client_connection.hpp"

namespace sluice::proxy {

WorkerPlane::WorkerPlane(net::Worker& worker_, telemetry::Shard& shard_, std::uint64_t seed,
                         upstream::WorkerShare share, const net::tls::TicketKeys& tickets_)
    : worker(worker_),
      tickets(tickets_),
      shard(shard_),
      pools(worker_, shard_, share),
      draw(seed),
      watch(shard_, draw.random) {
  draw.in_flight = pools.in_flight();
}

void WorkerPlane::adopt(std::shared_ptr<const routing::Snapshot> next,
                        const upstream::WorkerTls& tls) {
  pools.adopt(*next, tls);
  draw.adopt(*next);
  retry_budgets_.resize(next->slots.upstream_count());  // slots stay: it only grows
  for (const routing::Route& route : next->routes) {
    for (const routing::Arm& arm : route.arms) shard.arms.ensure(arm.slot);
    if (route.spec.answers_itself()) shard.arms.ensure(route.own_slot);
  }
  watch.adopt(*next);
  snapshot = SnapshotPin(std::move(next));
}

namespace {

net::Acceptor::OnConnection served_by(std::shared_ptr<Listener> listener,
                                      std::vector<WorkerPlane*> planes) {
  return [listener = std::move(listener), planes = std::move(planes)](
             std::size_t index, int descriptor, const net::Address& peer) {
    planes[index]->serve(listener, descriptor, peer);
  };
}

}  // namespace

void WorkerPlane::listen(std::shared_ptr<Listener> listener,
                         const std::vector<WorkerPlane*>& planes) {
  std::vector<net::Worker*> workers;
  for (WorkerPlane* const plane : planes) workers.push_back(&plane->worker);
  auto acceptor = std::make_unique<net::Acceptor>(worker, std::move(workers), *listener->address,
                                                  served_by(listener, planes));
  acceptances_.push_back({std::move(listener), std::move(acceptor)});
}

void WorkerPlane::replace(const Listener& from, const std::shared_ptr<Listener>& to,
                          const std::vector<WorkerPlane*>& planes) {
  for (Acceptance& acceptance : acceptances_) {
    if (acceptance.listener.get() != &from) continue;
    acceptance.acceptor->hand_to(served_by(to, planes));
    acceptance.listener = to;
  }
}

void WorkerPlane::leave(const Listener& listener) {
  for (Acceptance& acceptance : acceptances_)
    if (acceptance.listener.get() == &listener) acceptance.acceptor->close();
  for (ClientEntry* const client : clients)
    if (client->listener().address == listener.address) client->close_if_idle();
  std::erase_if(acceptances_, [&](const Acceptance& it) { return it.listener.get() == &listener; });
}

void WorkerPlane::serve(std::shared_ptr<Listener> listener, int descriptor,
                        const net::Address& peer) {
  auto connection =
      std::make_unique<http1::ClientConnection>(*this, std::move(listener), descriptor, peer);
  if (closing_everything) return;  // and the connection with it
  worker.gate().enter(http1::serve(std::move(connection)));
}

void WorkerPlane::stop_accepting() {
  for (Acceptance& acceptance : acceptances_) acceptance.acceptor->close();
}

void WorkerPlane::begin_drain() {
  if (draining) return;
  draining = true;
  for (ClientEntry* const client : clients) client->close_if_idle();
  pools.close_idle();
}

void WorkerPlane::close_everything() {
  closing_everything = true;
  stop_accepting();
  begin_drain();
  for (ClientEntry* const client : clients) client->close_now();
}

}  // namespace sluice::proxy

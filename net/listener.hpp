#pragma once
// A listening address shared by all workers, and the part of it that runs on each.
//
// Every worker has a socket of its own (SO_REUSEPORT; a Unix path is one socket watched by all).
// The kernel's spread over them is uneven at small numbers, so a worker that already has more
// connections than the emptiest one hands a fresh descriptor over: after that it never moves.
//
// Thread:    ListeningAddress is made by one thread and then read by all, until one closes it;
//            Acceptor is its worker's.
// Invariant: whoever is not admitted (net/admission.hpp) is accepted and closed at once. When the
//            process is short of descriptors accepting pauses, nothing spins, and an eighth of them
//            is left for what the connections inside need: upstreams, files, the admin listener.
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/address.hpp"
#include "net/admission.hpp"
#include "net/deadline_wheel.hpp"
#include "net/stream.hpp"

namespace sluice::net {

class Worker;

class ListeningAddress {
 public:
  // Binds one socket a worker. Port 0: the system picks one, the same for all. `proxies` speak for
  // others: no limit for each client applies to them.
  // Errors: a sentence for people: "cannot listen on 0.0.0.0:80: Permission denied".
  static Result<std::unique_ptr<ListeningAddress>, std::string> bind(const Address& address,
                                                                     std::size_t workers,
                                                                     ConnectionLimits limits,
                                                                     CidrSet proxies = {});
  ~ListeningAddress();
  ListeningAddress(const ListeningAddress&) = delete;
  ListeningAddress& operator=(const ListeningAddress&) = delete;

  // It is configured no more: its connections are to end.
  void retire() noexcept { retired_.store(true, std::memory_order_relaxed); }
  bool retired() const noexcept { return retired_.load(std::memory_order_relaxed); }
  // Nobody accepts here any more, on any worker: the address is free for others.
  void close() noexcept;

  const Address& bound() const noexcept { return bound_; }
  int descriptor(std::size_t worker) const noexcept { return descriptors_[worker]; }

  // ---- connection counts: touched when a connection comes or goes, not by requests ----
  std::uint32_t connections(std::size_t worker) const noexcept {
    return counts_[worker].value.load(std::memory_order_relaxed);
  }
  std::size_t emptiest_worker() const noexcept;
  // As what a peer counts.
  ClientKey key_of(const Address& peer) const noexcept {
    return proxies_.contains(peer) ? ClientKey{} : client_key(peer);
  }
  // False when the client is not admitted. Also counts one that is still on its way to that worker.
  bool add_connection(std::size_t worker, const ClientKey& client);
  void remove_connection(std::size_t worker, const ClientKey& client) noexcept;
  Admission& admission() noexcept { return admission_; }
  const Admission& admission() const noexcept { return admission_; }
  // Descriptors from this number on are not for clients.
  int first_reserved_descriptor() const noexcept { return first_reserved_; }

 private:
  struct alignas(64) Count {
    std::atomic<std::uint32_t> value{0};
  };
  ListeningAddress(Address bound, std::size_t workers, ConnectionLimits limits, CidrSet proxies);
  Result<int, std::string> open_and_listen(const Address& address) const;

  Address bound_;
  Admission admission_;
  CidrSet proxies_;
  int first_reserved_;
  std::vector<int> descriptors_;
  std::vector<Count> counts_;
  std::atomic<bool> retired_{false};
};

class Acceptor final : public EventSource, private Deadline {
 public:
  // `on_connection(worker, descriptor, peer)` is called on the worker that shall serve it, which
  // then owns the descriptor and one connection of the count.
  using OnConnection = std::function<void(std::size_t worker, int descriptor, const Address& peer)>;

  Acceptor(Worker& self, std::vector<Worker*> workers, ListeningAddress& address,
           OnConnection on_connection);
  ~Acceptor() override;
  void close();  // accepts what is queued; whoever comes later is refused by the kernel
  // Who comes from now on goes there.
  void hand_to(OnConnection on_connection) { on_connection_ = std::move(on_connection); }
  void on_events(std::uint32_t events) override;

 private:
  void on_deadline() override;
  bool accept_one();
  void place(int descriptor, const Address& peer);
  void pause();

  Worker& self_;
  std::vector<Worker*> workers_;
  ListeningAddress& address_;
  OnConnection on_connection_;
  bool open_ = true;
};

}  // namespace sluice::net

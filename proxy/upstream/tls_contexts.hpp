#pragma once
// The TLS contexts of all upstreams: one for each worker, kept from snapshot to snapshot for as
// long as what is written about them stays the same.
//
// Thread: the one that publishes.   Path: cold.
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/tls/client_context.hpp"
#include "routing/snapshot.hpp"

namespace sluice::proxy::upstream {

using TlsContext = std::shared_ptr<const net::tls::ClientContext>;
// Of one worker, by the index of the upstream. Null: it is plain, or (`tls` written all the same)
// there is none, and no connection either.
using WorkerTls = std::vector<TlsContext>;

class TlsContexts {
 public:
  explicit TlsContexts(std::size_t workers) : workers_(workers) {}

  // By worker.
  std::vector<WorkerTls> of(const routing::Snapshot& snapshot);

 private:
  struct Made {
    ClientTlsSpec spec;
    std::vector<TlsContext> by_worker;
  };
  Made make(const ClientTlsSpec& spec) const;

  std::size_t workers_;
  std::map<std::string, Made> made_;  // by upstream
};

}  // namespace sluice::proxy::upstream

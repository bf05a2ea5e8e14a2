#include "proxy/upstream/tls_contexts.hpp"

namespace sluice::proxy::upstream {

// What does not work has been refused with the configuration; what breaks since then is no
// connection, never a plain one.
TlsContexts::Made TlsContexts::make(const ClientTlsSpec& spec) const {
  Made made{spec, {}};
  for (std::size_t worker = 0; worker < workers_; ++worker) {
    auto context = net::tls::ClientContext::make(spec);
    made.by_worker.push_back(context ? std::move(context).value() : nullptr);
  }
  return made;
}

std::vector<WorkerTls> TlsContexts::of(const routing::Snapshot& snapshot) {
  std::vector<WorkerTls> out(workers_, WorkerTls(snapshot.upstreams.size()));
  std::map<std::string, Made> kept;
  for (std::size_t i = 0; i < snapshot.upstreams.size(); ++i) {
    const routing::Upstream& upstream = snapshot.upstreams[i];
    if (!upstream.spec.tls) continue;
    const auto before = made_.find(upstream.name);
    Made made = before != made_.end() && before->second.spec == *upstream.spec.tls
                    ? std::move(before->second)
                    : make(*upstream.spec.tls);
    for (std::size_t worker = 0; worker < workers_; ++worker)
      out[worker][i] = made.by_worker[worker];
    kept.emplace(upstream.name, std::move(made));
  }
  made_ = std::move(kept);
  return out;
}

}  // namespace sluice::proxy::upstream

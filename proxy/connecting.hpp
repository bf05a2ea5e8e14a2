#pragma once
// What a connection to an upstream begins with, and what it means that there is none.
//
// Thread: the worker's.   Path: cold: when no idle connection would do.
#include <string>
#include <string_view>

#include "proxy/failure.hpp"
#include "proxy/forwarded.hpp"
#include "proxy/upstream/pool.hpp"
#include "routing/spec.hpp"

namespace sluice::proxy {

struct ConnectRefusal {
  FailureKind failure;
  std::string_view detail;
};

// Why there is no connection.
ConnectRefusal refusal_of(const upstream::Leased& leased) noexcept;

// What the upstream wants to hear of the client before anything else: a PROXY header, or nothing.
std::string preface_for(const routing::UpstreamSpec& spec, const Peer& peer);

}  // namespace sluice::proxy

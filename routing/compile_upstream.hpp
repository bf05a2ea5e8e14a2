#pragma once
// An upstream of the snapshot: its endpoints, and which of them a request may be given to.
//
// Thread:    any. Path: cold.
#include "routing/compile.hpp"
#include "routing/slots.hpp"
#include "routing/snapshot.hpp"

namespace sluice::routing {

// `slots`: those of the snapshot that is being made.
Upstream compile_upstream(const UpstreamSpec& spec, const CompileInput& in, SlotRegistry& slots);

}  // namespace sluice::routing

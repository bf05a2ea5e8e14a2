#pragma once
// A snapshot in the words of the metrics.
#include "routing/snapshot.hpp"
#include "telemetry/catalogue.hpp"

namespace sluice::control {

// Thread: any. Path: cold.
telemetry::Census census_of(const routing::Snapshot& snapshot);

}  // namespace sluice::control

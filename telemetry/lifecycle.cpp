#include "telemetry/lifecycle.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace sluice::telemetry {

LifecycleMetrics::LifecycleMetrics(const std::string& version)
    : registry_(std::make_shared<prometheus::Registry>()) {
  prometheus::BuildGauge()
      .Name("sluice_build_info")
      .Help("Always 1; the label is the version.")
      .Register(*registry_)
      .Add({{"version", version}}, 1);
  last_successful_ = &prometheus::BuildGauge()
                          .Name("sluice_config_last_reload_successful")
                          .Help("1 when the last configuration that was read is served.")
                          .Register(*registry_)
                          .Add({}, 1);
  auto& reloads = prometheus::BuildCounter()
                      .Name("sluice_config_reloads_total")
                      .Help("Configurations read again while running.")
                      .Register(*registry_);
  successes_ = &reloads.Add({{"result", "success"}});
  failures_ = &reloads.Add({{"result", "failure"}});
}

void LifecycleMetrics::reloaded(bool successful) {
  last_successful_->Set(successful ? 1 : 0);
  (successful ? successes_ : failures_)->Increment();
}

}  // namespace sluice::telemetry

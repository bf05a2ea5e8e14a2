#pragma once
// The only writer of what the data plane serves: takes commands one after the other, compiles the
// next snapshot, publishes it.
//
// Thread: any one at a time (the control thread in the program). Path: cold.
// Errors: apply() changes nothing when it returns one.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "routing/compile.hpp"
#include "routing/snapshot.hpp"
#include "routing/spec.hpp"

namespace sluice::control {

class Control {
 public:
  using Published = std::function<void()>;  // every worker serves it
  using Publish = std::function<void(std::shared_ptr<const routing::Snapshot>, Published)>;

  explicit Control(Publish publish) : publish_(std::move(publish)) {}

  // A new configuration. Sticky keys: raw bytes, newest first, at least one.
  Result<std::uint64_t, std::vector<std::string>> apply(routing::RoutingSpec spec,
                                                        std::vector<std::string> sticky_keys,
                                                        Published on_served);
  // A host name has these addresses now, sorted. Publishes nothing when it had them before.
  void resolved(const std::string& name, std::vector<std::string> addresses);
  // What checks and traffic say of the endpoints now; of those that are not named, nothing.
  void judged(const routing::FitnessMap& fitness);
  // What an operator wants of an endpoint.
  void assigned(const routing::EndpointName& endpoint, routing::Service service);

  // The newest snapshot; null before the first apply().
  const std::shared_ptr<const routing::Snapshot>& current() const noexcept { return current_; }

 private:
  void change(routing::CompileInput input);
  Result<std::uint64_t, std::vector<std::string>> compile_and_publish(routing::CompileInput input,
                                                                      Published on_served);

  Publish publish_;
  routing::CompileInput input_;  // of `current_`; `previous` is left empty
  std::shared_ptr<const routing::Snapshot> current_;
};

}  // namespace sluice::control

#include "control/control.hpp"

#include <utility>

namespace sluice::control {

Result<std::uint64_t, std::vector<std::string>> Control::compile_and_publish(
    routing::CompileInput input, Published on_served) {
  input.previous = current_;
  input.generation = current_ ? current_->generation + 1 : 1;
  auto compiled = routing::compile(input);
  if (!compiled) return Failure{std::move(compiled).error()};
  current_ = std::move(compiled).value();
  input.previous.reset();
  input_ = std::move(input);
  publish_(current_, std::move(on_served));
  return current_->generation;
}

Result<std::uint64_t, std::vector<std::string>> Control::apply(routing::RoutingSpec spec,
                                                               std::vector<std::string> sticky_keys,
                                                               Published on_served) {
  routing::CompileInput next = input_;
  next.spec = std::move(spec);
  next.sticky_keys = std::move(sticky_keys);
  return compile_and_publish(std::move(next), std::move(on_served));
}

void Control::resolved(const std::string& name, std::vector<std::string> addresses) {
  const auto known = input_.resolutions.find(name);
  if (known != input_.resolutions.end() && known->second == addresses) return;
  routing::CompileInput next = input_;
  next.resolutions[name] = std::move(addresses);
  change(std::move(next));
}

void Control::judged(const routing::FitnessMap& fitness) {
  if (fitness == input_.fitness) return;
  routing::CompileInput next = input_;
  next.fitness = fitness;
  change(std::move(next));
}

void Control::assigned(const routing::EndpointName& endpoint, routing::Service service) {
  routing::CompileInput next = input_;
  routing::Service& present = next.services[endpoint];
  if (std::exchange(present, service) != service) change(std::move(next));
}

// The configuration is the one that compiled before.
void Control::change(routing::CompileInput input) {
  if (current_)
    (void)compile_and_publish(std::move(input), {});
  else
    input_ = std::move(input);  // remembered for the first configuration
}

}  // namespace sluice::control

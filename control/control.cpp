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
  if (!current_) {  // nothing is served yet: remembered for the first configuration
    input_ = std::move(next);
    return;
  }
  // Only the addresses differ from what compiled before.
  (void)compile_and_publish(std::move(next), {});
}

}  // namespace sluice::control

#pragma once
// What a running server tells whoever looks at its output.
//
// Thread:    the control thread's; never waits. A reader that has stopped reading loses lines: it
//            must not hold up signals and reloads.
#include <string_view>

namespace sluice::app {

// One or more whole lines, to stdout or stderr.
void tell(std::string_view lines) noexcept;
void complain(std::string_view lines) noexcept;

}  // namespace sluice::app

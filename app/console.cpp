#include "app/console.hpp"

#include <algorithm>

#include <limits.h>
#include <poll.h>
#include <unistd.h>

namespace sluice::app {
namespace {

// A pipe that is ready for writing takes PIPE_BUF bytes at once.
void write_if_taken(int descriptor, std::string_view lines) noexcept {
  while (!lines.empty()) {
    pollfd ready{descriptor, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return;
    const std::size_t size = std::min<std::size_t>(lines.size(), PIPE_BUF);
    const ssize_t written = ::write(descriptor, lines.data(), size);
    if (written <= 0) return;
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void tell(std::string_view lines) noexcept {
  write_if_taken(STDOUT_FILENO, lines);
}

void complain(std::string_view lines) noexcept {
  write_if_taken(STDERR_FILENO, lines);
}

}  // namespace sluice::app

#include "app/screen.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <string>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace sluice::app {
namespace {

// ECMA-48, and the alternate screen of xterm.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kEndOfLine = "\x1b[K";
constexpr std::string_view kEndOfScreen = "\x1b[J";

volatile std::sig_atomic_t ended = 0;

// Without SA_RESTART: whoever waits for an answer does so no longer.
struct sigaction take(int signal) {
  struct sigaction ours {};
  ours.sa_handler = [](int) { ended = 1; };
  struct sigaction before {};
  ::sigaction(signal, &ours, &before);
  return before;
}

std::size_t rows_of_terminal() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

}  // namespace

Screen::Screen()
    : terminal_(::isatty(STDOUT_FILENO) == 1), interrupt_(take(SIGINT)), terminate_(take(SIGTERM)) {
  ended = 0;
  if (terminal_) std::cout << kEnter << std::flush;
}

Screen::~Screen() {
  if (terminal_) std::cout << kLeave << std::flush;
  ::sigaction(SIGINT, &interrupt_, nullptr);
  ::sigaction(SIGTERM, &terminate_, nullptr);
}

// Line by line over what is there, so that nothing flickers; what does not fit is left out.
void Screen::show(std::string_view page) {
  if (!terminal_) {
    std::cout << page << '\n' << std::flush;
    return;
  }
  std::string out(kHome);
  for (std::size_t row = 1, rows = rows_of_terminal(); !page.empty() && row < rows; ++row) {
    const std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(line.size() + 1, page.size()));
    out.append(line).append(kEndOfLine).append("\r\n");
  }
  std::cout << out << kEndOfScreen << std::flush;
}

bool Screen::wait(std::chrono::milliseconds time) const {
  if (ended == 0) ::poll(nullptr, 0, static_cast<int>(time.count()));
  return ended == 0 && std::cout.good();
}

}  // namespace sluice::app

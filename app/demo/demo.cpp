#include "app/demo/demo.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/demo/stage.hpp"
#include "app/demo/table.hpp"
#include "app/verbs.hpp"

namespace sluice::app::demo {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kRedraw{500};     // on a terminal
constexpr milliseconds kReprint{5'000};  // elsewhere: each print stays

class Show {
 public:
  Show(const Plan& plan, const Look& look, std::ostream& out)
      : plan_(plan), look_(look), out_(out), stage_(plan) {}

  int run();

 private:
  void introduce();
  void await_end();
  void await_redraw();
  void redraw();
  void end();
  milliseconds elapsed() const;

  const Plan& plan_;
  const Look& look_;
  std::ostream& out_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGINT, SIGTERM};
  asio::steady_timer end_timer_{io_};
  asio::steady_timer redraw_timer_{io_};
  Clock::time_point began_;
  Clock::time_point drawn_at_;
  std::uint64_t answers_drawn_ = 0;
  std::size_t lines_drawn_ = 0;
  Stage stage_;  // posts to io_, so it goes first
};

int Show::run() {
  const auto opened = stage_.open([this] { asio::post(io_, [this] { end(); }); });
  if (!opened) {
    std::cerr << "sluice: " << opened.error() << '\n';
    return kExitFailed;
  }
  began_ = drawn_at_ = Clock::now();
  introduce();
  await_end();
  if (!plan_.headless) await_redraw();
  io_.run();

  const milliseconds time = elapsed();
  stage_.close();
  const Count count = stage_.tally().count();
  if (look_.terminal && lines_drawn_ > 0) out_ << "\x1b[" << lines_drawn_ << "F\x1b[J";
  const double seconds = static_cast<double>(std::max(time, milliseconds(1)).count()) / 1000;
  out_ << draw_table({count, time, static_cast<double>(count.answers) / seconds, look_.colour})
       << '\n'
       << draw_verdict(count, look_.colour) << std::flush;
  return is_as_configured(count) ? kExitOk : kExitFailed;
}

void Show::introduce() {
  out_ << "proxy    " << stage_.proxy_url() << "   try: curl " << stage_.proxy_url() << '\n'
       << "metrics  " << stage_.admin_url() << "/metrics\n";
  if (!plan_.duration && !plan_.requests) out_ << "Ctrl-C ends it\n";
  out_ << std::endl;
}

void Show::await_end() {
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (!error) end();
  });
  if (!plan_.duration) return;
  end_timer_.expires_after(*plan_.duration);
  end_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) end();
  });
}

void Show::end() {
  signals_.cancel();
  end_timer_.cancel();
  redraw_timer_.cancel();
}

void Show::await_redraw() {
  redraw_timer_.expires_after(look_.terminal ? kRedraw : kReprint);
  redraw_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    redraw();
    await_redraw();
  });
}

void Show::redraw() {
  const Count count = stage_.tally().count();
  const auto now = Clock::now();
  const std::chrono::duration<double> since = now - drawn_at_;
  const double rate = static_cast<double>(count.answers - answers_drawn_) / since.count();
  drawn_at_ = now;
  answers_drawn_ = count.answers;
  const std::string table = draw_table({count, elapsed(), rate, look_.colour});
  if (look_.terminal && lines_drawn_ > 0) out_ << "\x1b[" << lines_drawn_ << "F\x1b[J";
  out_ << table << std::flush;
  lines_drawn_ = static_cast<std::size_t>(std::count(table.begin(), table.end(), '\n'));
}

milliseconds Show::elapsed() const {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - began_);
}

}  // namespace

int play(const Plan& plan, const Look& look, std::ostream& out) {
  return Show(plan, look, out).run();
}

}  // namespace sluice::app::demo

#include "app/demo/demo.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <deque>
#include <iostream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/demo/stage.hpp"
#include "app/demo/story.hpp"
#include "app/demo/table.hpp"
#include "app/verbs.hpp"

namespace sluice::app::demo {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kRedraw{500};     // on a terminal
constexpr milliseconds kReprint{5'000};  // elsewhere: each print stays
constexpr milliseconds kWatch{50};       // of a story
constexpr std::size_t kPastKept = 5;     // pictures

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
  void await_scene();
  void follow(const Cue& cue);
  void tell(const std::string& line);
  void wipe();
  Count of_late(Count count);
  int close_story();
  int close_split(milliseconds time, const Count& count);
  void end();
  milliseconds elapsed() const;

  const Plan& plan_;
  const Look& look_;
  std::ostream& out_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGINT, SIGTERM};
  asio::steady_timer end_timer_{io_};
  asio::steady_timer redraw_timer_{io_};
  asio::steady_timer scene_timer_{io_};
  Story story_;
  std::optional<bool> happened_;  // all of the story
  Clock::time_point began_;
  Clock::time_point drawn_at_;
  std::uint64_t answers_drawn_ = 0;
  double rate_ = 0;
  std::size_t lines_drawn_ = 0;
  std::deque<Count> past_;
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
  if (plan_.story) await_scene();
  io_.run();

  const milliseconds time = elapsed();
  stage_.close();
  wipe();
  return plan_.story ? close_story() : close_split(time, stage_.tally().count());
}

int Show::close_split(milliseconds time, const Count& count) {
  const double seconds = static_cast<double>(std::max(time, milliseconds(1)).count()) / 1000;
  out_ << draw_table({count, time, static_cast<double>(count.answers) / seconds, look_.colour})
       << '\n'
       << draw_verdict(count, look_.colour) << std::flush;
  return is_as_configured(count) ? kExitOk : kExitFailed;
}

int Show::close_story() {
  const bool good = happened_.value_or(false);
  out_ << '\n' << (good ? "ok: all of it happened" : "failed: not all of it happened") << std::endl;
  return good ? kExitOk : kExitFailed;
}

// ---- the story -------------------------------------------------------------------------------

void Show::await_scene() {
  scene_timer_.expires_after(kWatch);
  scene_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    follow(story_.step(elapsed(), stage_.scene()));
    if (!happened_) await_scene();
  });
}

void Show::follow(const Cue& cue) {
  for (const std::string& line : cue.lines) tell(line);
  stage_.perform(cue);
  if (!cue.end) return;
  happened_ = cue.end;
  end();
}

// Above the table, where it stays.
void Show::tell(const std::string& line) {
  wipe();
  char time[32];
  std::snprintf(time, sizeof time, "[%5.1f s] ", static_cast<double>(elapsed().count()) / 1000);
  out_ << time << line << '\n';
  if (!plan_.headless && look_.terminal) redraw();
  out_ << std::flush;
}

void Show::wipe() {
  if (look_.terminal && lines_drawn_ > 0) out_ << "\x1b[" << lines_drawn_ << "F\x1b[J";
  lines_drawn_ = 0;
}

void Show::introduce() {
  out_ << "proxy    " << stage_.proxy_url() << "   try: curl " << stage_.proxy_url() << '\n'
       << "metrics  " << stage_.admin_url() << "/metrics\n";
  if (plan_.story)
    out_ << "guard    "
         << "curl " << stage_.admin_url() << "/api/v1/routes/demo/guard\n";
  else if (!plan_.duration && !plan_.requests)
    out_ << "Ctrl-C ends it\n";
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
  scene_timer_.cancel();
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
  Count count = stage_.tally().count();
  const auto now = Clock::now();
  const std::chrono::duration<double> since = now - drawn_at_;
  const double rate = static_cast<double>(count.answers - answers_drawn_) / since.count();
  if (since > kRedraw / 2) {
    drawn_at_ = now;
    answers_drawn_ = count.answers;
    rate_ = rate;
  }
  if (plan_.story) count = of_late(std::move(count));
  const std::string table = draw_table({count, elapsed(), rate_, look_.colour});
  wipe();
  out_ << table << std::flush;
  lines_drawn_ = static_cast<std::size_t>(std::count(table.begin(), table.end(), '\n'));
}

// Weights move in a story: what has come in the last seconds is held against those of now.
Count Show::of_late(Count count) {
  past_.push_back(count);
  if (past_.size() > kPastKept) past_.pop_front();
  const Count& before = past_.front();
  const double canary_share = stage_.scene().canary_share;
  for (std::size_t i = 0; i < count.variants.size(); ++i) {
    count.variants[i].answers -= before.variants[i].answers;
    count.variants[i].configured = i + 1 == count.variants.size() ? canary_share : 1 - canary_share;
  }
  count.answers -= before.answers;
  count.errors -= before.errors;
  return count;
}

milliseconds Show::elapsed() const {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - began_);
}

}  // namespace

int play(const Plan& plan, const Look& look, std::ostream& out) {
  return Show(plan, look, out).run();
}

}  // namespace sluice::app::demo

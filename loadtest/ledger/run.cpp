#include "loadtest/ledger/run.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <unistd.h>

#include "loadtest/ledger/client.hpp"
#include "loadtest/ledger/faults.hpp"
#include "loadtest/ledger/judge.hpp"
#include "loadtest/ledger/report.hpp"
#include "loadtest/ledger/subject.hpp"

namespace ledger {
namespace {

// So much of the traffic comes before the first measure of the proxy at rest: buffers and pools
// have their size then, and what grows afterwards is a leak.
constexpr std::uint64_t kWarmUpPercent = 25;
constexpr std::uint64_t kWarmUpMin = 10'000;  // or half of a run that is shorter than twice that
constexpr std::chrono::milliseconds kTick{2};
constexpr int kViolated = 1;
constexpr int kNotRun = 2;
constexpr int kInterrupted = 130;

std::atomic<int> interrupted{0};
static_assert(std::atomic<int>::is_always_lock_free);

// The first asks for an orderly end; after the second the children die because their parent has.
void on_signal(int) {
  if (interrupted.exchange(1) != 0) ::_exit(kInterrupted);
}

class Folder {
 public:
  // Ledgers are appended to: a folder that is given has to be empty.
  explicit Folder(const std::string& given) : kept_(!given.empty()) {
    std::error_code problem;
    if (!given.empty()) {
      std::filesystem::create_directories(given, problem);
      if (std::filesystem::is_empty(given, problem) && !problem) path_ = given;
      return;
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "ledger-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    if (!kept_ && !path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const noexcept { return path_; }
  void keep() noexcept { kept_ = true; }

 private:
  std::string path_;
  bool kept_;
};

class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options), folder_(options.folder) {}
  int go();

 private:
  bool start();
  bool drive(Clients& clients, Faults& faults, std::uint64_t last);
  bool all_alive(std::uint64_t begun);
  int finish(const Clients& clients, const Faults& faults);
  int fail(const std::string& what);
  void show(std::uint64_t begun);
  void reload_at_times(std::uint64_t begun);

  const RunOptions& options_;
  Folder folder_;
  Fleet fleet_;
  std::unique_ptr<Subject> subject_;
  Evidence evidence_;
  Clock::time_point shown_ = Clock::now();
  std::uint64_t reloads_ = 0;
  int exit_code_ = 0;
};

int Run::fail(const std::string& what) {
  folder_.keep();
  const std::string place = folder_.path().empty() ? "" : "; see " + folder_.path();
  std::fprintf(stderr, "ledger: %s%s\n", what.c_str(), place.c_str());
  return kNotRun;
}

bool Run::start() {
  fleet_ = start_fleet(folder_.path(), options_.seed);
  if (fleet_.empty()) return false;
  for (const auto& endpoint : fleet_) evidence_.servers.push_back(endpoint->name());
  subject_ = options_.lie.empty()
                 ? Subject::start_proxy(options_.sluice, folder_.path(), fleet_, options_.route)
                 : Subject::start_liar(options_.lie, folder_.path(), fleet_, options_.seed);
  return subject_ != nullptr;
}

void Run::show(std::uint64_t begun) {
  if (::isatty(STDERR_FILENO) == 0 || Clock::now() < shown_ + std::chrono::seconds(5)) return;
  shown_ = Clock::now();
  std::fprintf(stderr, "ledger: %llu of %llu\n", static_cast<unsigned long long>(begun),
               static_cast<unsigned long long>(options_.requests));
}

void Run::reload_at_times(std::uint64_t begun) {
  if (options_.reload_every == 0 || begun < (reloads_ + 1) * options_.reload_every) return;
  subject_->reload();
  ++reloads_;
}

bool Run::all_alive(std::uint64_t begun) {
  if (!subject_->alive()) {
    std::printf("verdict: VIOLATED: the proxy has died at request %s\n",
                std::to_string(begun).c_str());
    exit_code_ = kViolated;
    folder_.keep();
  }
  for (const auto& endpoint : fleet_)
    if (endpoint->has_died()) exit_code_ = fail(endpoint->name() + " has died by itself");
  return exit_code_ == 0;
}

// False: interrupted, or something has died that should not.
bool Run::drive(Clients& clients, Faults& faults, std::uint64_t last) {
  clients.start(last);
  bool going = true;
  while (clients.running() && going) {
    std::this_thread::sleep_for(kTick);
    faults.turn(clients.begun());
    reload_at_times(clients.begun());
    if (interrupted != 0) exit_code_ = kInterrupted;
    going = all_alive(clients.begun());
    show(clients.begun());
  }
  faults.mend_all();
  if (!going) clients.stop();
  clients.join();
  return going;
}

int Run::finish(const Clients& clients, const Faults& faults) {
  if (subject_->has_metrics()) evidence_.arms = subject_->arms();
  evidence_.client = clients.entries();
  if (!read_logs(fleet_, evidence_.upstream)) return fail("a ledger cannot be read");
  const Verdict verdict = judge(evidence_);
  FaultCounts counts = faults.counts();
  counts.reloads = reloads_;
  std::fputs(report(evidence_, counts, verdict).c_str(), stdout);
  if (verdict.clean()) return 0;
  folder_.keep();
  std::printf("ledgers, configuration and output are in %s\n", folder_.path().c_str());
  return kViolated;
}

int Run::go() {
  if (folder_.path().empty()) return fail("needs an empty folder that can be written");
  if (!start()) return fail("the upstreams or the proxy could not be started");
  Faults faults(fleet_, mix(options_.seed + 1));
  Clients clients({subject_->port(), options_.seed, options_.connections, evidence_.servers});
  const std::uint64_t warm_up = std::max(options_.requests * kWarmUpPercent / 100,
                                         std::min(kWarmUpMin, options_.requests / 2));
  for (const std::uint64_t last : {warm_up, options_.requests}) {
    if (!drive(clients, faults, last)) return exit_code_;
    if (!subject_->has_metrics()) continue;
    auto& measure = last == warm_up ? evidence_.before : evidence_.after;
    measure = subject_->rest();
    evidence_.never_rests |= !measure;
  }
  return finish(clients, faults);
}

}  // namespace

int run(const RunOptions& options) {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return Run(options).go();
}

}  // namespace ledger

#include "control/store.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>

#include <sqlite3.h>

namespace sluice::control {
namespace {

constexpr std::chrono::seconds kCopyAfter{1};

std::string copy_name(const std::string& path) {
  return path + ".good";
}

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

// ---- opening -------------------------------------------------------------------------------

void Store::open_database() {
  auto database = std::make_unique<Database>(is_file() ? path_ : ":memory:");
  database->run(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
  Statement check(*database, "PRAGMA quick_check(1)");
  if (check.step() && check.text(0) != "ok") throw SqliteError(check.text(0), SQLITE_CORRUPT);
  migrate(*database);
  database_ = std::move(database);
}

Result<Store::Opened, std::string> Store::open(const std::string& path) {
  Opened opened{std::unique_ptr<Store>(new Store(path)), {}, {}};
  Store& store = *opened.store;
  try {
    opened.state = store.take_state(opened.warnings);
  } catch (const SqliteError& error) {
    return Failure{"state " + path + ": " +
                   (error.says_locked() ? "another process has it" : error.what())};
  }
  store.thread_ = std::thread([&store] { store.run(); });
  return opened;
}

State Store::take_state(std::vector<std::string>& warnings) {
  try {
    open_database();
    return load_state(*database_);
  } catch (const SqliteError& error) {
    const bool newer = dynamic_cast<const NewerLayout*>(&error) != nullptr;
    if (error.says_locked() || newer || !is_file()) throw;
    if (error.says_damaged()) return recover(error.what(), warnings);
    warnings.push_back("state " + path_ + ": " + error.what() +
                       "; going on, but no change of weights will be taken until it can be kept");
  }
  State state;
  try {
    const Database copy(copy_name(path_));
    state = load_state(copy);
  } catch (const SqliteError&) {
    return {};
  }
  return state;
}

// Nobody's work is thrown away: the damaged file stays, under another name.
State Store::recover(const std::string& why, std::vector<std::string>& warnings) {
  database_.reset();
  std::error_code ignored;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string aside =
      path_ + ".damaged-" +
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::rename(path_ + suffix, aside + suffix, ignored);
  State state;
  std::string from = "an empty one";
  try {
    if (std::filesystem::exists(copy_name(path_), ignored)) {
      const Database copy(copy_name(path_));
      state = load_state(copy);
      from = copy_name(path_);
    }
  } catch (const SqliteError&) {
    state = {};
  }
  open_database();
  Transaction transaction(*database_);
  write(*database_, difference({}, state));
  transaction.commit();
  warnings.push_back("state " + path_ + " is damaged (" + why + "): it is now " + aside + ", and " +
                     from + " is used; the audit begins anew");
  return state;
}

Store::~Store() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// ---- the queue -----------------------------------------------------------------------------

void Store::keep(Record record, std::uint64_t lineage, Done done) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(record), lineage, std::move(done)});
  }
  changed_.notify_all();
}

void Store::read_audit(AuditQuery query, AuditDone done) {
  {
    const std::lock_guard lock(mutex_);
    readings_.push_back({std::move(query), std::move(done)});
  }
  changed_.notify_all();
}

void Store::run() {
  block_signals();
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto work = [this] { return stopping_ || !jobs_.empty() || !readings_.empty(); };
    const bool woken = copy_is_old_ ? changed_.wait_for(lock, kCopyAfter, work)
                                    : (changed_.wait(lock, work), true);
    std::vector<Job> jobs = std::exchange(jobs_, {});
    std::deque<Reading> readings = std::exchange(readings_, {});
    const bool last = stopping_;
    lock.unlock();
    if (!jobs.empty()) write_jobs(std::move(jobs));
    for (const Reading& reading : readings) answer(reading);
    if (!woken || last) copy_if_changed();
    lock.lock();
    if (last && jobs_.empty()) return;
  }
}

void Store::write_jobs(std::vector<Job> jobs) {
  std::vector<Job> fresh;
  for (Job& job : jobs) {
    if (failed_ && job.lineage <= *failed_)
      job.done("a change before it could not be kept");
    else
      fresh.push_back(std::move(job));
  }
  if (fresh.empty()) return;
  const auto failure = try_write(fresh);
  if (failure) failed_ = fresh.back().lineage;
  copy_is_old_ = copy_is_old_ || !failure;
  for (const Job& job : fresh) job.done(failure);
}

std::optional<std::string> Store::try_write(const std::vector<Job>& jobs) {
  try {
    if (database_ == nullptr) open_database();
    Transaction transaction(*database_);
    for (const Job& job : jobs) write(*database_, job.record);
    transaction.commit();
    return std::nullopt;
  } catch (const SqliteError& error) {
    return "the state cannot be kept: " + std::string(error.what());
  }
}

void Store::answer(const Reading& reading) {
  try {
    if (database_ == nullptr) open_database();
    reading.done(control::read_audit(*database_, reading.query));
  } catch (const SqliteError& error) {
    reading.done(Failure{"the audit cannot be read: " + std::string(error.what())});
  }
}

void Store::copy_if_changed() {
  if (!copy_is_old_ || !is_file()) return;
  copy_is_old_ = false;
  try {
    copy_state(*database_, copy_name(path_));
  } catch (const SqliteError&) {
    copy_is_old_ = true;  // the next time
  }
}

}  // namespace sluice::control

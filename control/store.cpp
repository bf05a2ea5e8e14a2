#include "control/store.hpp"

#include <csignal>
#include <filesystem>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::control {
namespace {

constexpr std::chrono::seconds kCopyAfter{1};
constexpr int kReaderPatienceMs = 2'000;
constexpr int kRowsInMemory = 10'000;

std::string copy_name(const std::string& path) {
  return path + ".good";
}

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

// nullopt: there is none, or it is of no use.
std::optional<State> load_copy(const std::string& path) {
  if (inode_of(path) == 0) return std::nullopt;
  try {
    return load_state(Database(path));
  } catch (const SqliteError&) {
    return std::nullopt;
  }
}

void check(const Database& database) {
  Statement check(database, "PRAGMA quick_check(1)");
  if (check.step() && check.text(0) != "ok") throw SqliteError(check.text(0), SQLITE_CORRUPT);
}

}  // namespace

// ---- opening -------------------------------------------------------------------------------

// SQLite's own lock cannot tell another of us from somebody who reads. Where no lock can be made,
// nothing can be kept either.
bool Store::lock_file() {
  lock_ = ::open((path_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  return lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) == 0;
}

void Store::open_database() {
  auto database = std::make_unique<Database>(is_file() ? path_ : ":memory:");
  sqlite3_busy_timeout(database->raw(), kReaderPatienceMs);
  database->run(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
  check(*database);
  migrate(*database);
  if (!is_file()) database->run("DROP TRIGGER audit_is_never_shortened");
  inode_ = is_file() ? inode_of(path_) : 0;
  database_ = std::move(database);
}

Result<Store::Opened, std::string> Store::open(const std::string& path) {
  Opened opened{std::unique_ptr<Store>(new Store(path)), {}, {}};
  Store& store = *opened.store;
  if (store.is_file() && !store.lock_file())
    return Failure{"state " + path + ": another process has it"};
  try {
    opened.state = store.load_newest(opened.warnings);
  } catch (const NewerLayout& error) {
    return Failure{"state " + path + ": " + error.what()};
  }
  store.image_ = opened.state;
  store.thread_ = std::thread([&store] { store.run(); });
  return opened;
}

// Traffic goes on whatever there is on the disk.
State Store::load_newest(std::vector<std::string>& warnings) {
  State state;
  try {
    open_database();
    state = load_state(*database_);
  } catch (const NewerLayout&) {
    throw;
  } catch (const SqliteError& error) {
    database_.reset();
    if (error.says_damaged())
      put_aside(error.what(), warnings);
    else
      warnings.push_back("state " + path_ + ": " + error.what() +
                         "; going on, but no change of weights is taken until it can be kept");
  }
  const auto copy = is_file() ? load_copy(copy_name(path_)) : std::nullopt;
  if (!copy || copy->generation <= state.generation) return state;
  warnings.push_back("state " + path_ + " is older than its copy, or gone: " + copy_name(path_) +
                     " is used");
  database_.reset();  // it is opened anew, and made like the copy, with the first record
  return *copy;
}

// Nobody's work is thrown away: the damaged file stays, under another name.
void Store::put_aside(const std::string& why, std::vector<std::string>& warnings) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string aside =
      path_ + ".damaged-" +
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  std::error_code failed;
  std::filesystem::rename(path_, aside, failed);
  warnings.push_back("state " + path_ + " is damaged (" + why + ")" +
                     (failed ? "" : "; it is now " + aside + ", and the audit begins anew"));
  std::error_code ignored;
  for (const char* suffix : {"-wal", "-shm"})
    std::filesystem::rename(path_ + suffix, aside + suffix, ignored);
}

Store::~Store() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (lock_ >= 0) ::close(lock_);
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

void Store::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto work = [this] { return stopping_ || !jobs_.empty() || !readings_.empty(); };
  if (copy_due_)
    changed_.wait_until(lock, *copy_due_, work);
  else
    changed_.wait(lock, work);
}

void Store::run() {
  block_signals();
  std::unique_lock lock(mutex_);
  for (;;) {
    wait_for_work(lock);
    std::vector<Job> jobs = std::exchange(jobs_, {});
    std::deque<Reading> readings = std::exchange(readings_, {});
    const bool last = stopping_;
    lock.unlock();
    if (!jobs.empty()) write_jobs(std::move(jobs));
    for (const Reading& reading : readings) answer(reading);
    if (copy_due_ && (last || std::chrono::steady_clock::now() >= *copy_due_)) copy_if_changed();
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
  for (const Job& job : fresh) job.done(failure);
}

// The file was removed or replaced: what is written to the one that is open, nobody will find.
bool Store::is_another_file() const {
  return is_file() && inode_of(path_) != inode_;
}

std::optional<std::string> Store::try_write(const std::vector<Job>& jobs) {
  try {
    if (database_ != nullptr && is_another_file()) database_.reset();
    State after = image_;
    for (const Job& job : jobs) apply(after, job.record);
    const bool anew = database_ == nullptr;
    if (anew) open_database();
    Transaction transaction(*database_);
    if (anew) write(*database_, difference(load_state(*database_), after));
    for (const Job& job : jobs) write(*database_, job.record);
    if (!is_file())
      database_->run("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - " +
                     std::to_string(kRowsInMemory));
    transaction.commit();
    if (!copy_due_ && (anew || after != image_))
      copy_due_ = std::chrono::steady_clock::now() + kCopyAfter;
    image_ = std::move(after);
    return std::nullopt;
  } catch (const SqliteError& error) {
    return "the state cannot be kept: " + std::string(error.what());
  }
}

void Store::answer(const Reading& reading) {
  try {
    if (database_ == nullptr) throw SqliteError("it is not open", SQLITE_CANTOPEN);
    reading.done(control::read_audit(*database_, reading.query));
  } catch (const SqliteError& error) {
    reading.done(Failure{"the audit cannot be read: " + std::string(error.what())});
  }
}

// Never an older state than that of the copy: image_ began with the newest.
void Store::copy_if_changed() {
  copy_due_.reset();
  if (!is_file()) return;
  try {
    copy_state(image_, copy_name(path_));
  } catch (const SqliteError&) {
    copy_due_ = std::chrono::steady_clock::now() + kCopyAfter;
  }
}

}  // namespace sluice::control

#include "notify/outbox.hpp"

namespace sluice::notify {
namespace {

using control::Database;
using control::Statement;
using std::chrono::seconds;

std::unique_ptr<Database> open(const std::string& path) {
  auto database = std::make_unique<Database>(path);
  database->run(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF;"
      "CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT "
      "NULL, "
      "body TEXT NOT NULL, since INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT "
      "NULL)");
  return database;
}

}  // namespace

Outbox::Outbox(const std::string& path, std::string& warning) {
  try {
    database_ = open(path.empty() ? ":memory:" : path);
  } catch (const control::SqliteError& error) {
    warning = "notifications that wait are kept in memory: " + path + ": " + error.what();
    database_ = open(":memory:");
  }
}

bool Outbox::add(const std::string& id, const std::string& body, seconds now) {
  Statement(*database_,
            "INSERT INTO outbox (id, body, since, due, attempts) VALUES (?, ?, ?, ?, 0)")
      .bind(id)
      .bind(body)
      .bind(now.count())
      .bind(now.count())
      .step();
  Statement count(*database_, "SELECT count(*) FROM outbox");
  count.step();
  if (count.number(0) <= kHeld) return true;
  database_->run("DELETE FROM outbox WHERE number = (SELECT min(number) FROM outbox)");
  return false;
}

std::optional<Waiting> Outbox::oldest() const {
  Statement found(
      *database_,
      "SELECT number, id, body, since, due, attempts FROM outbox ORDER BY number LIMIT 1");
  if (!found.step()) return std::nullopt;
  return Waiting{found.number(0),
                 found.text(1),
                 found.text(2),
                 seconds(found.number(3)),
                 seconds(found.number(4)),
                 static_cast<unsigned>(found.number(5))};
}

void Outbox::postpone(const Waiting& it, seconds due) {
  Statement(*database_, "UPDATE outbox SET due = ?, attempts = attempts + 1 WHERE number = ?")
      .bind(due.count())
      .bind(it.number)
      .step();
}

void Outbox::remove(const Waiting& it) {
  Statement(*database_, "DELETE FROM outbox WHERE number = ?").bind(it.number).step();
}

}  // namespace sluice::notify

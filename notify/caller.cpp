#include "notify/caller.hpp"

#include <system_error>
#include <utility>

namespace sluice::notify {

Caller::~Caller() {
  cancelled_ = true;
  for (Question& one : questions_) one.thread.join();
}

void Caller::forget_answered() {
  questions_.remove_if([](Question& one) {
    if (!one.answered) return false;
    one.thread.join();
    return true;
  });
}

void Caller::begin(Exchange exchange, Done done) {
  forget_answered();
  if (questions_.size() >= kQuestionsMax)
    return done({0, "too many questions are without an answer"});
  Question& question = questions_.emplace_back();
  try {
    question.thread = std::thread([this, &question, exchange = std::move(exchange), done] {
      done(exchange(cancelled_));
      question.answered = true;
    });
  } catch (const std::system_error& error) {
    questions_.pop_back();
    done({0, std::string("no thread to ask with: ") + error.what()});
  }
}

void Caller::ask(std::string url, std::string json, std::chrono::milliseconds timeout, Done done) {
  begin(
      [url = std::move(url), json = std::move(json), timeout](const auto& cancelled) {
        return post(url, "application/json", {}, json, cancelled, timeout);
      },
      std::move(done));
}

void Caller::read(std::string url, std::chrono::milliseconds timeout, Done done) {
  begin([url = std::move(url),
         timeout](const auto& cancelled) { return get(url, cancelled, timeout); },
        std::move(done));
}

}  // namespace sluice::notify

#include "notify/caller.hpp"

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

void Caller::ask(std::string url, std::string json, std::chrono::milliseconds timeout, Done done) {
  forget_answered();
  Question& question = questions_.emplace_back();
  question.thread = std::thread([this, &question, url = std::move(url), json = std::move(json),
                                 timeout, done = std::move(done)] {
    done(post(url, "application/json", {}, json, cancelled_, timeout));
    question.answered = true;
  });
}

}  // namespace sluice::notify

#include "proxy/upstream/pending.hpp"

namespace sluice::proxy::upstream {

// A queue that is full is no wait at all.
bool PendingRequest::await_ready() noexcept {
  return !quota_.join(*this);
}

void PendingRequest::await_suspend(std::coroutine_handle<> request) noexcept {
  request_ = request;
  worker_.deadlines().set(*this, until_);
}

// Who is not in the queue any more has been admitted, and is about to run.
void PendingRequest::leave(WaitEnd why) noexcept {
  if (!waits()) return;
  quota_.leave(*this);
  finish(why);
}

void PendingRequest::finish(WaitEnd why) noexcept {
  end_ = why;
  net::DeadlineWheel::clear(*this);
  worker_.schedule(request_);
}

}  // namespace sluice::proxy::upstream

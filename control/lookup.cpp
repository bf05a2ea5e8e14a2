#include "control/lookup.hpp"

#include <algorithm>
#include <mutex>

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>

namespace sluice::control {
namespace {

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
}

std::string text_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = {};
  const void* const bytes =
      address->sa_family == AF_INET6
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
          : &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  return ::inet_ntop(address->sa_family, bytes, text, sizeof text) != nullptr ? text : "";
}

LookupOutcome outcome_of(const ares_addrinfo& answer, bool has_ttl) {
  LookupOutcome outcome;
  for (const ares_addrinfo_node* node = answer.nodes; node != nullptr; node = node->ai_next) {
    outcome.addresses.push_back(text_of(node->ai_addr));
    const std::chrono::seconds ttl(std::max(node->ai_ttl, 0));
    if (has_ttl) outcome.ttl = std::min(outcome.ttl.value_or(ttl), ttl);
  }
  if (outcome.addresses.empty()) outcome.failure = "no addresses";
  return outcome;
}

}  // namespace

Lookup::Lookup(const std::string& name, const LookupOptions& options) {
  initialise_library();
  ask(name, options, "f");
  if (outcome_ && outcome_->failure.empty()) return;
  outcome_.reset();
  from_servers_ = true;
  ask(name, options, "b");
}

Lookup::~Lookup() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

void Lookup::ask(const std::string& name, const LookupOptions& options, const char* sources) {
  if (channel_ != nullptr) ares_destroy(channel_);
  channel_ = nullptr;
  std::string lookups = sources;
  ares_options wanted{};
  wanted.timeout = static_cast<int>(options.timeout.count());
  wanted.tries = options.tries;
  wanted.lookups = lookups.data();
  wanted.sock_state_cb = on_socket;
  wanted.sock_state_cb_data = this;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
  int status = ares_init_options(&channel_, &wanted, mask);
  if (status == ARES_SUCCESS && !options.servers.empty())
    status = ares_set_servers_ports_csv(channel_, options.servers.c_str());
  if (status != ARES_SUCCESS) {
    outcome_ = LookupOutcome{ares_strerror(status), {}, {}};
    return;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting would open a socket for each address
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, on_answer, this);
}

void Lookup::on_answer(void* self, int status, int, ares_addrinfo* answer) {
  auto& lookup = *static_cast<Lookup*>(self);
  if (status == ARES_SUCCESS && answer != nullptr)
    lookup.outcome_ = outcome_of(*answer, lookup.from_servers_);
  else
    lookup.outcome_ = LookupOutcome{ares_strerror(status), {}, {}};
  if (answer != nullptr) ares_freeaddrinfo(answer);
}

void Lookup::on_socket(void* self, int descriptor, int readable, int writable) {
  auto& interest = static_cast<Lookup*>(self)->interest_;
  const int events = (readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0);
  if (events == 0)
    interest.erase(descriptor);
  else
    interest[descriptor] = static_cast<short>(events);
}

void Lookup::add_descriptors(std::vector<pollfd>& out) const {
  for (const auto& [descriptor, events] : interest_) out.push_back({descriptor, events, 0});
}

std::chrono::milliseconds Lookup::wait_at_most(std::chrono::milliseconds most) const {
  if (channel_ == nullptr || outcome_) return {};
  timeval limit{};
  limit.tv_sec = static_cast<time_t>(most.count() / 1000);
  limit.tv_usec = static_cast<suseconds_t>(most.count() % 1000 * 1000);
  timeval room{};
  const timeval* const wait = ares_timeout(channel_, &limit, &room);
  // Rounded up: a wait that is cut short would only be repeated.
  return std::chrono::milliseconds(wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000);
}

void Lookup::proceed(const std::vector<pollfd>& found) {
  if (channel_ == nullptr || outcome_) return;
  for (const pollfd& one : found) {
    if (one.revents == 0 || !interest_.contains(one.fd)) continue;
    const bool write = (one.revents & POLLOUT) != 0;
    const bool read = (one.revents & ~POLLOUT) != 0;  // errors are found by reading
    ares_process_fd(channel_, read ? one.fd : ARES_SOCKET_BAD, write ? one.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // its timeouts
}

}  // namespace sluice::control

#pragma once
// Asks somebody else over HTTP: a POST, and whether the answer is a yes.
//
// Thread: that of its io_context; nothing in it waits. Path: cold.
// Errors: `answered` is false: no address, no connection, no whole response in time.
#include <chrono>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

namespace sluice::control {

using WebhookDone = std::function<void(bool confirmed, bool answered, const std::string& detail)>;

// `url`: "http://host:port/path". `done` is called once, never before this returns.
void post_webhook(boost::asio::io_context& io, const std::string& url, std::string json,
                  std::chrono::milliseconds timeout, WebhookDone done);

}  // namespace sluice::control

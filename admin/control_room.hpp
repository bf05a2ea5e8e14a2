#pragma once
// What handlers may look at and ask for: the control thread's doors.
//
// Thread: all functions are called on the admin server's. Path: cold.
#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "control/audit.hpp"
#include "control/control.hpp"
#include "health/status.hpp"

namespace sluice::admin {

struct ControlRoom {
  // Never null once the server listens.
  std::function<std::shared_ptr<const control::View>()> view;
  std::function<void(control::Request, control::Control::Reply)> request;
  std::function<void(control::AuditQuery,
                     std::function<void(Result<std::vector<control::AuditRow>, std::string>)>)>
      audit;
  std::function<std::vector<health::EndpointStatus>()> statuses;  // ordered by upstream
};

}  // namespace sluice::admin

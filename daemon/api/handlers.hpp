// The handlers, one file a resource. Each runs on the loop's thread and looks things up again after every co_await.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "daemon/api/message.hpp"
#include "daemon/api/services.hpp"

namespace teal::api {

using Answer = boost::asio::awaitable<Response>;

// applications.cpp
Answer list_applications(Services& services, Request request);
Answer get_application(Services& services, Request request);
// application_writes.cpp
Answer create_application(Services& services, Request request);
Answer get_scale(Services& services, Request request);
Answer set_scale(Services& services, Request request);
Answer put_application(Services& services, Request request);
Answer patch_application(Services& services, Request request);
Answer delete_application(Services& services, Request request);
// verbs.cpp
Answer plan_application(Services& services, Request request);
Answer preflight_application(Services& services, Request request);
Answer approve_application(Services& services, Request request);
Answer pause_application(Services& services, Request request);
Answer maintain_application(Services& services, Request request);
Answer resume_application(Services& services, Request request);
Answer abort_application(Services& services, Request request);
Answer retry_application(Services& services, Request request);
Answer end_job(Services& services, Request request);
Answer roll_back_application(Services& services, Request request);
// rollouts.cpp
Answer list_rollouts(Services& services, Request request);
Answer get_rollout(Services& services, Request request);
// rollout_logs.cpp
Answer get_rollout_logs(Services& services, Request request);
// events.cpp
Answer list_events(Services& services, Request request);
// namespaces.cpp
Answer list_namespaces(Services& services, Request request);
Answer get_namespace(Services& services, Request request);
// discovery.cpp
Answer get_core_versions(Services& services, Request request);
Answer get_groups(Services& services, Request request);
Answer get_group(Services& services, Request request);
Answer get_core_resources(Services& services, Request request);
Answer get_resources(Services& services, Request request);
// reviews.cpp
Answer review_access(Services& services, Request request);
Answer review_rules(Services& services, Request request);
Answer review_self(Services& services, Request request);
// audit.cpp
Answer list_audit(Services& services, Request request);
// service.cpp
Answer get_healthz(Services& services, Request request);
Answer get_readyz(Services& services, Request request);
Answer get_version(Services& services, Request request);
Answer get_metrics(Services& services, Request request);
// openapi.cpp
Answer get_openapi(Services& services, Request request);
Answer get_openapi_of_group(Services& services, Request request);
// openapi_v2.cpp
Answer get_openapi_v2(Services& services, Request request);
// page.cpp
Answer get_page(Services& services, Request request);
Answer get_page_file(Services& services, Request request);

}  // namespace teal::api

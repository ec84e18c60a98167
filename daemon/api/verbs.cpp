// plan, and the verbs that steer a rollout.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "controllers/records/audit.hpp"
#include "daemon/api/annotations.hpp"
#include "daemon/api/body.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

std::string_view known_option(records::Verb verb) {
  if (verb == records::Verb::Rollback) return "toRevision is";
  return verb == records::Verb::Retry ? "confirm is" : "none is";
}

// An admin has to confirm; anybody else has to be one.
Response refuse_unconfirmed(const Error& error, bool is_admin) {
  if (is_admin) return failure(409, "Conflict", error.message);
  return failure(403, "Forbidden", error.message + "; that needs the role admin");
}

Answer act(Services& services, Request request, records::Verb verb) {
  const std::string name = request.segments.at(4);
  auto body = read_options(request);
  if (!body.value) co_return std::move(*body.refusal);
  records::VerbRequest asked;
  asked.verb = verb;
  asked.by = request.by;
  bool confirmed = false;
  for (const auto& member : *body.value) {
    if (verb == records::Verb::Retry && member.key() == "confirm") {
      confirmed = member.value().is_string() && std::string_view{member.value().as_string()} == name;
      if (!confirmed) co_return bad_request(fmt::format("confirm must be the application's name, \"{}\"", name));
      continue;
    }
    const bool is_revision = verb == records::Verb::Rollback && member.key() == "toRevision";
    if (!is_revision) {
      co_return bad_request(
          fmt::format("the body's key {} is not known; {}", std::string(member.key()), known_option(verb)));
    }
    boost::system::error_code error;
    const int revision = member.value().to_number<int>(error);
    if (error || revision < 1) co_return bad_request("toRevision must be a whole number from 1");
    asked.to_revision = revision;
  }
  if (!services.board.find(name)) co_return not_found("application " + name + " does not exist");
  const bool is_admin = request.identity.role == access::Role::Admin;
  asked.accepts_unknown = confirmed && is_admin;
  const auto done = co_await services.control.request(name, std::move(asked));
  if (!done && done.error().code == ErrorCode::denied) {
    if (!is_admin && services.denials != nullptr) services.denials->denied(request.by, 403, name);
    co_return refuse_unconfirmed(done.error(), is_admin);
  }
  if (!done) co_return failure(done.error());
  co_return success(fmt::format("{}: {} is accepted", name, request.segments.at(5)));
}

// What reads sources, runs programs and opens databases is on record before it does, although it changes nothing.
boost::asio::awaitable<Result<void>> record_look(Services& services, const records::Requester& by,
                                                 std::string application, std::string action) {
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  std::vector<records::AuditEntry> entries{records::audit_entry(by, std::move(application), std::move(action), now)};
  co_return co_await services.store.append(ports::CommitEntries{std::vector<records::Event>{}, std::move(entries)});
}

bool names_a_database(const spec::ApplicationSpec& spec) {
  return std::ranges::any_of(spec::jobs_and_hooks(spec), [](const auto* job) { return job->database.has_value(); });
}

}  // namespace

Answer plan_application(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  std::optional<spec::Application> candidate;
  if (!is_empty_body(request)) {
    auto body = read_application(services, request, name);
    if (!body.value) co_return std::move(*body.refusal);
    candidate = std::move(body.value->application);
    // What clients note beside it is no part of what is planned.
    if (const auto view = services.board.find(name))
      put_annotations(*candidate, annotations_of(view->record.application));
  }
  const bool may_look = request.identity.role == access::Role::Admin;
  if (may_look) {
    const auto recorded = co_await record_look(services, request.by, name, "plan");
    if (!recorded) co_return failure(recorded.error());
  }
  const auto plan = co_await services.control.plan(name, std::move(candidate), may_look);
  if (!plan) co_return failure(plan.error());
  Response response;
  response.body = wire::json_text(wire::encode(*plan)) + "\n";
  co_return response;
}

Answer preflight_application(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  const auto view = services.board.find(name);
  if (!view) co_return not_found("application " + name + " does not exist");
  const auto place = services.preflights.place_for(request.by.name);
  if (!place) {
    co_return retry_later_response(
        429, fmt::format("{} preflights that {} has asked for wait already", Preflights::most_of_one, request.by.name));
  }
  const auto turn = co_await services.preflights.turns.take();
  // Where there is none, nothing is looked at.
  if (names_a_database(view->record.application.spec)) {
    const auto recorded = co_await record_look(services, request.by, name, "preflight");
    if (!recorded) co_return failure(recorded.error());
  }
  const auto found = co_await services.control.preflight(name);
  if (!found) co_return failure(found.error());
  Response response;
  response.body = wire::json_text(wire::encode(preflight_object(name, *found))) + "\n";
  co_return response;
}

Answer end_job(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  auto body = read_options(request);
  if (!body.value) co_return std::move(*body.refusal);
  records::VerbRequest asked;
  asked.verb = records::Verb::EndJob;
  asked.by = request.by;
  bool confirmed = false;
  for (const auto& member : *body.value) {
    const auto* text = member.value().if_string();
    if (member.key() == "confirm") {
      confirmed = text != nullptr && std::string_view{*text} == name;
      if (!confirmed) co_return bad_request(fmt::format("confirm must be the application's name, \"{}\"", name));
    } else if (member.key() == "job" && text != nullptr && !text->empty()) {
      asked.job = std::string_view{*text};
    } else {
      co_return bad_request(fmt::format("the body's {} is no job's name; it takes {{\"job\": …, \"confirm\": \"{}\"}}",
                                        std::string(member.key()), name));
    }
  }
  if (asked.job.empty()) co_return bad_request("job is missing: the name of the job to end");
  if (!services.board.find(name)) co_return not_found("application " + name + " does not exist");
  if (!confirmed) {
    co_return failure(409, "Conflict",
                      fmt::format("this kills job {0} in the middle of its work, and nobody will know how far it came. "
                                  "Confirm: teal end-job {1} --job {0} --confirm {1}",
                                  asked.job, name));
  }
  const auto job = asked.job;
  const auto done = co_await services.control.request(name, std::move(asked));
  if (!done) co_return failure(done.error());
  co_return success(fmt::format("{}: the end of job {} is accepted", name, job));
}

Answer maintain_application(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  auto body = read_options(request);
  if (!body.value) co_return std::move(*body.refusal);
  const auto* on = body.value->if_contains("on");
  if (on == nullptr || !on->is_bool() || body.value->size() != 1)
    co_return bad_request("the body must be {\"on\": true} or {\"on\": false}");
  if (!services.board.find(name)) co_return not_found("application " + name + " does not exist");
  records::VerbRequest asked;
  asked.verb = records::Verb::Maintenance;
  asked.by = request.by;
  asked.on = on->as_bool();
  const auto done = co_await services.control.request(name, std::move(asked));
  if (!done) co_return failure(done.error());
  co_return success(fmt::format("{}: maintenance is accepted", name));
}

Answer approve_application(Services& services, Request request) {
  return act(services, std::move(request), records::Verb::Approve);
}
Answer pause_application(Services& services, Request request) {
  return act(services, std::move(request), records::Verb::Pause);
}
Answer resume_application(Services& services, Request request) {
  return act(services, std::move(request), records::Verb::Resume);
}
Answer abort_application(Services& services, Request request) {
  return act(services, std::move(request), records::Verb::Abort);
}
Answer retry_application(Services& services, Request request) {
  return act(services, std::move(request), records::Verb::Retry);
}
Answer roll_back_application(Services& services, Request request) {
  return act(services, std::move(request), records::Verb::Rollback);
}

}  // namespace teal::api

// Changing and removing applications that came through the API.
#include <fmt/format.h>

#include "daemon/api/body.hpp"
#include "daemon/api/delete_options.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

std::optional<Response> refuse_when_owned(const Services& services, const std::string& name) {
  const auto view = services.board.find(name);
  if (!view || view->record.file.empty() || view->record.orphaned) return std::nullopt;
  return failure(409, "Conflict",
                 fmt::format("application {} is owned by the manifest file {}: change that file instead", name,
                             view->record.file));
}

// Whether it is still the one that whoever asks has seen.
std::optional<Response> refuse_another(const status::ApplicationView& view, const DeleteOptions& options) {
  const auto& name = view.record.application.name;
  if (!options.uid.empty() && options.uid != view.record.uid) {
    return failure(409, "Conflict",
                   fmt::format("application {} has the uid {}, not {} as in preconditions: it was recreated", name,
                               view.record.uid, options.uid));
  }
  if (!options.resource_version.empty() && options.resource_version != std::to_string(view.resource_version)) {
    return failure(409, "Conflict",
                   fmt::format("application {} was changed meanwhile (resourceVersion {}, yours {}): read it again",
                               name, view.resource_version, options.resource_version));
  }
  return std::nullopt;
}

Answer apply(Services& services, spec::Application application, records::Requester by, bool dry) {
  const std::string name = application.name;
  const bool is_new = services.board.find(name) == nullptr;
  status::ApplicationView written;
  written.record.application = application;
  const auto applied = co_await services.control.apply(std::move(application), std::move(by), dry);
  if (!applied) co_return failure(applied.error());
  const auto shown = dry ? nullptr : services.board.find(name);
  Response response;
  response.status = is_new && !dry ? 201 : 200;
  response.body = wire::json_text(application_object(shown ? *shown : written)) + "\n";
  co_return response;
}

}  // namespace

Answer put_application(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  const auto dry = dry_run_parameter(request);
  if (!dry) co_return bad_request(dry.error().message);
  if (auto refusal = refuse_when_owned(services, name)) co_return std::move(*refusal);
  auto body = read_application(services, request, name);
  if (!body.value) co_return std::move(*body.refusal);
  co_return co_await apply(services, std::move(*body.value), request.by, *dry);
}

Answer patch_application(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  const auto dry = dry_run_parameter(request);
  if (!dry) co_return bad_request(dry.error().message);
  const auto view = services.board.find(name);
  if (!view) co_return not_found("application " + name + " does not exist");
  if (auto refusal = refuse_when_owned(services, name)) co_return std::move(*refusal);
  auto body = read_patched(view->record.application, request);
  if (!body.value) co_return std::move(*body.refusal);
  co_return co_await apply(services, std::move(*body.value), request.by, *dry);
}

Answer delete_application(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  auto options = read_delete_options(request);
  if (!options.value) co_return std::move(*options.refusal);
  const auto view = services.board.find(name);
  if (!view) co_return not_found("application " + name + " does not exist");
  if (auto refusal = refuse_when_owned(services, name)) co_return std::move(*refusal);
  if (auto refusal = refuse_another(*view, *options.value)) co_return std::move(*refusal);
  if (options.value->dry_run) {
    co_return success(
        fmt::format("application {} would be removed, with its containers and servers; this was a dry run", name));
  }
  const auto removed = co_await services.control.remove(name, request.by);
  if (!removed) co_return failure(removed.error());
  co_return success(fmt::format("application {} is being removed, with its containers and servers", name));
}

}  // namespace teal::api

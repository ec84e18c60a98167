// Changing and removing applications that came through the API.
#include <fmt/format.h>

#include <chrono>

#include "daemon/api/annotations.hpp"
#include "daemon/api/body.hpp"
#include "daemon/api/delete_options.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/table.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

Named about(const std::string& name) { return {"teal", "applications", name}; }

std::optional<Response> refuse_when_owned(const Services& services, const std::string& name) {
  const auto view = services.board.find(name);
  if (!view || view->record.file.empty() || view->record.orphaned) return std::nullopt;
  return failure(
      409, "Conflict",
      fmt::format("application {} is owned by the manifest file {}: change that file instead", name, view->record.file),
      about(name));
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

// As it would be after a dry run: what is there with the new spec.
status::ApplicationView as_written(const status::SharedView& before, spec::Application application) {
  status::ApplicationView written = before ? *before : status::ApplicationView{};
  if (!before) {
    written.record.created_at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  } else if (before->record.application.spec != application.spec) {
    written.record.generation += 1;
  }
  written.record.application = std::move(application);
  return written;
}

Answer apply(Services& services, Request request, Submitted submitted, bool dry) {
  const auto form = table_form(request);
  if (!form) co_return bad_request(form.error().message);
  const std::string name = submitted.application.name;
  const auto before = services.board.find(name);
  const auto written = as_written(before, submitted.application);
  const auto applied = co_await services.control.apply(std::move(submitted.application), request.by, dry);
  if (!applied && applied.error().code == ErrorCode::conflict)
    co_return failure(409, "Conflict", applied.error().message, about(name));
  if (!applied) co_return failure(applied.error());
  const auto shown = dry ? nullptr : services.board.find(name);
  Response response;
  response.status = !before && !dry ? 201 : 200;
  response.content_type = form->content_type();
  const auto& view = shown ? *shown : written;
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  response.body = wire::json_text(form->is_wanted() ? table_of_one(*form, TableOf::Applications, row_of(view, now))
                                                    : application_object(view)) +
                  "\n";
  for (const auto& warning : submitted.warnings) response.headers.emplace_back("Warning", warning_text(warning));
  co_return response;
}

}  // namespace

Answer create_application(Services& services, Request request) {
  const auto dry = dry_run_parameter(request);
  if (!dry) co_return bad_request(dry.error().message);
  auto body = read_application(services, request, "");
  if (!body.value) co_return std::move(*body.refusal);
  const std::string name = body.value->application.name;
  if (!request.identity.sees(name)) {
    if (services.denials != nullptr) services.denials->denied(request.by, 403, name);
    co_return failure(403, "Forbidden",
                      fmt::format("{} is limited to some applications, which do not include {}: the role admin for {} "
                                  "would do",
                                  request.identity.name, name, name),
                      about(name));
  }
  if (services.board.find(name)) {
    co_return failure(409, "AlreadyExists", fmt::format("application {} already exists", name), about(name));
  }
  note_manager(nullptr, request, body.value->application);
  auto response = co_await apply(services, std::move(request), std::move(*body.value), *dry);
  if (response.status == 200) response.status = 201;  // as Kubernetes answers a dry run, too
  co_return response;
}

Answer put_application(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  const auto dry = dry_run_parameter(request);
  if (!dry) co_return bad_request(dry.error().message);
  if (auto refusal = refuse_when_owned(services, name)) co_return std::move(*refusal);
  auto body = read_application(services, request, name);
  if (!body.value) co_return std::move(*body.refusal);
  note_manager(services.board.find(name), request, body.value->application);
  co_return co_await apply(services, std::move(request), std::move(*body.value), *dry);
}

Answer patch_application(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  const auto dry = dry_run_parameter(request);
  if (!dry) co_return bad_request(dry.error().message);
  const auto view = services.board.find(name);
  const bool applies = is_apply(request);
  if (!view && !applies) co_return no_such(about(name), "application " + name + " does not exist");
  if (auto refusal = refuse_when_owned(services, name)) co_return std::move(*refusal);
  auto body = applies ? read_applied(view, request, name) : read_patched(view, request);
  if (!body.value) co_return std::move(*body.refusal);
  if (!applies) note_manager(view, request, body.value->application);
  co_return co_await apply(services, std::move(request), std::move(*body.value), *dry);
}

Answer delete_application(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  auto options = read_delete_options(request);
  if (!options.value) co_return std::move(*options.refusal);
  const auto view = services.board.find(name);
  if (!view) co_return no_such(about(name), "application " + name + " does not exist");
  if (auto refusal = refuse_when_owned(services, name)) co_return std::move(*refusal);
  if (auto refusal = refuse_another(*view, *options.value)) co_return std::move(*refusal);
  if (options.value->dry_run) {
    co_return success(
        fmt::format("application {} would be removed, with its containers and servers; this was a dry run", name),
        {"teal", "applications", name, view->record.uid});
  }
  const auto removed = co_await services.control.remove(name, request.by);
  if (!removed) co_return failure(removed.error());
  co_return success(fmt::format("application {} is being removed, with its containers and servers", name),
                    {"teal", "applications", name, view->record.uid});
}

namespace {

// What `kubectl scale` changes. Of several components it would have to guess.
Result<std::size_t> scaled_component(const spec::Application& application) {
  const auto& components = application.spec.components;
  if (components.size() == 1) return std::size_t{0};
  std::string names;
  for (const auto& one : components) names += (names.empty() ? "" : ", ") + one.name;
  return Error{
      ErrorCode::invalid,
      fmt::format("application {} has {} components ({}), and scale does not say which one: `teal scale {}` and "
                  "a patch of spec.components do",
                  application.name, components.size(), names, application.name)};
}

boost::json::object scale_object(const status::ApplicationView& view, std::size_t component) {
  const auto& record = view.record;
  const auto& one = record.application.spec.components[component];
  int ready = 0;
  for (const auto& each : view.status.components) ready += each.name == one.name ? each.ready : 0;
  return {{"kind", "Scale"},
          {"apiVersion", "autoscaling/v1"},
          {"metadata", boost::json::object{{"name", record.application.name},
                                           {"uid", record.uid},
                                           {"resourceVersion", std::to_string(view.resource_version)},
                                           {"creationTimestamp", format_time(record.created_at)}}},
          {"spec", boost::json::object{{"replicas", one.replicas}}},
          {"status", boost::json::object{{"replicas", ready},
                                         {"selector", fmt::format("teal.application={},teal.component={}",
                                                                  record.application.name, one.name)}}}};
}

Response scale_answer(const status::ApplicationView& view, std::size_t component) {
  Response response;
  response.body = wire::json_text(scale_object(view, component)) + "\n";
  return response;
}

}  // namespace

Answer get_scale(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  const auto view = services.board.find(name);
  if (!view) co_return no_such(about(name), "application " + name + " does not exist");
  const auto component = scaled_component(view->record.application);
  if (!component) co_return failure(422, "Invalid", component.error().message, about(name));
  co_return scale_answer(*view, *component);
}

Answer set_scale(Services& services, Request request) {
  const std::string name = request.segments.at(4);
  const auto dry = dry_run_parameter(request);
  if (!dry) co_return bad_request(dry.error().message);
  const auto view = services.board.find(name);
  if (!view) co_return no_such(about(name), "application " + name + " does not exist");
  if (auto refusal = refuse_when_owned(services, name)) co_return std::move(*refusal);
  const auto component = scaled_component(view->record.application);
  if (!component) co_return failure(422, "Invalid", component.error().message, about(name));
  auto scale = read_changed(scale_object(*view, *component), request);
  if (!scale.value) co_return std::move(*scale.refusal);
  const boost::json::value document = std::move(*scale.value);
  boost::system::error_code error;
  const auto* version = document.find_pointer("/metadata/resourceVersion", error);
  const auto* replicas = document.find_pointer("/spec/replicas", error);
  const std::string current = std::to_string(view->resource_version);
  const bool is_stale = version != nullptr && version->is_string() && !version->get_string().empty() &&
                        std::string_view{version->get_string()} != current;
  if (is_stale)
    co_return failure(409, "Conflict", fmt::format("application {} was changed meanwhile: read its scale again", name),
                      about(name));
  constexpr std::int64_t most = 100;
  if (replicas == nullptr || !replicas->is_int64() || replicas->get_int64() < 0 || replicas->get_int64() > most)
    co_return failure(422, "Invalid", "spec.replicas must be a whole number from 0 to 100", about(name));
  Submitted submitted{view->record.application};
  submitted.application.spec.components[*component].replicas = static_cast<int>(replicas->get_int64());
  auto notes = annotations_of(submitted.application);
  notes.erase(std::string{ownership_annotation});
  put_annotations(submitted.application, notes);
  note_manager(view, request, submitted.application);
  const auto written = as_written(view, submitted.application);
  auto response = co_await apply(services, std::move(request), std::move(submitted), *dry);
  if (response.status != 200) co_return response;
  const auto shown = *dry ? nullptr : services.board.find(name);
  co_return scale_answer(shown ? *shown : written, *component);
}

}  // namespace teal::api

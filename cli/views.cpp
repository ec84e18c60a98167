#include "cli/views.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "cli/fields.hpp"
#include "manifests/wire/status_json.hpp"

namespace teal::cli {
namespace {

// "generator-7" → "generator" and 7.
std::optional<std::int64_t> number_after_dash(std::string_view name) {
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto digits = name.substr(dash + 1);
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed != std::errc{} || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

std::string first_text(const boost::json::value& value, std::initializer_list<std::string_view> pointers) {
  for (const auto pointer : pointers) {
    if (auto text = text_at(value, pointer); !text.empty()) return text;
  }
  return {};
}

std::optional<std::int64_t> first_number(const boost::json::value& value,
                                         std::initializer_list<std::string_view> pointers) {
  for (const auto pointer : pointers) {
    if (const auto number = number_at(value, pointer)) return number;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> index_of(const ReplicaView& replica) { return number_after_dash(replica.name); }

const ConditionView* ApplicationView::condition(std::string_view type) const {
  for (const auto& each : conditions) {
    if (each.type == type) return &each;
  }
  return nullptr;
}

bool RolloutView::ended() const {
  return phase == "Complete" || phase == "RolledBack" || phase == "Failed" || phase == "Superseded";
}

std::string RolloutView::why() const {
  const auto& said = message.empty() ? reason : message;
  if (failure.empty() || said.find(failure) != std::string::npos) return said;
  return said.empty() ? failure : said + ": " + failure;
}

ApplicationView read_application(const boost::json::value& value) {
  ApplicationView view;
  view.name = text_at(value, "/metadata/name");
  view.version = text_at(value, "/spec/version");
  view.generation = number_at(value, "/metadata/generation").value_or(0);
  view.created = time_at(value, "/metadata/creationTimestamp");
  if (const auto* status = find(value, "/status")) read_status(*status, view);
  return view;
}

namespace {

bool is_true(const boost::json::value& value, std::string_view pointer) {
  const auto* found = find(value, pointer);
  return found != nullptr && found->is_bool() && found->as_bool();
}

EvidenceView container_evidence(const boost::json::value& value) {
  EvidenceView view;
  view.container = text_at(value, "/container");
  view.body = text_at(value, "/body");
  view.log = text_at(value, "/log");
  if (const auto code = number_at(value, "/exitCode")) {
    view.text = fmt::format("exited with code {}", *code);
    if (is_true(value, "/outOfMemory")) view.text += " (out of memory)";
  }
  const auto failures = number_at(value, "/failures").value_or(0);
  if (const auto answer = text_at(value, "/answer"); !answer.empty() && view.text.empty()) {
    view.text = answer;
    if (failures > 0) view.text += fmt::format(" ({} failed in a row)", failures);
  }
  if (const auto error = text_at(value, "/engineError"); !error.empty()) view.text = error;
  if (view.text.empty()) view.text = text_at(value, "/state");
  // What is refused inside of a container is often refused for this.
  if (const auto security = text_at(value, "/security"); !security.empty() && security != "no new privileges") {
    view.text += fmt::format(" ({})", security);
  }
  return view;
}

std::string server_text(const boost::json::value& value) {
  auto text = fmt::format("{}/{} {} {}", text_at(value, "/loadBalancer"), text_at(value, "/backend"),
                          text_at(value, "/server"), text_at(value, "/state"));
  if (const auto check = text_at(value, "/check"); !check.empty()) text += ": " + check;
  const auto counted = [&](std::string_view pointer, std::string_view what) {
    const auto count = number_at(value, pointer).value_or(0);
    text += fmt::format(", {} {}{}", count, what, count == 1 ? "" : "s");
  };
  counted("/sessions", "session");
  counted("/errors", "error");
  return is_true(value, "/removed") ? text + ", removed when its replica ended" : text;
}

// Of the rollout's own revision; the old ones' are there to be compared with.
bool is_failing(const boost::json::value& server, const RolloutView& rollout, const std::set<std::string>& failed) {
  const auto name = text_at(server, "/server");
  if (name.find(fmt::format("-r{}-", rollout.revision)) == std::string::npos) return false;
  return is_true(server, "/removed") || failed.contains(name) || text_at(server, "/state") != "Up" ||
         number_at(server, "/errors").value_or(0) > 0;
}

void read_evidence(const boost::json::value& value, RolloutView& view) {
  std::set<std::string> failed;
  for (const auto& item : items_at(value, "/status/evidence/containers")) {
    view.evidence.push_back(container_evidence(item));
    const bool is_well = text_at(item, "/state") == "Running" && number_at(item, "/failures").value_or(0) == 0;
    if (!is_well) failed.insert(text_at(item, "/container"));
  }
  for (const auto& item : items_at(value, "/status/evidence/servers")) {
    view.server_evidence.push_back({.text = server_text(item), .failing = is_failing(item, view, failed)});
  }
  for (const auto& item : items_at(value, "/status/evidence/loadBalancerProblems")) {
    view.server_evidence.push_back({.text = text_at(item, "/message"), .failing = true});
  }
  if (const auto to = number_at(value, "/status/rollback/toRevision")) {
    view.rollback = fmt::format("back to revision {}, asked for by {}", *to, text_at(value, "/status/rollback/by"));
  }
}

std::string phase_of_job(std::string_view hook, std::string_view phase) {
  if (hook == "beforeCutover") return "Verifying";
  if (hook == "onRollback") return "RollingBack";
  return hook == "afterCutover" || phase == "AfterCutover" ? "Retiring" : "Migrating";
}

JobView read_job(const boost::json::value& item) {
  return {.job = text_at(item, "/job"),
          .hook = text_at(item, "/hook"),
          .runs_in = phase_of_job(text_at(item, "/hook"), text_at(item, "/phase")),
          .state = text_at(item, "/state"),
          .attempts = number_at(item, "/attempts").value_or(0),
          .exit_code = number_at(item, "/exitCode"),
          .message = text_at(item, "/message"),
          .started = time_at(item, "/startedAt"),
          .finished = time_at(item, "/finishedAt")};
}

}  // namespace

RolloutView read_rollout(const boost::json::value& value) {
  RolloutView view;
  view.name = text_at(value, "/metadata/name");
  view.application =
      first_text(value, {"/spec/application", "/status/application", "/metadata/labels/teal.application"});
  if (view.application.empty()) view.application = view.name.substr(0, view.name.rfind('-'));
  view.revision =
      first_number(value, {"/spec/revision", "/status/revision"}).value_or(number_after_dash(view.name).value_or(0));
  view.generation = first_number(value, {"/spec/generation", "/status/generation", "/status/observedGeneration"});
  view.phase = text_at(value, "/status/phase");
  view.reason = text_at(value, "/status/reason");
  view.message = text_at(value, "/status/message");
  view.failure = text_at(value, "/status/failure");
  view.from_version = text_at(value, "/status/fromVersion");
  view.to_version = text_at(value, "/status/toVersion");
  view.image_digest = text_at(value, "/status/imageDigest");
  view.started = time_at(value, "/status/startedAt");
  view.finished = time_at(value, "/status/finishedAt");
  view.probes = number_at(value, "/status/traffic/probes").value_or(0);
  view.failed = number_at(value, "/status/traffic/failed").value_or(0);
  for (const auto& item : items_at(value, "/status/analysis")) {
    view.analysis.push_back({.name = text_at(item, "/name"),
                             .limit = text_at(item, "/limit"),
                             .state = text_at(item, "/state"),
                             .answer = text_at(item, "/answer"),
                             .failures = number_at(item, "/failures").value_or(0)});
  }
  if (const auto layers = number_at(value, "/status/pull/layers")) {
    view.pull = PullView{.layers_done = number_at(value, "/status/pull/layersDone").value_or(0),
                         .layers = *layers,
                         .bytes_done = number_at(value, "/status/pull/bytesDone").value_or(0),
                         .bytes = number_at(value, "/status/pull/bytes").value_or(0)};
  }
  read_evidence(value, view);
  view.balancer_errors = number_at(value, "/status/traffic/loadBalancerErrors").value_or(0);
  view.latency_p50 = seconds_at(value, "/status/traffic/latencySeconds/p50");
  view.latency_p99 = seconds_at(value, "/status/traffic/latencySeconds/p99");
  view.latency_max = seconds_at(value, "/status/traffic/latencySeconds/max");
  for (const auto& item : items_at(value, "/status/phases")) {
    view.phases.push_back({text_at(item, "/phase"), time_at(item, "/startedAt"), time_at(item, "/finishedAt")});
  }
  for (const auto& item : items_at(value, "/status/migration")) view.jobs.push_back(read_job(item));
  for (const auto& item : items_at(value, "/status/hooks")) view.hooks.push_back(read_job(item));
  view.final_version = text_at(value, "/status/finalVersion");
  view.followed_by = text_at(value, "/status/followedBy");
  return view;
}

EventView read_event(const boost::json::value& value) {
  EventView view;
  for (const auto* pointer : {"/time", "/eventTime", "/lastTimestamp", "/metadata/creationTimestamp"}) {
    if (!view.time) view.time = time_at(value, pointer);
  }
  view.type = text_at(value, "/type");
  view.reason = text_at(value, "/reason");
  view.message = first_text(value, {"/message", "/note"});
  view.object = first_text(value, {"/involvedObject", "/regarding", "/object"});
  if (view.object.empty()) {
    const auto kind = first_text(value, {"/involvedObject/kind", "/regarding/kind"});
    view.object = first_text(value, {"/involvedObject/name", "/regarding/name"});
    if (!kind.empty()) view.object = kind + '/' + view.object;
  }
  return view;
}

}  // namespace teal::cli

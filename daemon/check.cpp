#include <fmt/format.h>
#include <grp.h>
#include <unistd.h>

#include <chrono>
#include <variant>

#include "controllers/rollout/analyse.hpp"
#include "daemon/access/tokens_file.hpp"
#include "daemon/api_tls.hpp"
#include "daemon/app.hpp"
#include "daemon/config/address.hpp"
#include "daemon/manifest_watcher_folder.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/parse/parse.hpp"
#include "manifests/validate/exclusive_resources.hpp"
#include "manifests/validate/places.hpp"
#include "manifests/validate/supported.hpp"

namespace teal::daemon {
namespace {

// A sentence may hold what others wrote, which must not steer the terminal.
void say(std::string_view sentence) { fmt::print("{}\n", printable(sentence)); }

rules::Places places_of(const config::DaemonConfig& config) {
  rules::Places places;
  for (const auto& balancer : config.load_balancers)
    places.load_balancers[balancer.name].takes_routes = balancer.make.takes_routes;
  return places;
}

bool check_file(const admission::ManifestState& file, const config::DaemonConfig& config, const rules::Places& places,
                rules::ExclusiveResources& belongings) {
  const auto path = printable_path(file.path);
  if (!file.problem.empty()) {
    say(fmt::format("{}: {}", path, file.problem));
    return false;
  }
  const auto parsed = yaml::parse_manifest(file.text, path, &places);
  for (const auto& diagnostic : parsed.diagnostics) say(to_string(diagnostic));
  if (!parsed.application) return false;
  auto unsupported = rules::unsupported_features(*parsed.application);
  if (!parsed.application->spec.rollout.analysis.empty() && !config.analyst)
    unsupported.emplace_back(rollout::needs_analyst);
  if (auto taken = belongings.claim(*parsed.application)) unsupported.push_back(std::move(*taken));
  for (const auto& sentence : unsupported) say(fmt::format("{}: {}", path, sentence));
  if (unsupported.empty()) {
    say(fmt::format("{}: application {} version {}: ok", path, parsed.application->name,
                    parsed.application->spec.version));
  }
  return unsupported.empty();
}

void warn(std::string_view sentence) { say(fmt::format("warning: {}", sentence)); }

// A teald that runs tells when it has ended; here it can still be renewed before.
void warn_of_expiry(const config::TlsConfig& files, Time expires) {
  constexpr auto soon = std::chrono::days{30};
  const auto left = expires - std::chrono::system_clock::now();
  const auto end = format_time(expires);
  if (left <= Duration::zero()) {
    warn(fmt::format("api.tls.certificate: {}: ended at {}, so clients refuse it: renew it", files.certificate, end));
  } else if (left < soon) {
    warn(fmt::format("api.tls.certificate: {}: ends at {} (in {} days), and clients refuse it from then on: renew it",
                     files.certificate, end, std::chrono::floor<std::chrono::days>(left).count()));
  }
}

// It may be made later, so it is no error; until then nobody is in it.
void warn_of_missing_groups(const config::ApiConfig& api) {
  for (const auto& [group, role] : api.groups) {
    if (::getgrnam(group.c_str()) != nullptr) continue;
    warn(fmt::format("api.groups: there is no group {} on this machine, so nobody is {} by it: groupadd {}", group,
                     access::to_string(role), group));
  }
}

// The files that say who may: the configuration names them, and a teald that starts would read them.
bool check_access(const config::ApiConfig& api) {
  bool well = true;
  if (api.tokens) {
    const auto tokens = access::read_tokens_file(*api.tokens);
    if (!tokens) say(fmt::format("api.tokens: {}", tokens.error().message));
    well = tokens.has_value();
  }
  if (api.tls) {
    const auto tls = load_api_tls(*api.tls);
    if (!tls) say(tls.error().message);
    if (tls) warn_of_expiry(*api.tls, runtime::expiry_of(**tls));
    well = tls.has_value() && well;
  }
  warn_of_missing_groups(api);
  return well;
}

// Where teald keeps what it knows and where it listens. What is not there yet is made later, or by systemd.
bool check_places(const config::DaemonConfig& config) {
  bool well = true;
  const auto judge = [&](const std::string& what, const Result<void>& judged) {
    if (judged || judged.error().code == ErrorCode::not_found) return;
    say(fmt::format("{}: {}", what, judged.error().message));
    well = false;
  };
  if (config.store.check) judge("store", config.store.check());
  for (const auto& balancer : config.load_balancers) {
    if (balancer.make.check) judge("load balancer " + balancer.name, balancer.make.check());
  }
  for (const auto& address : config.api.listen) {
    const auto* socket = std::get_if<config::UnixAddress>(&address);
    if (socket != nullptr) judge("listen on " + to_string(address), runtime::judge_folder_of(socket->path));
  }
  if (!well && ::geteuid() == 0) {
    say("This check ran as root. A teald that runs as another user is checked as that user, who may own these "
        "then: "
        "runuser -u USER -- teald --check …");
  }
  return well;
}

}  // namespace

int check_manifests(const config::DaemonConfig& config) {
  bool well = check_access(config.api);
  well = check_places(config) && well;
  for (const auto& sentence : config.unsupported) {
    say(sentence);
    well = false;
  }
  const auto reading = read_folder(config.manifests);
  if (!reading.problem.empty()) {
    say("manifests: " + reading.problem);
    return 2;
  }
  for (const auto& path : reading.dangling) {
    say(printable_path(path) + ": is a link that leads nowhere");
    well = false;
  }
  rules::ExclusiveResources belongings;
  const auto places = places_of(config);
  for (const auto& file : reading.files) well = check_file(file, config, places, belongings) && well;
  say(fmt::format("{} manifests in {}: {}", reading.files.size() + reading.dangling.size(), config.manifests,
                  well ? "all well" : "see above"));
  return well ? 0 : 2;
}

}  // namespace teal::daemon

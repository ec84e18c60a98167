#include "daemon/access/gate.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace teal::access {
namespace {

constexpr std::string_view bearer = "Bearer ";
constexpr std::size_t longest_token = 4096;

std::string system_user_name(std::uint32_t uid) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return fmt::format("uid {}", uid);
}

std::optional<std::uint32_t> system_group_id(const std::string& group) {
  std::array<char, 16384> buffer{};
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return found->gr_gid;
}

bool is_bearer(std::string_view value) {
  return value.size() > bearer.size() && std::ranges::equal(value.substr(0, bearer.size()), bearer, [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
         });
}

std::string some_of(const std::vector<std::string>& patterns) {
  constexpr std::size_t shown = 10;
  const auto count = std::min(patterns.size(), shown);
  auto text =
      fmt::format("{}", fmt::join(patterns.begin(), patterns.begin() + static_cast<std::ptrdiff_t>(count), ", "));
  if (patterns.size() > shown) text += fmt::format(" and {} more", patterns.size() - shown);
  return text;
}

}  // namespace

Gate::Gate(GateOptions options, const Tokens& tokens, const ports::Clock& clock)
    : options_(std::move(options)), tokens_(tokens), clock_(clock) {
  if (!options_.user_name) options_.user_name = system_user_name;
  if (!options_.group_id) options_.group_id = system_group_id;
}

std::optional<Identity> Gate::identify(const Credentials& credentials) const {
  // What is shown on purpose counts before what comes with the connection, and is never passed over when it is wrong.
  if (!credentials.authorization.empty()) return of_token(credentials.authorization);
  if (credentials.peer.certificate) return of_certificate(*credentials.peer.certificate);
  if (credentials.peer.user) return of_user(*credentials.peer.user);
  Identity anonymous;
  if (!options_.has_tokens && !options_.has_client_ca) anonymous.role = Role::Viewer;
  return anonymous;
}

std::optional<Identity> Gate::of_token(const std::vector<std::string>& authorization) const {
  if (authorization.size() != 1 || !is_bearer(authorization.front())) return std::nullopt;
  const auto token = std::string_view{authorization.front()}.substr(bearer.size());
  const auto* found = token.size() > longest_token ? nullptr : tokens_.find(token, clock_.now());
  if (found == nullptr) return std::nullopt;
  Identity identity;
  identity.role = found->role;
  identity.name = found->name;
  identity.proof = "token";
  identity.applications = found->applications;
  return identity;
}

std::optional<Identity> Gate::of_certificate(const runtime::PeerCertificate& certificate) const {
  // It may expire while its connection lives.
  if (certificate.common_name.empty() || certificate.expires <= clock_.now()) return std::nullopt;
  // And so may its authority be replaced.
  if (options_.vouched && !options_.vouched(certificate)) return std::nullopt;
  constexpr std::string_view prefix = "teal:";
  Identity identity;
  identity.name = certificate.common_name;
  identity.proof = "client certificate";
  for (const auto& organization : certificate.organizations) {
    if (!organization.starts_with(prefix)) continue;
    const auto role = parse_role(std::string_view{organization}.substr(prefix.size()));
    if (role) identity.role = std::max(identity.role, *role);
  }
  return identity;
}

const std::string& Gate::name_of(std::uint32_t uid) const {
  constexpr Duration remembered = std::chrono::seconds{10};
  const auto now = clock_.now();
  auto& name = names_[uid];
  const bool is_fresh = !name.text.empty() && now >= name.looked_up && now - name.looked_up < remembered;
  if (!is_fresh) name = {options_.user_name(uid), now};
  return name.text;
}

Identity Gate::of_user(const runtime::PeerUser& user) const {
  Identity identity;
  identity.name = name_of(user.uid);
  identity.proof = "unix peer";
  if (user.uid == 0 || user.uid == options_.own_uid || options_.groups.empty()) {
    identity.role = Role::Admin;
    return identity;
  }
  // Asked anew each time, since groups come and go while teald runs.
  for (const auto& [group, role] : options_.groups) {
    const auto id = options_.group_id(group);
    const bool is_member = id && (*id == user.gid || std::ranges::find(user.groups, *id) != user.groups.end());
    if (is_member) identity.role = std::max(identity.role, role);
  }
  return identity;
}

std::optional<Denial> Gate::refuse(const std::optional<Identity>& identity, const RequiredAccess& need, bool has_body,
                                   std::string_view application) const {
  const auto role = has_body ? need.role_with_body : need.role;
  if (role == Role::Nobody) return std::nullopt;
  if (!identity) return Denial{401, "Unauthorized"};
  if (identity->role < role) {
    if (identity->proof.empty() && (options_.has_tokens || options_.has_client_ca)) return Denial{401, "Unauthorized"};
    const auto with = has_body && need.role != role ? " with a body" : "";
    const auto where = identity->proof.empty() ? ": use the Unix socket, or give api.tokens in teald.yaml" : "";
    return Denial{403,
                  fmt::format("{} is not allowed to do that: it requires the role {}{}, {} has {}{}", identity->name,
                              to_string(role), with, identity->proof.empty() ? "this address" : "it",
                              identity->role == Role::Nobody ? "none" : to_string(identity->role), where)};
  }
  if (identity->sees_all()) return std::nullopt;
  const auto applications = some_of(identity->applications);
  if (need.reach == Reach::Everything) {
    return Denial{403, fmt::format("{} is limited to the applications {}, and this is about all of them: the role {} "
                                   "without `applications` would do",
                                   identity->name, applications, to_string(role))};
  }
  const bool is_one = need.reach == Reach::Application || need.reach == Reach::Rollout;
  if (!is_one || identity->sees(application)) return std::nullopt;
  return Denial{
      403, fmt::format("{} is limited to the applications {}, which do not include {}: the role {} for {} would do",
                       identity->name, applications, application, to_string(role), application)};
}

}  // namespace teal::access

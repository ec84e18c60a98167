// Who may call what: every route, every kind of identity, every door, against the table below. A route that the table
// does not have fails.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/unit/api/access_rig.hpp"

namespace teal::test {
namespace {

using access::Role;

enum class About { Nothing, Shop, Filtered, Everything };

struct Row {
  std::string_view method;
  std::string_view pattern;
  Role needs;
  About about;
  std::string_view target = {};  // empty: the pattern itself
  std::string_view body = {};
};

constexpr std::string_view spec =
    R"({"apiVersion":"teal/v1","kind":"Application","metadata":{"name":"shop"},"spec":{"version":"2","image":"x",)"
    R"("env":{"A":{"fromExec":["/bin/sh","-c","id"]},"B":{"fromFile":"/etc/shadow"},"C":{"fromEnv":"HOME"}},)"
    R"("components":[{"name":"api"}]}})";

#define SHOP "/apis/teal/v1/applications/shop"
#define SHOP_7 "/apis/teal/v1/rollouts/shop-7"
#define NAMED "/apis/teal/v1/applications/{name}"

// The contract's table of roles, route by route.
constexpr Row table[] = {
    {"GET", "/", Role::Nobody, About::Nothing},
    {"GET", "/web/{file}", Role::Nobody, About::Nothing, "/web/app.js"},
    {"GET", "/favicon.ico", Role::Nobody, About::Nothing},
    {"GET", "/healthz", Role::Nobody, About::Nothing},
    {"GET", "/livez", Role::Nobody, About::Nothing},
    {"GET", "/readyz", Role::Nobody, About::Nothing},
    {"GET", "/version", Role::Viewer, About::Nothing},
    {"GET", "/openapi/v3", Role::Viewer, About::Nothing},
    {"GET", "/openapi/v3/api/{version}", Role::Viewer, About::Nothing, "/openapi/v3/api/v1"},
    {"GET", "/openapi/v3/apis/{group}/{version}", Role::Viewer, About::Nothing, "/openapi/v3/apis/teal/v1"},
    {"GET", "/openapi/v2", Role::Viewer, About::Nothing},
    {"GET", "/api", Role::Viewer, About::Nothing},
    {"GET", "/api/v1", Role::Viewer, About::Nothing},
    {"GET", "/apis", Role::Viewer, About::Nothing},
    {"GET", "/apis/{group}", Role::Viewer, About::Nothing, "/apis/teal"},
    {"GET", "/apis/{group}/{version}", Role::Viewer, About::Nothing, "/apis/teal/v1"},
    {"GET", "/api/v1/namespaces", Role::Viewer, About::Nothing},
    {"GET", "/api/v1/namespaces/{name}", Role::Viewer, About::Nothing, "/api/v1/namespaces/default"},
    {"POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", Role::Viewer, About::Nothing, {}, "{}"},
    {"POST",
     "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
     Role::Viewer,
     About::Nothing,
     {},
     R"({"spec":{"resourceAttributes":{"group":"teal","resource":"applications","verb":"delete","name":"shop"}}})"},
    {"POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", Role::Viewer, About::Nothing, {}, "{}"},
    {"GET", "/metrics", Role::Viewer, About::Everything},
    {"GET", "/apis/teal/v1/applications", Role::Viewer, About::Filtered},
    {"GET", "/apis/teal/v1/applications", Role::Viewer, About::Filtered, "/apis/teal/v1/applications?watch=true"},
    {"GET", "/apis/teal/v1/rollouts", Role::Viewer, About::Filtered},
    {"GET", "/apis/teal/v1/rollouts", Role::Viewer, About::Shop, "/apis/teal/v1/rollouts?application=shop"},
    {"GET", "/apis/teal/v1/events", Role::Viewer, About::Filtered},
    {"GET", "/apis/teal/v1/events", Role::Viewer, About::Shop, "/apis/teal/v1/events?application=shop"},
    {"GET", "/api/v1/events", Role::Viewer, About::Filtered},
    {"GET", "/api/v1/namespaces/{namespace}/events", Role::Viewer, About::Filtered,
     "/api/v1/namespaces/default/events"},
    {"GET", "/apis/events.k8s.io/v1/events", Role::Viewer, About::Filtered},
    {"GET", "/apis/events.k8s.io/v1/namespaces/{namespace}/events", Role::Viewer, About::Filtered,
     "/apis/events.k8s.io/v1/namespaces/default/events"},
    {"POST", "/apis/teal/v1/applications", Role::Admin, About::Shop, {}, spec},
    {"GET", NAMED "/scale", Role::Viewer, About::Shop, SHOP "/scale"},
    {"PUT", NAMED "/scale", Role::Admin, About::Shop, SHOP "/scale", R"({"spec":{"replicas":2}})"},
    {"PATCH", NAMED "/scale", Role::Admin, About::Shop, SHOP "/scale", R"({"spec":{"replicas":2}})"},
    {"GET", NAMED, Role::Viewer, About::Shop, SHOP},
    {"GET", NAMED "/status", Role::Viewer, About::Shop, SHOP "/status"},
    {"GET", "/apis/teal/v1/rollouts/{name}", Role::Viewer, About::Shop, SHOP_7},
    {"GET", "/apis/teal/v1/rollouts/{name}/status", Role::Viewer, About::Shop, SHOP_7 "/status"},
    {"GET", "/apis/teal/v1/rollouts/{name}/logs", Role::Viewer, About::Shop, SHOP_7 "/logs?component=api"},
    {"GET", "/apis/teal/v1/rollouts/{name}/logs", Role::Viewer, About::Shop, SHOP_7 "/logs?job=default"},
    {"POST", NAMED "/approve", Role::Operator, About::Shop, SHOP "/approve"},
    {"POST", NAMED "/pause", Role::Operator, About::Shop, SHOP "/pause"},
    {"POST", NAMED "/resume", Role::Operator, About::Shop, SHOP "/resume"},
    {"POST", NAMED "/abort", Role::Operator, About::Shop, SHOP "/abort"},
    {"POST", NAMED "/retry", Role::Operator, About::Shop, SHOP "/retry"},
    {"POST", NAMED "/rollback", Role::Operator, About::Shop, SHOP "/rollback"},
    {"POST", NAMED "/maintenance", Role::Operator, About::Shop, SHOP "/maintenance", R"({"on":true})"},
    {"POST", NAMED "/preflight", Role::Operator, About::Shop, SHOP "/preflight"},
    {"POST", NAMED "/plan", Role::Operator, About::Shop, SHOP "/plan"},
    {"POST", NAMED "/plan", Role::Admin, About::Shop, SHOP "/plan", spec},
    {"PUT", NAMED, Role::Admin, About::Shop, SHOP, spec},
    {"PUT", NAMED, Role::Admin, About::Shop, SHOP "?dryRun=All", spec},
    {"PATCH", NAMED, Role::Admin, About::Shop, SHOP, R"({"spec":{"version":"3"}})"},
    {"DELETE", NAMED, Role::Admin, About::Shop, SHOP},
    {"POST", NAMED "/end-job", Role::Admin, About::Shop, SHOP "/end-job", R"({"job":"default","confirm":"shop"})"},
    {"GET", "/apis/teal/v1/audit", Role::Admin, About::Filtered},
    {"GET", "/apis/teal/v1/audit", Role::Admin, About::Shop, "/apis/teal/v1/audit?application=shop"},
    {"GET", "/apis/teal/v1/audit", Role::Admin, About::Filtered, "/apis/teal/v1/audit?follow=true"},
};

struct Who {
  std::string name;
  access::Credentials shows;
  Role role = Role::Nobody;  // that the contract gives them at this door
  bool is_known = true;      // false: 401 wherever anything is needed
  bool sees_shop = true;
  bool sees_all = true;
};

// A door and everybody who may knock at it.
struct Door {
  std::string name;
  access::GateOptions options;
  std::vector<Who> people;
};

access::Credentials with_token(const std::string& text) {
  access::Credentials shown;
  shown.authorization = {"Bearer " + text};
  return shown;
}

access::Credentials with_certificate(std::vector<std::string> organizations, Time expires) {
  access::Credentials shown;
  shown.peer.certificate = runtime::PeerCertificate{"ops", std::move(organizations), expires};
  return shown;
}

access::Credentials of_user(std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups = {}) {
  access::Credentials shown;
  shown.peer.user = runtime::PeerUser{uid, gid, std::move(groups)};
  return shown;
}

constexpr std::uint32_t own_uid = 900;
const Time later{Duration{1800000000000}};
const Time earlier{Duration{1600000000000}};

access::Token token(const std::string& name, Role role, std::vector<std::string> applications = {},
                    std::optional<Time> expires = {}) {
  return {name, role, access::token_digest("teal_" + name), std::move(applications), expires};
}

std::vector<access::Token> all_tokens() {
  return {token("viewer", Role::Viewer),
          token("operator", Role::Operator),
          token("admin", Role::Admin),
          token("other", Role::Operator, {"blog", "generator-*"}),
          token("other-admin", Role::Admin, {"blog"}),
          token("shops", Role::Admin, {"sh*"}),
          token("expired", Role::Admin, {}, earlier),
          token("expires", Role::Viewer, {}, later)};
}

std::vector<Who> token_people() {
  auto two = with_token("teal_admin");
  two.authorization.push_back("Bearer teal_viewer");
  access::Credentials basic;
  basic.authorization = {"Basic dGVhbF9hZG1pbg=="};
  auto over_unix = of_user(1000, 1000);
  over_unix.authorization = {"Bearer teal_viewer"};
  return {{"nobody", {}, Role::Nobody, false},
          {"a wrong token", with_token("teal_admim"), Role::Nobody, false},
          {"an empty token", with_token(""), Role::Nobody, false},
          {"a hash as a token", with_token(access::token_digest("teal_admin")), Role::Nobody, false},
          {"an expired token", with_token("teal_expired"), Role::Nobody, false},
          {"a revoked token", with_token("teal_revoked"), Role::Nobody, false},
          {"two tokens", two, Role::Nobody, false},
          {"a password", basic, Role::Nobody, false},
          {"a viewer", with_token("teal_viewer"), Role::Viewer},
          {"a viewer for some time", with_token("teal_expires"), Role::Viewer},
          {"an operator", with_token("teal_operator"), Role::Operator},
          {"an admin", with_token("teal_admin"), Role::Admin},
          {"another application's operator", with_token("teal_other"), Role::Operator, true, false, false},
          {"another application's admin", with_token("teal_other-admin"), Role::Admin, true, false, false},
          {"this application's admin", with_token("teal_shops"), Role::Admin, true, true, false},
          {"a certificate of a viewer", with_certificate({"teal:viewer"}, later), Role::Viewer},
          {"a certificate of an operator", with_certificate({"x", "teal:operator"}, later), Role::Operator},
          {"a certificate of an admin", with_certificate({"teal:admin", "teal:viewer"}, later), Role::Admin},
          {"a certificate without a role", with_certificate({"system:masters", "teal:root"}, later), Role::Nobody},
          {"an expired certificate", with_certificate({"teal:admin"}, earlier), Role::Nobody, false},
          {"a Unix peer with a viewer's token", over_unix, Role::Viewer}};
}

std::vector<Door> doors() {
  access::GateOptions asks;
  asks.has_tokens = asks.has_client_ca = true;
  asks.own_uid = own_uid;
  access::GateOptions open;
  open.own_uid = own_uid;
  access::GateOptions groups = asks;
  groups.groups = {{"teal-admins", Role::Admin},
                   {"teal-operators", Role::Operator},
                   {"teal-viewers", Role::Viewer},
                   {"no-such-group", Role::Admin}};
  groups.group_id = [](const std::string& group) -> std::optional<std::uint32_t> {
    if (group == "teal-admins") return 501;
    if (group == "teal-operators") return 502;
    return group == "teal-viewers" ? std::optional<std::uint32_t>{503} : std::nullopt;
  };
  groups.user_name = open.user_name = asks.user_name = [](std::uint32_t uid) { return fmt::format("user{}", uid); };
  return {{"loopback without tokens",
           open,
           {{"nobody", {}, Role::Viewer}, {"any token", with_token("teal_unknown"), Role::Nobody, false}}},
          {"TCP with tokens and certificates", asks, token_people()},
          {"the Unix socket without groups",
           open,
           {{"root", of_user(0, 0), Role::Admin},
            {"teald's user", of_user(own_uid, 900), Role::Admin},
            {"whoever may open it", of_user(1000, 1000), Role::Admin}}},
          {"the Unix socket with groups",
           groups,
           {{"root", of_user(0, 0), Role::Admin},
            {"teald's user", of_user(own_uid, 900), Role::Admin},
            {"an admin", of_user(1000, 1000, {501, 503}), Role::Admin},
            {"an operator", of_user(1000, 502), Role::Operator},
            {"a viewer", of_user(1000, 1000, {4, 503}), Role::Viewer},
            {"a stranger", of_user(1000, 1000, {4, 24}), Role::Nobody}}}};
}

// 401, 403 or 0: let in.
int expected(const Row& row, const Who& who) {
  if (row.needs == Role::Nobody) return 0;
  if (!who.is_known) return 401;
  if (who.role < row.needs) return 403;
  if (row.about == About::Shop && !who.sees_shop) return 403;
  return row.about == About::Everything && !who.sees_all ? 403 : 0;
}

TEST(AccessMatrix, HasEveryRoute) {
  for (const auto& route : api::routes()) {
    EXPECT_TRUE(std::ranges::any_of(
        table, [&](const Row& row) { return row.method == route.method && row.pattern == route.pattern; }))
        << route.method << " " << route.pattern << ": say in the table who may";
  }
}

TEST(AccessMatrix, LetsInWhomTheTableLetsInAndNobodyElse) {
  for (const auto& door : doors()) {
    for (const auto& who : door.people) {
      for (const auto& row : table) {
        AccessRig rig{door.options};
        rig.tokens.replace(all_tokens());
        const std::string target{row.target.empty() ? row.pattern : row.target};
        const auto response = rig.ask(who.shows, std::string{row.method}, target, std::string{row.body});
        const auto where = fmt::format("{} over {}: {} {}{}", who.name, door.name, row.method, target,
                                       row.body.empty() ? "" : " with a body");
        const bool is_denied = response.status == 401 || response.status == 403;
        EXPECT_EQ(is_denied ? response.status : 0, expected(row, who)) << where << ": " << response.body;
        // Whoever may look at a database of a stored spec may have its credentials read; nothing else below admin.
        const bool may_read = who.role == Role::Admin || (row.pattern.ends_with("/preflight") && !is_denied);
        EXPECT_TRUE(rig.secrets.reads.empty() || may_read) << where << " had " << rig.secrets.reads.front() << " read";
      }
    }
  }
}

TEST(AccessMatrix, AnAdminsPlanReadsWhatAnOperatorsOnlyNames) {
  access::GateOptions options;
  options.has_tokens = true;
  AccessRig rig{options};
  rig.tokens.replace(all_tokens());
  const auto plan = rig.ask(with_token("teal_operator"), "POST", SHOP "/plan");
  EXPECT_EQ(plan.status, 200) << plan.body;
  EXPECT_NE(plan.body.find("not looked at, which only an admin's plan does: env file /etc/shop/.env, env.HOME_OF, "
                           "env.PASSWORD, job default credentials.DB__PASSWORD, the database of job default"),
            std::string::npos)
      << plan.body;
  EXPECT_TRUE(rig.secrets.reads.empty());
  EXPECT_EQ(rig.ask(with_token("teal_admin"), "POST", SHOP "/plan").status, 200);
  EXPECT_FALSE(rig.secrets.reads.empty());
}

TEST(AccessMatrix, WhatReadsSourcesIsOnRecordWithWhoAsked) {
  access::GateOptions options;
  options.has_tokens = true;
  AccessRig rig{options};
  rig.tokens.replace(all_tokens());
  EXPECT_EQ(rig.ask(with_token("teal_operator"), "POST", SHOP "/preflight").status, 200);
  EXPECT_EQ(rig.ask(with_token("teal_admin"), "POST", SHOP "/plan", std::string{spec}).status, 200);
  EXPECT_EQ(rig.ask(with_token("teal_operator"), "POST", SHOP "/plan").status, 200) << "which reads nothing";
  const auto audit = rig.ask(with_token("teal_admin"), "GET", "/apis/teal/v1/audit").body;
  const auto items = boost::json::parse(audit).at("items").as_array();
  ASSERT_EQ(items.size(), 2U) << audit;
  EXPECT_NE(boost::json::serialize(items[0]).find(R"("preflight")"), std::string::npos) << audit;
  EXPECT_NE(boost::json::serialize(items[0]).find(R"("operator")"), std::string::npos) << audit;
  EXPECT_NE(boost::json::serialize(items[1]).find(R"("plan")"), std::string::npos) << audit;
}

TEST(AccessMatrix, SaysWhichRoleWouldDo) {
  access::GateOptions options;
  options.has_tokens = true;
  AccessRig rig{options};
  rig.tokens.replace(all_tokens());
  EXPECT_NE(rig.ask(with_token("teal_viewer"), "POST", SHOP "/retry").body.find("the role operator"),
            std::string::npos);
  EXPECT_NE(rig.ask(with_token("teal_operator"), "DELETE", SHOP).body.find("the role admin"), std::string::npos);
  EXPECT_NE(rig.ask(with_token("teal_operator"), "POST", SHOP "/plan", std::string{spec})
                .body.find("the role admin with a body"),
            std::string::npos);
  AccessRig loopback{access::GateOptions{}};
  const auto refused = loopback.ask({}, "POST", SHOP "/plan");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("the role operator"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("use the Unix socket"), std::string::npos) << refused.body;
}

TEST(AccessMatrix, TellsNobodyWhatIsWrongWithAToken) {
  access::GateOptions options;
  options.has_tokens = true;
  AccessRig rig{options};
  rig.tokens.replace(all_tokens());
  const auto none = rig.ask({}, "GET", SHOP);
  for (const auto* text : {"teal_wrong", "teal_expired", ""}) {
    const auto other = rig.ask(with_token(text), "GET", SHOP);
    EXPECT_EQ(other.status, 401);
    EXPECT_EQ(other.body, none.body) << text;
    EXPECT_EQ(other.headers, none.headers) << text;
  }
  // Nor whether an application exists.
  const auto there = rig.ask(with_token("teal_other"), "GET", SHOP);
  const auto not_there = rig.ask(with_token("teal_other"), "GET", "/apis/teal/v1/applications/shopp");
  EXPECT_EQ(there.status, not_there.status);
}

}  // namespace
}  // namespace teal::test

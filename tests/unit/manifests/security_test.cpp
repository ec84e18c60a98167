#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "manifests/spec/diff.hpp"
#include "manifests/wire/json.hpp"
#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using test::errors_of;
using test::parsed;
using test::replaced;
using testing::HasSubstr;

constexpr std::string_view manifest = R"(apiVersion: teal/v1
kind: Application
metadata:
  name: shop
spec:
  version: "1.0"
  image: registry.example/shop
  migration: {jobs: [{name: schema, command: [./migrate]}]}
  components:
    - name: api
      port: 8000
)";

std::string with(const std::string& security) {
  return replaced(std::string{manifest}, "port: 8000", "security: {" + security + "}");
}

spec::Security security_of(const std::string& written) { return parsed(with(written)).spec.components[0].security; }

std::string message_of(const std::string& written) { return errors_of(with(written)); }

TEST(SecurityOfContainers, IsDockersButForNewPrivileges) {
  const auto application = parsed(std::string{manifest});
  EXPECT_EQ(application.spec.components[0].security, (spec::Security{"", false, true, {}, {}, 0}));
  EXPECT_EQ(application.spec.migration.jobs[0].security, (spec::Security{"", false, true, {}, {}, 0}));
  EXPECT_EQ(wire::to_json(application).at("spec").at("components").at(0).at("security"),
            boost::json::value({{"readOnlyRootFilesystem", false},
                                {"noNewPrivileges", true},
                                {"capabilities", {{"drop", boost::json::array{}}, {"add", boost::json::array{}}}},
                                {"pids", 0}}));
}

// What an older teald has stored says nothing of it, and neither does an untouched manifest.
TEST(SecurityOfContainers, SayingTheDefaultIsNoChange) {
  const auto before = parsed(std::string{manifest});
  const auto after =
      parsed(with("user: \"\", readOnlyRootFilesystem: false, noNewPrivileges: true, "
                  "capabilities: {drop: [], add: []}, pids: 0"));
  auto same = after;
  same.spec.components[0].port = 8000;
  EXPECT_EQ(spec::classify(before.spec, same.spec), spec::ChangeKind::None);
}

TEST(SecurityOfContainers, CapabilitiesAreASetHoweverTheyAreWritten) {
  const auto security = security_of("capabilities: {drop: [all], add: [net_raw, CAP_NET_ADMIN, NET_ADMIN, cap_chown]}");
  EXPECT_EQ(security.drop, std::vector<std::string>{"ALL"});
  EXPECT_EQ(security.add, (std::vector<std::string>{"CHOWN", "NET_ADMIN", "NET_RAW"}));
}

TEST(SecurityOfContainers, UsersAreAsDockerTakesThem) {
  for (const std::string user :
       {"1000", "\"1000\"", "1000:1000", "\"0:0\"", "nobody", "www-data:www-data", "app:1000", "_apt", "2147483647"}) {
    EXPECT_FALSE(security_of("user: " + user).user.empty()) << user;
  }
  for (const std::string user :
       {"\":1000\"", "\"1000:\"", "\"a b\"", "\"1:2:3\"", "2147483648", "-1", "\"a/b\"", "\"a\\nb\"", "\"é\""}) {
    EXPECT_THAT(message_of("user: " + user),
                HasSubstr("spec.components[0].security.user: expected a user of the container"))
        << user;
  }
}

TEST(SecurityOfContainers, NamesWhatCannotBe) {
  EXPECT_THAT(message_of("capabilities: {add: [CHOWN, NET_BIND]}"),
              HasSubstr("spec.components[0].security.capabilities.add[1]: \"NET_BIND\" is not a capability"));
  EXPECT_THAT(message_of("capabilities: {drop: [CAP_], add: [CAP_CAP_CHOWN]}"),
              testing::AllOf(HasSubstr("drop[0]"), HasSubstr("add[0]")));
  EXPECT_THAT(message_of("capabilities: {drop: [CHOWN], add: [cap_chown]}"),
              HasSubstr("capabilities.add: CHOWN is dropped and added at once"));
  EXPECT_THAT(message_of("pids: -1"), HasSubstr("security.pids: -1 is out of range: expected 0 to 4194304"));
  EXPECT_THAT(message_of("privileged: true"), HasSubstr("security.privileged: unknown key"));
  EXPECT_THAT(message_of("capabilities: [ALL]"), HasSubstr("security.capabilities: expected a mapping"));
  EXPECT_THAT(message_of("noNewPrivileges: \"false\""), HasSubstr("expected true or false"));
}

TEST(SecurityOfContainers, JobsAndHooksHaveItToo) {
  const auto text = replaced(std::string{manifest}, "command: [./migrate]",
                             "command: [./migrate], security: {user: \"5\", pids: -5}");
  EXPECT_THAT(errors_of(text), HasSubstr("spec.migration.jobs[0].security.pids: -5 is out of range"));
  const auto hook = replaced(
      std::string{manifest},
      "  components:", "  hooks: {onRollback: [{name: h, command: [x], security: {user: \"a b\"}}]}\n  components:");
  EXPECT_THAT(errors_of(hook), HasSubstr("spec.hooks.onRollback[0].security.user: expected a user"));
}

TEST(SecurityOfContainers, AChangeIsShownFieldByField) {
  const auto before = parsed(std::string{manifest});
  auto after = before;
  after.spec.components[0].security = {"1000", false, false, {}, {"NET_ADMIN"}, 0};
  EXPECT_THAT(spec::diff(before, after),
              testing::ElementsAre(
                  spec::FieldChange{"spec.components[api].security.noNewPrivileges", "true", "false"},
                  spec::FieldChange{"spec.components[api].security.capabilities.add", "[]", R"(["NET_ADMIN"])"},
                  spec::FieldChange{"spec.components[api].security.user", "(none)", "1000"}));
}

}  // namespace
}  // namespace teal::test

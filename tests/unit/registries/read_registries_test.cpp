// An entry of teald.yaml's `registries`, as the driver reads it.
#include "daemon/drivers/registries/read_registries.hpp"

#include <gmock/gmock.h>

#include "tests/support/read_settings.hpp"

namespace teal::test {
namespace {

registries::RegistryRule rule_of(std::string_view text) {
  return test::read_settings(text, [](const yaml::Field& field) {
    registries::RegistryRule rule;
    EXPECT_TRUE(read(field, rule));
    return rule;
  });
}

TEST(ReadRegistries, ReadsHowToLogIn) {
  const auto ecr = rule_of("{host: \"*.dkr.ecr.*.amazonaws.com\", ecr: {}}");
  EXPECT_EQ(ecr.host, "*.dkr.ecr.*.amazonaws.com");
  EXPECT_TRUE(std::holds_alternative<registries::EcrCredentials>(ecr.credentials));
  const auto basic =
      rule_of("{host: r.example:5000, basic: {username: teal, password: {fromFile: /etc/teal/registry}}}");
  EXPECT_EQ(std::get<registries::BasicCredentials>(basic.credentials).password.text, "/etc/teal/registry");
}

}  // namespace
}  // namespace teal::test

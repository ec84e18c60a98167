// A helper is given what is meant for it.
#include "daemon/drivers/registries/helper_environment.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace teal::test {
namespace {

std::vector<std::string> names_given_to(registries::HelperKind kind) {
  std::vector<std::string> names;
  for (const auto& [name, value] : registries::helper_environment(kind)) names.push_back(name);
  return names;
}

TEST(HelperEnvironment, IsWhatAHelperNeedsAndNothingOfOthers) {
  const std::vector<std::string> others{"DATABASE_URL",          "DB_PW",        "SSHPASS", "CRED",
                                        "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"};
  for (const auto& name : others) ::setenv(name.c_str(), "x", 1);
  for (const auto* name : {"AWS_PROFILE", "GITHUB_TOKEN", "HTTPS_PROXY"}) ::setenv(name, "x", 1);
  const auto of_docker = names_given_to(registries::HelperKind::Docker);
  const auto of_aws = names_given_to(registries::HelperKind::Aws);
  EXPECT_THAT(of_docker, testing::IsSupersetOf({"PATH", "AWS_PROFILE", "GITHUB_TOKEN", "HTTPS_PROXY"}));
  EXPECT_THAT(of_aws, testing::IsSupersetOf({"PATH", "AWS_PROFILE", "HTTPS_PROXY"}));
  EXPECT_THAT(of_aws, testing::Not(testing::Contains("GITHUB_TOKEN")));
  for (const auto& name : others) {
    EXPECT_THAT(of_docker, testing::Not(testing::Contains(name)));
    EXPECT_THAT(of_aws, testing::Not(testing::Contains(name)));
  }
  for (const auto& name : others) ::unsetenv(name.c_str());
  for (const auto* name : {"AWS_PROFILE", "GITHUB_TOKEN", "HTTPS_PROXY"}) ::unsetenv(name);
}

}  // namespace
}  // namespace teal::test

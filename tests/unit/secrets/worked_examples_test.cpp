// The helpers of deploy/secrets, run as teald runs them, against doubles of the tools that they use.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/drivers/secrets/secret_program.hpp"
#include "manifests/parse/parse.hpp"
#include "manifests/validate/supported.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string examples = TEAL_SOURCE_DIR "/deploy/secrets/";

class WorkedExamples : public testing::Test {
 protected:
  WorkedExamples() {
    auto pattern = (fs::temp_directory_path() / "teal-examples-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = std::getenv("PATH");
    ::setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1);
  }
  ~WorkedExamples() override {
    ::setenv("PATH", path_.c_str(), 1);
    fs::remove_all(folder_);
  }

  // A double that answers exactly these arguments, and fails as the real one does for all others.
  void tool(const std::string& name, const std::string& arguments, const std::string& answer,
            const std::string& refusal) {
    const auto path = folder_ / name;
    std::ofstream{path} << "#!/bin/sh\nif [ \"$*\" = '" << arguments << "' ]; then " << answer << "; else echo '"
                        << refusal << "' >&2; exit 2; fi\n";
    ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
  }
  std::string value_of(std::vector<std::string> command) {
    command[0] = examples + command[0];
    const secrets::SecretProgram program{std::move(command), std::chrono::seconds{20}, nullptr, environment_};
    const auto value = secrets::read_secret_program(program);
    return value ? value->reveal() : "error: " + value.error().message;
  }

  fs::path folder_;
  std::string path_;
  masking::SecretEnvironment environment_;
};

TEST_F(WorkedExamples, VaultPrintsTheField) {
  tool("vault", "kv get -field=password secret/shop", "printf %s \"hunter2 $VAULT_TOKEN\"",
       "Error making API request. Code: 403. * permission denied");
  environment_.emplace_back("VAULT_TOKEN", masking::Secret{"by-environment"});
  EXPECT_EQ(value_of({"vault-value", "secret/shop", "password"}), "hunter2 by-environment");
  EXPECT_THAT(value_of({"vault-value", "secret/other", "password"}),
              HasSubstr("failed with exit status 2 (Error making API request. Code: 403. * permission denied)"));
  EXPECT_THAT(value_of({"vault-value", "secret/shop"}), HasSubstr("(usage: vault-value PATH FIELD)"));
}

TEST_F(WorkedExamples, SecretsManagerPrintsTheSecretOrAMemberOfIt) {
  const std::string asked = "secretsmanager get-secret-value --secret-id prod/db --query SecretString --output text";
  const std::string refusal =
      "An error occurred (AccessDeniedException) when calling the GetSecretValue operation: not authorized";
  tool("aws", asked, R"(printf '%s\n' '{"username": "app", "password": "hun\"ter\n2", "port": 5432}')", refusal);
  EXPECT_EQ(value_of({"aws-secret", "prod/db"}), R"({"username": "app", "password": "hun\"ter\n2", "port": 5432})");
  EXPECT_EQ(value_of({"aws-secret", "prod/db", "password"}), "hun\"ter\n2");
  EXPECT_EQ(value_of({"aws-secret", "prod/db", "port"}), "5432");
  EXPECT_THAT(value_of({"aws-secret", "prod/db", "passwd"}), HasSubstr("the secret has no member ***"));
  EXPECT_THAT(value_of({"aws-secret", "prod/other", "password"}), HasSubstr("AccessDeniedException"));
  tool("aws", asked, "echo hunter2", refusal);
  EXPECT_EQ(value_of({"aws-secret", "prod/db"}), "hunter2");
  const auto no_object = value_of({"aws-secret", "prod/db", "password"});
  EXPECT_THAT(no_object, HasSubstr("failed with exit status"));
  EXPECT_THAT(no_object, Not(HasSubstr("hunter2")));
}

TEST(WorkedExample, TheManifestIsGoodAndSupported) {
  std::ifstream file{examples + "shop.yaml"};
  std::ostringstream text;
  text << file.rdbuf();
  const auto parsed = yaml::parse_application(text.str(), "shop.yaml");
  ASSERT_TRUE(parsed.application.has_value());
  EXPECT_THAT(rules::unsupported_features(*parsed.application), IsEmpty());
}

}  // namespace
}  // namespace teal::test

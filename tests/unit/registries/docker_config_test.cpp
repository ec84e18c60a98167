// Docker's config.json and its credential helpers.
#include "daemon/drivers/registries/docker_config/docker_config.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "daemon/drivers/registries/image_name.hpp"
#include "manifests/foundation/digest.hpp"
#include "tests/unit/registries/registries_fixture.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

class DockerConfigFile : public RegistriesTest {
 protected:
  DockerConfigFile() {
    path_before_ = std::getenv("PATH");
    ::setenv("PATH", (folder_ + "/bin:" + path_before_).c_str(), 1);
    registries::RegistryRule rule;
    rule.host = "*";
    rule.credentials = registries::DockerConfigCredentials{};
    with({rule});
  }
  ~DockerConfigFile() override { ::setenv("PATH", path_before_.c_str(), 1); }
  void config(const std::string& text) { write(".docker/config.json", text); }
  void helper(const std::string& script) { write("bin/docker-credential-test", "#!/bin/sh\n" + script, 0700); }

  std::string path_before_;
};

TEST_F(DockerConfigFile, TakesTheLoginOfTheImagesRegistry) {
  config(R"({"auths":{"registry.example:5000":{"auth":")" + encode_base64("me:planted:pw") +
         R"("},"https://index.docker.io/v1/":{"username":"hub","password":"planted"},"gitlab.example":{"auth":")" +
         encode_base64("x:") + R"(","identitytoken":"planted-token"}}})");
  const auto own = login("registry.example:5000/a:1");
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->username, "me");
  EXPECT_EQ(own->password.reveal(), "planted:pw");
  EXPECT_EQ(own->source, "the name and password of " + folder_ + "/.docker/config.json");
  EXPECT_EQ(login("busybox")->username, "hub");
  EXPECT_EQ(login("gitlab.example/a/b")->identity_token.reveal(), "planted-token");
  const auto other = login("other.example/x");
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->is_anonymous());
  EXPECT_THAT(other->source, HasSubstr("knows none for other.example"));
}

TEST_F(DockerConfigFile, AskTheHelperOfTheRegistryByItsProtocol) {
  config(R"({"credsStore":"missing","credHelpers":{"gcr.example":"test"}})");
  helper(
      "[ \"$1\" = get ] && read -r host && echo "
      "\"{\\\"ServerURL\\\":\\\"$host\\\",\\\"Username\\\":\\\"for-$host\\\",\\\"Secret\\\":\\\"planted\\\"}\"\n");
  const auto answer = login("gcr.example/a:1");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->username, "for-gcr.example");
  EXPECT_EQ(answer->source, "the name and password of docker-credential-test");
  EXPECT_THAT(refusal("other.example/a"),
              AllOf(HasSubstr("docker-credential-missing cannot be run: No such file"),
                    HasSubstr("install it in teald's PATH"), HasSubstr(".docker/config.json")));
  helper("echo '{\"Username\":\"<token>\",\"Secret\":\"planted\"}'\n");
  EXPECT_EQ(login("gcr.example/a:1")->identity_token.reveal(), "planted");
  helper("echo 'credentials not found in native keychain'; exit 1\n");
  EXPECT_TRUE(login("gcr.example/a:1")->is_anonymous());
}

TEST_F(DockerConfigFile, AHelperThatFailsPrintsGarbageOrHangsIsNamed) {
  config(R"({"credHelpers":{"gcr.example":"test","evil.example":"../../bin/sh"}})");
  helper("echo 'planted garbage'\n");
  const auto by_hand = HasSubstr("run 'echo gcr.example | docker-credential-test get'");
  EXPECT_THAT(refusal("gcr.example/a"),
              AllOf(HasSubstr("the answer of docker-credential-test is not whole JSON"), by_hand));
  helper("echo '{\"Username\":\"planted\"}'\n");
  EXPECT_THAT(refusal("gcr.example/a"), AllOf(HasSubstr("holds no Username and Secret"), by_hand));
  helper("echo planted >&2; exit 7\n");
  EXPECT_THAT(refusal("gcr.example/a"), AllOf(HasSubstr("docker-credential-test failed with exit status 7"), by_hand));
  helper("yes planted\n");
  EXPECT_THAT(refusal("gcr.example/a"), HasSubstr("prints more than 65536 bytes"));
  EXPECT_THAT(refusal("evil.example/a"), HasSubstr("letters, digits"));
  helper("sleep 60 &\nsleep 60\n");
  const auto begun = std::chrono::steady_clock::now();
  const auto late = docker_config::ask_helper("test", "gcr.example", nullptr, 200ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_EQ(late.error().code, ErrorCode::timed_out);
  EXPECT_THAT(late.error().message,
              AllOf(HasSubstr("docker-credential-test did not end within 200ms, it was killed"), by_hand));
}

TEST_F(DockerConfigFile, AHelperGetsItsOwnSettingsAndNobodysSecrets) {
  config(R"({"credHelpers":{"gcr.example":"test"}})");
  ::setenv("SHOP_DB_PASSWORD", "hunter2", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "planted", 1);
  ::setenv("AWS_PROFILE", "shop", 1);
  helper(
      "echo "
      "\"{\\\"Username\\\":\\\"$AWS_PROFILE\\\",\\\"Secret\\\":\\\"$AWS_SECRET_ACCESS_KEY-$SHOP_DB_PASSWORD\\\"}\"\n");
  const auto given = login("gcr.example/a:1");
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(given->username, "shop");
  EXPECT_EQ(given->password.reveal(), "planted-");
  for (const char* name : {"SHOP_DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"}) ::unsetenv(name);
}

TEST_F(DockerConfigFile, AHelperThatHangsIsNotWaitedForWhenTealdStops) {
  config(R"({"credsStore":"test"})");
  helper("touch " + folder_ + "/started\nsleep 60\n");
  registries::RegistryRule rule;
  rule.host = "*";
  rule.credentials = registries::DockerConfigCredentials{};
  EXPECT_LT(stops_in(rule, "gcr.example/a"), 5s);
}

TEST_F(DockerConfigFile, ABrokenFileIsNamed) {
  EXPECT_THAT(refusal("a.example/b"),
              AllOf(HasSubstr(folder_ + "/.docker/config.json"), HasSubstr("run docker login")));
  config("{\"auths\":{\"a.example\":{\"auth\":\"cGxhbn");
  EXPECT_THAT(refusal("a.example/b"), HasSubstr("config.json is not whole JSON"));
  config("[]");
  EXPECT_THAT(refusal("a.example/b"), HasSubstr("expected a JSON object"));
  config(R"({"auths":{"a.example":{"auth":"cGxhbnRlZA=="}}})");
  EXPECT_THAT(refusal("a.example/b"), HasSubstr("auths.a.example.auth: expected the base64 of name:password"));
}

TEST(ImageNames, AreTakenApartAsDockerDoes) {
  const auto text = [](const std::string& reference) {
    const auto name = registries::parse_image_name(reference);
    return name.registry + " " + name.repository + " " + name.tag + " " + name.digest;
  };
  EXPECT_EQ(text("busybox"), "docker.io library/busybox latest ");
  EXPECT_EQ(text("team/app:1"), "docker.io team/app 1 ");
  EXPECT_EQ(text("localhost/app"), "localhost app latest ");
  EXPECT_EQ(text("r.example:5000/a/b:2@sha256:00"), "r.example:5000 a/b 2 sha256:00");
  EXPECT_EQ(text("127.0.0.1:5000/a@sha256:00"), "127.0.0.1:5000 a  sha256:00");
  EXPECT_EQ(registries::api_url("127.0.0.1:5000", false), "http://127.0.0.1:5000");
  EXPECT_EQ(registries::api_url("127.0.0.1:5000", true), "https://127.0.0.1:5000");
  for (const std::string here : {"localhost", "localhost:5000", "127.9.9.9", "[::1]:5000"}) {
    EXPECT_EQ(registries::api_url(here, false), "http://" + here);
  }
  for (const std::string elsewhere : {"127.evil.example", "127.0.0.1.evil.example:5000", "localhost.example"}) {
    EXPECT_EQ(registries::api_url(elsewhere, false), "https://" + elsewhere);
  }
  EXPECT_EQ(registries::api_url("docker.io", false), "https://registry-1.docker.io");
}

}  // namespace
}  // namespace teal::test

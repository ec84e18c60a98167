// Upgrades from a private registry: who pulls, what happens when credentials change under way, and what is said when
// they are wrong.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/integration/ecr_registry.hpp"
#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> planted{"planted-key-1", "planted-key-2", "planted-registry-pw"};

class PrivateRegistry : public Stage {
 protected:
  void SetUp() override {
    static int number = 0;
    home_ = fmt::format("{}/ecr{}", servers().folder(), ++number);
    registry_ = std::make_unique<EcrRegistry>(home_);
    ::setenv("AWS_SHARED_CREDENTIALS_FILE", (home_ + "/credentials").c_str(), 1);
    ::setenv("AWS_CONFIG_FILE", (home_ + "/none").c_str(), 1);
    ::setenv("AWS_ENDPOINT_URL", registry_->aws_url().c_str(), 1);
    give_key("AKIAONE", "planted-key-1");
    registry_->with([](AwsDouble& aws) {
      aws.accounts["AKIAONE"] = {"planted-key-1", "", true};
      aws.registry_password = "planted-registry-pw";
    });
    Stage::SetUp();
    for (const auto& secret : planted) planted_secrets().add(secret);
    planted_secrets().add("planted-registry-pw-2");
  }
  std::string more_config() const override {
    return "registries:\n  - {host: \"127.0.0.1:*\", ecr: {region: eu-west-1}}\nimages: {keep: 1}\n";
  }
  void TearDown() override {
    for (const auto& secret : planted) {
      EXPECT_THAT(read_text(teald().log_file()), Not(HasSubstr(secret)));
      for (const auto& event : events("")) EXPECT_THAT(text_at(event, "/message"), Not(HasSubstr(secret)));
    }
    Stage::TearDown();
    registry_.reset();
    for (const auto* name : {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL"}) ::unsetenv(name);
  }
  void give_key(const std::string& key, const std::string& secret) {
    const auto path = home_ + "/credentials";
    std::ofstream{path} << fmt::format("[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n", key, secret);
    ::chmod(path.c_str(), 0600);
  }
  // The sample's `from` as `tag` in the registry; with a layer of its own that nobody has yet. No trace is left here.
  void publish(const std::string& from, const std::string& tag) {
    const auto place = folder() + "/context-" + tag;
    std::filesystem::create_directories(place);
    run_program({"dd", "if=/dev/urandom", "of=" + place + "/ballast", "bs=1M", "count=4", "status=none"});
    std::ofstream{place + "/Dockerfile"} << "FROM sample:" << from << "\nCOPY ballast /ballast\n";
    const auto name = registry_->behind() + "/sample:" + tag;
    static_cast<void>(docker({"build", "-q", "-t", name, place}));
    static_cast<void>(docker({"push", "-q", name}));
    static_cast<void>(docker({"rmi", name}));
  }
  void want(const std::string& version, const std::string& more_env = "", const std::string& more = "") {
    Shop shop;
    shop.more = more;
    shop.version = version;
    shop.image = registry_->host() + "/sample";
    shop.workers = 0;
    if (!more_env.empty()) shop.env["CHANGED"] = more_env;
    auto text = manifest(shop);
    const std::string never = "pullPolicy: Never";
    text.replace(text.find(never), never.size(), "pullPolicy: Always");
    teald().save("shop.yaml", text);
  }
  [[nodiscard]] std::string digest(int revision) { return text_at(rollout(revision), "/status/imageDigest"); }
  // What is said of a version that cannot be pulled; the replicas that serve are those that served before.
  std::string refusal(int revision, const std::string& expected, Milliseconds limit = 15s) {
    const auto before = running_containers();
    want(fmt::format("{}.0", revision));
    std::string said;
    eventually(fmt::format("revision {} says {}", revision, expected), limit, [&] {
      said = text_at(rollout(revision), "/status/message") + " " + text_at(application(), "/status/message");
      return said.find(expected) != std::string::npos;
    });
    EXPECT_EQ(running_containers(), before);
    for (const auto& secret : planted) EXPECT_THAT(said, Not(HasSubstr(secret)));
    return said;
  }

  std::string home_;
  std::unique_ptr<EcrRegistry> registry_;
};

TEST_F(PrivateRegistry, AnImageThatIsPrunedWhileApprovalIsAwaitedIsPulledAgainByItsDigest) {
  publish("1", "1");
  want("1");
  ASSERT_TRUE(complete(1));
  publish("2", "2");
  want("2", "", "    approval: BeforeMigration\n");
  ASSERT_TRUE(eventually("approval is awaited", 60s, [&] { return phase(2) == "AwaitingApproval"; }));
  const auto approved = digest(2);
  publish("3", "2");  // another image under the same tag
  static_cast<void>(docker({"image", "prune", "-af"}));
  EXPECT_THAT(docker({"images", "--digests"}), Not(HasSubstr(approved)));
  EXPECT_EQ(teal({"approve", "shop"}).status, 0);
  ASSERT_TRUE(complete(2, 60s));
  EXPECT_EQ(digest(2), approved);
  EXPECT_EQ(migrations().size(), 2U);
  EXPECT_THAT(migrations().back(), testing::StartsWith("2 "));
  build_images({"1", "2", "3"});  // they were pruned too
}

TEST_F(PrivateRegistry, UpgradesWhileCredentialsRotateTokensExpireAndTheRegistryBreaksOff) {
  publish("1", "1");
  want("1");
  ASSERT_TRUE(complete(1));
  EXPECT_THAT(digest(1), testing::StartsWith("sha256:"));
  start_load();

  // The keys are replaced, and the token that teald holds is good no longer; then the registry dies in a layer, once.
  give_key("AKIATWO", "planted-key-2");
  registry_->with([](AwsDouble& aws) {
    aws.accounts = {{"AKIATWO", {"planted-key-2", "", true}}};
    aws.registry_password = "planted-registry-pw-2";
  });
  publish("2", "2");
  registry_->cuts = 1;
  want("2");
  eventually("the pull is shown", 60s, [&] {
    return text_at(application(), "/status/message").find("layers, ") != std::string::npos &&
           number_at(rollout(2), "/status/pull/layers") > 0;
  });
  ASSERT_TRUE(complete(2));
  EXPECT_EQ(registry_->cuts, 0);
  EXPECT_GT(number_at(rollout(2), "/status/pull/bytes"), 4'000'000);
  EXPECT_EQ(number_at(rollout(2), "/status/pull/layersDone"), number_at(rollout(2), "/status/pull/layers"));
  EXPECT_GT(registry_->refused, 0);

  // A token that expires in the middle of a pull: good for the first requests only.
  publish("3", "3");
  registry_->good_for = 2;
  registry_->renews_at_login = true;
  want("3");
  ASSERT_TRUE(complete(3));
  EXPECT_EQ(registry_->good_for, -1);
  finish_load();
  registry_->with([](AwsDouble& aws) { EXPECT_THAT(aws.complaints, testing::IsEmpty()); });

  // One image before the active one is kept.
  eventually("the image of revision 1 is removed", 10s, [&] { return !told("ImageRemoved").empty(); });
  const auto images = docker({"images", "--format", "{{.Repository}}:{{.Tag}}"});
  EXPECT_THAT(images, AllOf(Not(HasSubstr(registry_->host() + "/sample:1")), HasSubstr(registry_->host() + "/sample:2"),
                            HasSubstr(registry_->host() + "/sample:3")));
}

TEST_F(PrivateRegistry, ATagThatMovesIsSaidAndEachRevisionRunsOneDigest) {
  publish("1", "stable");
  want("stable");
  ASSERT_TRUE(complete(1));
  publish("1", "stable");
  want("stable", "yes");
  ASSERT_TRUE(complete(2));
  EXPECT_NE(digest(1), digest(2));
  EXPECT_THAT(told("TagMoved"), testing::ElementsAre(AllOf(HasSubstr("sample:stable names " + digest(2)),
                                                           HasSubstr("revision 1 runs " + digest(1)))));
}

TEST_F(PrivateRegistry, AnImageThatSomebodyRemovedIsPulledAgainByItsDigest) {
  publish("1", "1");
  want("1");
  ASSERT_TRUE(complete(1));
  const auto id = docker({"inspect", "-f", "{{.Image}}", "teal-shop-api-r1-0"});
  publish("2", "1");  // the tag names another one by now
  static_cast<void>(docker({"rm", "-f", "teal-shop-api-r1-0", "teal-shop-api-r1-1"}));
  static_cast<void>(
      run_to_end({"docker", "-H", servers().value("DOCKER_HOST"), "rmi", "-f", lines_of(id).at(0)}, folder()));
  ASSERT_TRUE(eventually("two replicas again", 60s, [this] { return running_containers().size() == 2; }));
  for (const auto& line : running_containers()) {
    EXPECT_EQ(docker({"inspect", "-f", "{{.Image}}", line.substr(0, line.find(' '))}), id) << line;
  }
}

TEST_F(PrivateRegistry, WrongInputsSayWhatToChangeAndLeaveTheRunningVersionAlone) {
  publish("1", "1");
  want("1");
  ASSERT_TRUE(complete(1));
  const auto forget_token = [&] { registry_->with([](AwsDouble& aws) { aws.registry_password += "x"; }); };
  // The token is good, the tag is not there.
  EXPECT_THAT(refusal(2, "cannot pull"), HasSubstr("manifest unknown"));
  forget_token();
  give_key("AKIAONE", "planted-key-2");
  EXPECT_THAT(refusal(3, "InvalidSignatureException"),
              AllOf(HasSubstr("AWS profile default of " + home_ + "/credentials"),
                    HasSubstr("the secret key does not belong to the access key")));
  give_key("AKIANOBODY", "planted-key-1");
  EXPECT_THAT(refusal(4, "UnrecognizedClientException"), HasSubstr("AWS does not know this access key"));
  give_key("AKIAONE", "planted-key-1");
  registry_->with([](AwsDouble& aws) { aws.clock_offset = 10min; });
  EXPECT_THAT(refusal(5, "Signature expired"), HasSubstr("clock is 10m behind AWS'"));
  registry_->with([](AwsDouble& aws) {
    aws.clock_offset = 0min;
    aws.region = "us-east-1";
  });
  EXPECT_THAT(refusal(6, "valid region"), HasSubstr("region eu-west-1 is not the endpoint's"));
  registry_->with([](AwsDouble& aws) {
    aws.region = "eu-west-1";
    aws.accounts["AKIAONE"].may_log_in = false;
  });
  EXPECT_THAT(refusal(7, "AccessDeniedException"), HasSubstr("allow ecr:GetAuthorizationToken"));
  registry_->with([](AwsDouble& aws) {
    aws.accounts["AKIAONE"].may_log_in = true;
    aws.raw_ecr_answer = "{\"authorizationData\":[{\"authoriz";
  });
  EXPECT_THAT(refusal(8, "ECR's answer"), HasSubstr("is not whole JSON"));
  registry_->with([](AwsDouble& aws) { aws.raw_ecr_answer.clear(); });
  // A helper that prints garbage instead of keys.
  std::filesystem::remove(home_ + "/credentials");
  std::ofstream{home_ + "/helper"} << "#!/bin/sh\necho 'not json planted-key-2'\n";
  ::chmod((home_ + "/helper").c_str(), 0700);
  std::ofstream{home_ + "/none"} << "[default]\ncredential_process = " << home_ << "/helper\n";
  EXPECT_THAT(refusal(9, "credential_process of AWS profile default"), HasSubstr("JSON"));
  // One that hangs is ended after its 30 seconds.
  std::ofstream{home_ + "/helper"} << "#!/bin/sh\nexec sleep 600\n";
  EXPECT_THAT(refusal(10, "helper", 45s),
              AllOf(HasSubstr("credential_process of AWS profile default"), HasSubstr("30")));
  give_key("AKIAONE", "planted-key-1");
  registry_->with([](AwsDouble& aws) { aws.close(); });
  EXPECT_THAT(refusal(11, "check the endpoint"), HasSubstr("connect to http://127.0.0.1:"));
  EXPECT_EQ(text_at(application(), "/status/activeVersion"), "1");
}

}  // namespace
}  // namespace teal::test

// Where AWS credentials come from: every source, in its turn, each with its own ways to be wrong.
#include <gtest/gtest.h>

#include "daemon/drivers/registries/aws/profiles.hpp"
#include "tests/unit/registries/registries_fixture.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class AwsCredentials : public RegistriesTest {
 protected:
  AwsCredentials() { with({ecr_rule()}); }
  std::string source() {
    const auto answer = login(ecr_image);
    EXPECT_TRUE(answer) << answer.error().message;
    if (!answer) return answer.error().message;
    const std::string begin = "an ECR token for the AWS credentials of ";
    return answer->source.substr(begin.size());
  }
  void forget() { registries_->refused(ecr_image); }
  void write_credentials(const std::string& text) { write(".aws/credentials", text); }
  void write_config(const std::string& text) { write(".aws/config", text, 0644); }
  static std::string json_keys(const std::string& key, const std::string& token_name, const std::string& expires) {
    return R"({"Code":"Success","Version":1,"AccessKeyId":")" + key + R"(","SecretAccessKey":"planted-)" + key +
           R"(",")" + token_name + R"(":"planted-token","Expiration":")" + expires + "\"}";
  }
};

const std::string own_keys = "[default]\naws_access_key_id = AKIATEST\naws_secret_access_key = planted-secret-key\n";

TEST_F(AwsCredentials, TheFirstSourceThatIsThereCounts) {
  // All at once; then one after the other is taken away.
  use_environment_keys();
  set("AWS_WEB_IDENTITY_TOKEN_FILE", write("token", "web-token-1\n"));
  set("AWS_ROLE_ARN", role("web"));
  set("AWS_REGION", "eu-west-1");
  write_credentials(own_keys);
  set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/container/1");
  aws_.container_answer = json_keys("ASIACONTAINER", "Token", "2026-11-22T18:00:00Z");
  aws_.accounts["ASIACONTAINER"] = {"planted-ASIACONTAINER", "planted-token", true};
  aws_.has_instance = true;
  aws_.instance_role = "machine";
  aws_.instance_answer = json_keys("ASIAMACHINE", "Token", "2026-11-22T18:00:00Z");
  aws_.accounts["ASIAMACHINE"] = {"planted-ASIAMACHINE", "planted-token", true};
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws_.url());

  EXPECT_EQ(source(), "teald's environment (AWS_ACCESS_KEY_ID)");
  environment_.erase("AWS_ACCESS_KEY_ID");
  environment_.erase("AWS_SECRET_ACCESS_KEY");
  forget();
  EXPECT_EQ(source(), "role " + role("web") + " assumed with the token of " + folder_ + "/token");
  environment_.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  forget();
  EXPECT_EQ(source(), "AWS profile default of " + folder_ + "/.aws/credentials");
  std::filesystem::remove(folder_ + "/.aws/credentials");
  forget();
  EXPECT_THAT(source(), HasSubstr("the container credentials endpoint 127.0.0.1:"));
  environment_.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  forget();
  EXPECT_EQ(source(), "this instance's role machine");
  EXPECT_THAT(aws_.complaints, IsEmpty());
  set("AWS_EC2_METADATA_DISABLED", "true");
  forget();
  EXPECT_THAT(refusal(ecr_image),
              AllOf(HasSubstr("there are no AWS credentials"), HasSubstr(folder_ + "/.aws/credentials")));
}

TEST_F(AwsCredentials, AChangedFileCountsAtOnce) {
  write_credentials(own_keys);
  EXPECT_THAT(source(), HasSubstr("profile default"));
  aws_.accounts = {{"AKIANEW", {"planted-new", "", true}}};
  write_credentials("[default]\naws_access_key_id=AKIANEW\naws_secret_access_key=planted-new\n");
  forget();
  EXPECT_THAT(source(), HasSubstr("profile default"));
}

TEST_F(AwsCredentials, TemporaryKeysAreRenewedBeforeTheyExpire) {
  write_credentials(own_keys);
  write_config("[profile app]\nrole_arn = " + role("app") + "\nsource_profile = default\nregion = eu-west-1\n");
  registries::EcrCredentials ecr;
  ecr.profile = "app";
  with({ecr_rule(ecr)});
  aws_.token_life = 10min;  // so that ECR is asked again while the role's keys are kept
  EXPECT_THAT(source(), AllOf(HasSubstr(role("app")), HasSubstr("AWS profile default")));
  clock_.time += 50min;
  ASSERT_TRUE(login(ecr_image));
  EXPECT_THAT(aws_.calls, ElementsAre("sts AssumeRole " + role("app"), "ecr 123456789012", "ecr 123456789012"));
  clock_.time += 6min;  // 56 of 60 minutes
  ASSERT_TRUE(login(ecr_image));
  EXPECT_EQ(aws_.calls[3], "sts AssumeRole " + role("app"));
  EXPECT_THAT(aws_.complaints, IsEmpty());
}

TEST_F(AwsCredentials, KeysThatAwsRefusesMeanwhileAreFetchedAnewOnce) {
  write_credentials(own_keys);
  write_config("[default]\nrole_arn = " + role("app") + "\nsource_profile = default\n");
  aws_.token_life = 2min;
  ASSERT_TRUE(login(ecr_image));
  aws_.accounts.erase("ASIAapp");  // revoked
  clock_.time += 90s;
  EXPECT_TRUE(login(ecr_image)) << "a new session would have helped";
}

TEST_F(AwsCredentials, RolesTakeTheirExternalIdAndTheirCredentialSource) {
  use_environment_keys();
  write_config("[default]\nregion=eu-west-1\n[profile app]\nrole_arn=" + role("app") +
               "\ncredential_source=Environment\nexternal_id=ext/1\nduration_seconds=900\n");
  aws_.external_id = "ext/1";
  registries::EcrCredentials ecr;
  ecr.profile = "app";
  with({ecr_rule(ecr)});
  EXPECT_THAT(source(), HasSubstr("assumed with teald's environment"));
  aws_.external_id = "other";
  forget();
  EXPECT_THAT(refusal(ecr_image), AllOf(HasSubstr("sts:AssumeRole of " + role("app")), HasSubstr("AccessDenied")));
}

TEST_F(AwsCredentials, CredentialProcessIsRunAndItsFailuresAreNamed) {
  const auto script = write(
      "process", "#!/bin/sh\necho '" + json_keys("ASIAPROC", "SessionToken", "2026-11-22T18:00:00Z") + "'\n", 0700);
  write_config("[default]\ncredential_process = \"" + script + "\" --account 'a b'\n");
  aws_.accounts["ASIAPROC"] = {"planted-ASIAPROC", "planted-token", true};
  EXPECT_EQ(source(), "credential_process of AWS profile default");
  forget();
  write("process", "#!/bin/sh\necho planted-garbage; echo planted-complaint >&2\n", 0700);
  EXPECT_THAT(refusal(ecr_image), AllOf(HasSubstr("credential_process of AWS profile default is not whole JSON"),
                                        HasSubstr("run the program by hand")));
  write("process", "#!/bin/sh\necho planted-complaint >&2; exit 3\n", 0700);
  EXPECT_THAT(refusal(ecr_image), HasSubstr("failed with exit status 3"));
  std::filesystem::remove(script);
  EXPECT_THAT(refusal(ecr_image), AllOf(HasSubstr("cannot be run: No such file"), HasSubstr("mend the profile")));
}

TEST_F(AwsCredentials, KeysOfTheConfigFileAreNamedByItAndOthersMayNotReadIt) {
  write(".aws/config", own_keys);
  EXPECT_EQ(source(), "AWS profile default of " + folder_ + "/.aws/config");
  forget();
  write_config(own_keys);  // mode 0644
  EXPECT_THAT(refusal(ecr_image), HasSubstr(folder_ + "/.aws/config: mode 0644: others can read it"));
  // Without keys in it there is nothing to hide.
  write_config("[default]\nregion = eu-west-1\n");
  write_credentials(own_keys);
  EXPECT_EQ(source(), "AWS profile default of " + folder_ + "/.aws/credentials");
}

TEST_F(AwsCredentials, AnInstanceThatHandsOutNothingSaysWhatToChange) {
  aws_.has_instance = true;
  aws_.instance_role = "machine";
  aws_.instance_answer = R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role machine"})";
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws_.url());
  with({ecr_rule()});
  EXPECT_THAT(refusal(ecr_image),
              AllOf(HasSubstr("this instance's role machine holds no AccessKeyId: EC2 cannot assume the role machine"),
                    HasSubstr("check the role that this instance has")));
}

TEST_F(AwsCredentials, CredentialProcessThatHangsIsNotWaitedForWhenTealdStops) {
  const auto script = write("process", "#!/bin/sh\ntouch " + folder_ + "/started\nsleep 60\n", 0700);
  write_config("[default]\ncredential_process = " + script + "\n");
  EXPECT_LT(stops_in(ecr_rule(), ecr_image), 5s);
}

TEST_F(AwsCredentials, ProfilesThatLeadNowhereSaySo) {
  const auto with_profile = [&](const std::string& lines) {
    write_config("[profile p]\n" + lines + "\n[profile loop]\nrole_arn=" + role("app") +
                 "\nsource_profile=p\n[profile empty]\nregion=x\n");
    registries::EcrCredentials ecr;
    ecr.profile = "p";
    with({ecr_rule(ecr)});
    return refusal(ecr_image);
  };
  const auto arn = "role_arn=" + role("app") + "\n";
  EXPECT_THAT(with_profile(arn), HasSubstr("AWS profile p has role_arn without source_profile"));
  EXPECT_THAT(with_profile(arn + "source_profile=loop"), HasSubstr("leads back to itself"));
  EXPECT_THAT(with_profile(arn + "source_profile=gone"), HasSubstr("has source_profile gone, which is not there"));
  EXPECT_THAT(with_profile(arn + "source_profile=empty"), HasSubstr("takes its credentials from profile empty"));
  EXPECT_THAT(with_profile(arn + "mfa_serial=x"), HasSubstr("second factor"));
  EXPECT_THAT(with_profile("sso_session=x"), HasSubstr("SSO"));
  EXPECT_THAT(with_profile("aws_access_key_id=AKIATEST"), HasSubstr("without aws_secret_access_key"));
  EXPECT_THAT(with_profile("region=x"), HasSubstr("AWS profile p has no credentials in "));
  set("AWS_ACCESS_KEY_ID", "AKIATEST");
  with({ecr_rule()});
  EXPECT_THAT(refusal(ecr_image), HasSubstr("AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY"));
}

TEST_F(AwsCredentials, AContainersEndpointGetsItsTokenAndPlainHttpStaysHere) {
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", aws_.url() + "/container/creds");
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", write("pod-token", "planted-pod-token\n"));
  aws_.container_authorization = "planted-pod-token";
  aws_.container_answer = json_keys("ASIAPOD", "Token", "2026-11-22T18:00:00Z");
  aws_.accounts["ASIAPOD"] = {"planted-ASIAPOD", "planted-token", true};
  EXPECT_THAT(source(), HasSubstr("the container credentials endpoint"));
  EXPECT_THAT(aws_.complaints, IsEmpty());
  forget();
  write("pod-token", "planted-wrong");
  EXPECT_THAT(refusal(ecr_image), AllOf(HasSubstr("answers 403"), HasSubstr("check this container's role and AWS_")));
  for (const std::string elsewhere : {"http://10.0.0.1/creds", "http://127.0.0.1.evil.example/creds"}) {
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", elsewhere);
    EXPECT_THAT(refusal(ecr_image), HasSubstr("plain HTTP is for this machine only")) << elsewhere;
  }
}

TEST_F(AwsCredentials, ABrokenFileIsNamedByItsLine) {
  write_credentials("[default\n");
  EXPECT_THAT(refusal(ecr_image), HasSubstr(".aws/credentials:1: expected ]"));
  write_credentials("[default]\nplanted-text\n");
  EXPECT_THAT(refusal(ecr_image), HasSubstr(".aws/credentials:2: expected name = value"));
}

TEST(AwsProfiles, ReadsSectionsCommentsAndLeavesNestedSettingsOut) {
  const auto profiles = aws::parse_profiles(
      "# comment\n[default]\nRegion = eu-west-1 # here\n[profile dev]\ns3 =\n  endpoint = x\n\tkey=y\nregion=a\n"
      "[sso-session s]\nregion = no\n[profile \"two words\"]\nregion=b\r\n",
      "f", true);
  ASSERT_TRUE(profiles);
  EXPECT_EQ(aws::setting(profiles->at("default"), "region"), "eu-west-1");
  EXPECT_EQ(aws::setting(profiles->at("dev"), "region"), "a");
  EXPECT_FALSE(profiles->at("dev").contains("endpoint"));
  EXPECT_EQ(aws::setting(profiles->at("two words"), "region"), "b");
  EXPECT_EQ(profiles->size(), 3U);
}

}  // namespace
}  // namespace teal::test

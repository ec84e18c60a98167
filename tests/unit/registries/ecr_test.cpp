// Logging in to Amazon ECR, on a double that checks every signature.
#include <gtest/gtest.h>

#include "daemon/drivers/registries/ecr/ecr_host.hpp"
#include "tests/unit/registries/registries_fixture.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class Ecr : public RegistriesTest {};

TEST_F(Ecr, LogsInWithATokenForTheHostsAccountAndRegion) {
  use_environment_keys();
  with({ecr_rule()});
  const auto answer = login(ecr_image);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->server, "123456789012.dkr.ecr.eu-west-1.amazonaws.com");
  EXPECT_EQ(answer->username, "AWS");
  EXPECT_EQ(answer->password.reveal(), "registry-pw-1");
  EXPECT_EQ(answer->source, "an ECR token for the AWS credentials of teald's environment (AWS_ACCESS_KEY_ID)");
  EXPECT_THAT(aws_.calls, ElementsAre("ecr 123456789012"));
  EXPECT_THAT(aws_.complaints, IsEmpty());
}

TEST_F(Ecr, ATokenIsKeptForHalfOfItsLifeAndEachAccountHasItsOwn) {
  use_environment_keys();
  with({ecr_rule()});
  for (const auto passed : {0min, 10min, 349min}) {
    ASSERT_TRUE(login(ecr_image));
    clock_.time += passed;
  }
  EXPECT_EQ(aws_.calls.size(), 1U);
  ASSERT_TRUE(login("210987654321.dkr.ecr.eu-west-1.amazonaws.com/other:2"));
  EXPECT_THAT(aws_.calls, ElementsAre("ecr 123456789012", "ecr 210987654321"));
  aws_.registry_password = "registry-pw-2";
  clock_.time += 2min;
  EXPECT_EQ(login(ecr_image)->password.reveal(), "registry-pw-2");
  EXPECT_EQ(aws_.calls.size(), 3U);
}

TEST_F(Ecr, WhenARenewalFailsTheTokenIsUsedUntilItExpires) {
  use_environment_keys();
  with({ecr_rule()});
  ASSERT_TRUE(login(ecr_image));
  aws_.accounts.clear();
  clock_.time += 11h;
  EXPECT_TRUE(login(ecr_image));
  clock_.time += 1h;
  EXPECT_FALSE(login(ecr_image));
}

TEST_F(Ecr, ATokenThatWasRefusedIsAskedForAnew) {
  use_environment_keys();
  with({ecr_rule()});
  ASSERT_TRUE(login(ecr_image));
  aws_.registry_password = "registry-pw-2";
  registries_->refused(ecr_image);
  EXPECT_EQ(login(ecr_image)->password.reveal(), "registry-pw-2");
}

TEST_F(Ecr, EachWrongInputIsNamedWithItsSourceAndWhatToChange) {
  use_environment_keys();
  with({ecr_rule()});
  aws_.accounts.clear();
  EXPECT_THAT(refusal(ecr_image),
              testing::AllOf(HasSubstr("log in to 123456789012.dkr.ecr.eu-west-1.amazonaws.com: "),
                             HasSubstr("credentials of teald's environment (AWS_ACCESS_KEY_ID)"),
                             HasSubstr("UnrecognizedClientException"), HasSubstr("AWS does not know this access key")));
  aws_.accounts["AKIATEST"] = {"another-secret", "", true};
  EXPECT_THAT(refusal(ecr_image), testing::AllOf(HasSubstr("InvalidSignatureException"),
                                                 HasSubstr("the secret key does not belong to the access key")));
  aws_.accounts["AKIATEST"] = {"planted-secret-key", "", false};
  EXPECT_THAT(refusal(ecr_image), testing::AllOf(HasSubstr("AccessDeniedException"),
                                                 HasSubstr("allow ecr:GetAuthorizationToken in its IAM policy")));
  aws_.accounts["AKIATEST"].may_log_in = true;
  aws_.clock_offset = 10min;
  EXPECT_THAT(refusal(ecr_image), testing::AllOf(HasSubstr("Signature expired"),
                                                 HasSubstr("this machine's clock is 10m behind AWS': set it")));
  aws_.clock_offset = 0min;
  aws_.region = "us-east-2";
  EXPECT_THAT(refusal(ecr_image), HasSubstr("region eu-west-1 is not the endpoint's: mend region in teald.yaml"));
  aws_.region = "eu-west-1";
  for (const auto* garbage : {"{\"authorizationData\":[{\"authorizationTok", "{}", "[]", "<html>",
                              "{\"authorizationData\":[{\"authorizationToken\":\"%%\"}]}"}) {
    aws_.raw_ecr_answer = garbage;
    EXPECT_THAT(refusal(ecr_image),
                testing::AllOf(HasSubstr("ECR's answer"), HasSubstr("credentials of teald's environment"),
                               HasSubstr("check the endpoint")))
        << garbage;
  }
}

TEST_F(Ecr, ASessionTokenIsNotSaidEvenWhenAwsQuotesIt) {
  use_environment_keys();
  set("AWS_SESSION_TOKEN", "planted-session-token");
  aws_.accounts["AKIATEST"] = {"another-secret", "planted-session-token", true};
  with({ecr_rule()});
  EXPECT_THAT(refusal(ecr_image), HasSubstr("InvalidSignatureException"));
}

TEST_F(Ecr, AnEndpointThatDoesNotAnswerIsNamed) {
  use_environment_keys();
  registries::EcrCredentials ecr;
  ecr.endpoint = "http://127.0.0.1:1";
  with({ecr_rule(ecr)});
  EXPECT_THAT(refusal(ecr_image),
              testing::AllOf(HasSubstr("connect to http://127.0.0.1:1"),
                             HasSubstr("AWS credentials of teald's environment"), HasSubstr("check the endpoint")));
}

TEST_F(Ecr, AnEntryMayNameEndpointAndRegionForAHostOfAnotherShape) {
  use_environment_keys();
  environment_.erase("AWS_ENDPOINT_URL");
  registries::EcrCredentials ecr;
  ecr.endpoint = aws_.url() + "/";
  registries::RegistryRule rule;
  rule.host = "registry.corp*";
  rule.credentials = ecr;
  with({rule});
  EXPECT_THAT(refusal("registry.corp:5000/shop:1"), HasSubstr("the AWS region is not known"));
  set("AWS_REGION", "eu-west-1");
  EXPECT_TRUE(login("registry.corp:5000/shop:1"));
  EXPECT_THAT(aws_.calls, ElementsAre("ecr"));
}

TEST_F(Ecr, AnEcrHostWithoutAnEntrySaysWhichEntryIsMissing) {
  with({});
  const auto answer = login(ecr_image);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->is_anonymous());
  EXPECT_THAT(answer->advice, HasSubstr("registries: [{host: \"*.dkr.ecr.*.amazonaws.com\", ecr: {}}]"));
}

TEST(EcrHost, EveryPartitionsFormsLeadToTheirApi) {
  const std::vector<std::pair<std::string, std::string>> hosts{
      {"123456789012.dkr.ecr.eu-west-1.amazonaws.com", "https://api.ecr.eu-west-1.amazonaws.com"},
      {"123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "https://ecr-fips.us-gov-west-1.amazonaws.com"},
      {"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "https://api.ecr.cn-north-1.amazonaws.com.cn"},
      {"123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov", "https://api.ecr.us-iso-east-1.c2s.ic.gov"},
      {"123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "https://api.ecr.us-isob-east-1.sc2s.sgov.gov"},
      {"123456789012.dkr-ecr.eu-west-1.on.aws", "https://ecr.eu-west-1.api.aws"},
      {"123456789012.dkr-ecr-fips.us-east-1.on.aws", "https://ecr-fips.us-east-1.api.aws"},
      {"123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
       "https://ecr.cn-north-1.api.amazonwebservices.com.cn"}};
  for (const auto& [host, url] : hosts) {
    const auto parsed = ecr::parse_ecr_host(host);
    ASSERT_TRUE(parsed) << host;
    EXPECT_EQ(parsed->account, "123456789012");
    EXPECT_EQ(ecr::ecr_api_url(*parsed), url);
  }
  for (const auto* host :
       {"", "registry.example", "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example", "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
        "123456789012.dkr.ecr.eu_west.amazonaws.com", "123456789012.dkr.ecr.eu-west-1"}) {
    EXPECT_FALSE(ecr::parse_ecr_host(host)) << host;
  }
}

TEST(RegistryRule, AStarStandsForAnyText) {
  EXPECT_TRUE(registries::fits("*.dkr.ecr.*.amazonaws.com", "123456789012.dkr.ecr.eu-west-1.amazonaws.com"));
  EXPECT_TRUE(registries::fits("Registry.Example:5000", "registry.example:5000"));
  EXPECT_TRUE(registries::fits("*", "x"));
  EXPECT_FALSE(registries::fits("*.dkr.ecr.*.amazonaws.com", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"));
  EXPECT_FALSE(registries::fits("registry.example", "registry.example:5000"));
  EXPECT_FALSE(registries::fits("a*b", "ac"));
  EXPECT_FALSE(registries::fits(std::string(50, '*') + "b", std::string(10000, 'a')));
}

}  // namespace
}  // namespace teal::test

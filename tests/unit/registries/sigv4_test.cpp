// Signatures against AWS' own published test suite for Signature Version 4.
#include "daemon/drivers/registries/aws/sigv4.hpp"

#include <gmock/gmock.h>

#include "manifests/foundation/parse_time.hpp"
#include "tests/support/aws_double.hpp"

namespace teal::test {
namespace {

struct Vector {
  std::string name;
  std::string method;
  std::string target;
  http::Headers headers;
  std::string body;
  std::string signature;
};

const std::vector<Vector>& vectors() {
  static const std::vector<Vector> all{
      {"get-vanilla", "GET", "/", {}, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"post-vanilla", "POST", "/", {}, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"get-vanilla-query-order-key-case",
       "GET",
       "/?Param2=value2&Param1=value1",
       {},
       "",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-empty-query-key",
       "GET",
       "/?Param1=value1",
       {},
       "",
       "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
      {"get-header-value-trim",
       "GET",
       "/",
       {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
       "",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-unreserved",
       "GET",
       "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
       {},
       "",
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-utf8", "GET", "/%E1%88%B4", {}, "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"post-header-key-sort",
       "POST",
       "/",
       {{"My-Header1", "value1"}},
       "",
       "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"post-x-www-form-urlencoded",
       "POST",
       "/",
       {{"Content-Type", "application/x-www-form-urlencoded"}},
       "Param1=value1",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
  };
  return all;
}

const std::string secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

http::Request signed_request(const Vector& vector, const std::string& token = "") {
  http::Request request;
  request.method = vector.method;
  request.target = vector.target;
  request.headers = vector.headers;
  request.body = vector.body;
  aws::Keys keys;
  keys.access_key = "AKIDEXAMPLE";
  keys.secret_key = masking::Secret{secret};
  keys.session_token = masking::Secret{token};
  const aws::Scope scope{"us-east-1", "service"};
  aws::sign(request, "example.amazonaws.com", keys, scope, parse_time("2015-08-30T12:36:00Z").value());
  return request;
}

TEST(SignatureV4, AgreesWithThePublishedVectors) {
  for (const auto& vector : vectors()) {
    const auto request = signed_request(vector);
    const std::string authorization{http::find_header(request.headers, "Authorization")};
    EXPECT_THAT(authorization,
                testing::StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                                    "SignedHeaders="))
        << vector.name;
    EXPECT_THAT(authorization, testing::EndsWith("Signature=" + vector.signature)) << vector.name;
    EXPECT_EQ(http::find_header(request.headers, "X-Amz-Date"), "20150830T123600Z");
  }
}

// The double that judges teald's requests is judged by the same vectors.
TEST(SignatureV4, TheDoubleAgreesWithThePublishedVectorsToo) {
  for (const auto& vector : vectors()) {
    Asked asked;
    asked.method = vector.method;
    asked.target = vector.target;
    asked.body = vector.body;
    std::string names;
    asked.headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
    for (auto [name, value] : vector.headers) {
      for (auto& c : name) c = static_cast<char>(std::tolower(c));
      asked.headers[name] = value;
    }
    for (const auto& [name, value] : asked.headers) names += (names.empty() ? "" : ";") + name;
    EXPECT_EQ(expected_signature(asked, names, "20150830/us-east-1/service/aws4_request", secret), vector.signature)
        << vector.name;
  }
}

TEST(SignatureV4, ASessionTokenIsSentAndSigned) {
  const auto request = signed_request(vectors()[0], "token");
  EXPECT_EQ(http::find_header(request.headers, "X-Amz-Security-Token"), "token");
  EXPECT_THAT(std::string{http::find_header(request.headers, "Authorization")},
              testing::HasSubstr("SignedHeaders=host;x-amz-date;x-amz-security-token,"));
}

}  // namespace
}  // namespace teal::test

// The headers of a health check: what they may be, and what of them is shown.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "manifests/spec/text_rules.hpp"
#include "manifests/wire/json.hpp"
#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using test::errors_of;
using test::parsed;
using testing::HasSubstr;
using testing::Not;

std::string with_headers(const std::string& headers) {
  return "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n  version: \"1\"\n  image: x/shop\n"
         "  migration: {jobs: [{name: schema, command: [a], credentials: {PASSWORD: {fromFile: /etc/shop/admin}}}]}\n"
         "  components:\n    - name: api\n      port: 80\n      health: {headers: " +
         headers + "}\n";
}

TEST(HealthHeaders, AreTextOrReadFromElsewhere) {
  const auto application =
      parsed(with_headers("{Host: shop.example, X-Token: {fromFile: /etc/shop/token}, X-Key: {fromEnv: KEY}, X-Day: "
                          "{fromExec: [/bin/date]}}"));
  const auto& headers = application.spec.components.at(0).health.headers;
  EXPECT_EQ(headers.size(), 4U);
  EXPECT_EQ(headers.at("Host").text, "shop.example");
  EXPECT_EQ(headers.at("X-Token").kind, spec::ValueSource::Kind::File);
  EXPECT_EQ(headers.at("X-Day").command, std::vector<std::string>{"/bin/date"});
}

TEST(HealthHeaders, RefusesWhatCannotBeSent) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{\"X Y\": a}", "not a variable's name"},
      {"{\"X:Y\": a}", "not a variable's name"},
      {"{X: \"a\\nY: b\"}", "headers.X: expected one line of up to 8192 bytes"},
      {"{Host: a, host: b}", "headers.host: this header is given twice"},
      {"{Content-Length: \"5\"}", "headers.Content-Length: this header says how the request is sent"},
      {"{connection: keep-alive}", "headers.connection: this header says how the request is sent"},
      {"{Host: 5}", "headers.Host: expected text, but YAML reads this as a number"},
      {"{Host: {fromfile: /x}}", "did you mean fromFile?"},
      {"[Host]", "headers: expected a mapping"},
      {"{X: {fromFile: relative/path}}", "headers.X.fromFile: expected an absolute path"},
      {"{X: {fromFile: /etc/shop/admin}}", "headers.X: serving containers must not get a migration credential"},
  };
  for (const auto& [headers, error] : cases) EXPECT_THAT(errors_of(with_headers(headers)), HasSubstr(error)) << headers;
}

TEST(HealthHeaders, ShowsNoCredentials) {
  const auto application =
      parsed(with_headers("{Authorization: Basic aHVudGVyMg==, Cookie: session=hunter2, X-Api-Key: hunter2, "
                          "Host: shop.example}"));
  const auto shown = boost::json::serialize(wire::to_public_json(application));
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
  EXPECT_THAT(shown, Not(HasSubstr("aHVudGVyMg")));
  EXPECT_THAT(shown, HasSubstr(R"("Host":"shop.example")"));
  EXPECT_EQ(yaml::parse_application(with_headers("{Authorization: Basic aHVudGVyMg==}"), "a.yaml").advice.size(), 1U);
  for (const auto* name :
       {"Authorization", "authorization", "Cookie", "X-Auth-Token", "X-API-Key", "Proxy-Authorization"}) {
    EXPECT_TRUE(spec::is_secret_header(name)) << name;
  }
  for (const auto* name : {"Host", "X-Forwarded-Proto", "User-Agent", "Accept"})
    EXPECT_FALSE(spec::is_secret_header(name)) << name;
}

}  // namespace
}  // namespace teal::test

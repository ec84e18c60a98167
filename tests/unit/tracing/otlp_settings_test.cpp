// `tracing: {otlp: …}` of teald.yaml, as the driver reads it.
#include <gmock/gmock.h>

#include "daemon/drivers/tracing/otlp/exporter.hpp"
#include "tests/support/read_settings.hpp"

namespace teal::test {
namespace {

TEST(OtlpSettings, AreReadFromTealdYaml) {
  std::string errors;
  const auto settings = test::read_settings(
      "{url: \"https://collector.example/otel\", headers: {Authorization: {fromFile: /etc/teal/token}, X-Scope: ops}}",
      otlp::read_otlp, &errors);
  EXPECT_EQ(errors, "");
  EXPECT_EQ(settings.url, "https://collector.example/otel");
  ASSERT_EQ(settings.headers.size(), 2U);
  EXPECT_EQ(settings.headers.at("Authorization").kind, spec::ValueSource::Kind::File);
  EXPECT_EQ(settings.headers.at("X-Scope").text, "ops");
}

}  // namespace
}  // namespace teal::test

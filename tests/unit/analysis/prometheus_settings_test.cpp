// `prometheus:` of teald.yaml, as the driver reads it.
#include <gmock/gmock.h>

#include "daemon/drivers/analysis/prometheus/prometheus_analyst.hpp"
#include "tests/support/read_settings.hpp"

namespace teal::test {
namespace {

TEST(PrometheusSettings, AreReadFromTealdYaml) {
  std::string errors;
  const auto settings =
      test::read_settings("{url: https://127.0.0.1:9090, token: {fromFile: /etc/teal/token}, ca: /etc/teal/ca.pem}",
                          analysis::read_prometheus, &errors);
  EXPECT_EQ(errors, "");
  EXPECT_EQ(settings.url, "https://127.0.0.1:9090");
  EXPECT_EQ(settings.token->text, "/etc/teal/token");
  EXPECT_EQ(settings.ca, "/etc/teal/ca.pem");
}

}  // namespace
}  // namespace teal::test

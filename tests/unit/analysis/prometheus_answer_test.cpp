#include "daemon/drivers/analysis/prometheus/prometheus_answer.hpp"

#include <gmock/gmock.h>

namespace teal::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

analysis::Reading read(std::string body, int status = 200) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return analysis::read_answer(response, masking::Mask{});
}

analysis::Reading read_sample(const std::string& value) {
  return read(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[17.5,)" + value +
              "]}]}}");
}

TEST(PrometheusAnswer, OneSampleOrAScalarIsTheValue) {
  EXPECT_EQ(read_sample("\"0.02\"").value, 0.02);
  EXPECT_EQ(read_sample("\"0.02\"").answer, "0.02");
  EXPECT_EQ(read_sample("\"-1e-9\"").value, -1e-9);
  EXPECT_EQ(read(R"({"status":"success","data":{"resultType":"scalar","result":[1,"7"]}})").value, 7);
}

TEST(PrometheusAnswer, ThatHoldsNoFiniteNumberIsNoData) {
  EXPECT_EQ(read_sample("\"NaN\"").answer, "no data: the query gives NaN, as 0/0 does");
  for (const std::string inf : {"\"+Inf\"", "\"-Inf\"", "\"Inf\""}) {
    EXPECT_EQ(read_sample(inf).answer, "no data: the query gives Inf, as a division by 0 does");
  }
  EXPECT_EQ(read(R"({"status":"success","data":{"resultType":"vector","result":[]}})").answer,
            "no data: the query finds nothing");
}

TEST(PrometheusAnswer, OfSeveralSeriesIsNotOneNumber) {
  const auto several =
      read(R"({"status":"success","data":{"resultType":"vector","result":[{"value":[1,"1"]},{"value":[1,"2"]}]}})");
  EXPECT_FALSE(several.value);
  EXPECT_EQ(several.answer, "no data: the query must give one number, not 2 series: wrap it in sum() or the like");
  EXPECT_EQ(read(R"({"status":"success","data":{"resultType":"matrix","result":[]}})").answer,
            "no data: the query must give one number, not a matrix");
}

TEST(PrometheusAnswer, ThatRefusesTheQuerySaysWhy) {
  EXPECT_EQ(read(R"({"status":"error","errorType":"bad_data","error":"parse error: unclosed"})", 400).answer,
            "Prometheus refuses the query: bad_data: parse error: unclosed");
}

TEST(PrometheusAnswer, ThatIsNoneIsNoValue) {
  const std::vector<std::string> hostile{
      "",
      "<html>",
      "null",
      "[]",
      "{}",
      "{\"status\":7}",
      "{\"status\":\"success\"}",
      R"({"status":"success","data":7})",
      R"({"status":"success","data":{"resultType":"vector","result":7}})",
      R"({"status":"success","data":{"resultType":"vector"}})",
      R"({"status":"success","data":{"resultType":"vector","result":[7]}})",
      R"({"status":"success","data":{"resultType":"vector","result":[{"value":[]}]}})",
      R"({"status":"success","data":{"resultType":"scalar","result":[1]}})",
      R"({"status":"success","data":{"resultType":"scalar","result":[1,2]}})",
      std::string(10'000, '['),
      "{\"status\":\"success\"\xff}",
  };
  for (const auto& body : hostile) {
    const auto reading = read(body);
    EXPECT_FALSE(reading.value) << body;
    EXPECT_FALSE(reading.answer.empty()) << body;
  }
  for (const std::string value : {"\"\"", "\"1x\"", "\"0x10\"", "\"1e999\"", "\" 1\"", "\"1,5\"", "1"}) {
    const auto reading = read_sample(value);
    EXPECT_FALSE(reading.value) << value;
    EXPECT_THAT(reading.answer, StartsWith("no answer of Prometheus': ")) << value;
  }
  EXPECT_THAT(read("oops", 502).answer, HasSubstr("HTTP 502"));
}

TEST(PrometheusAnswer, IsOneShortLineWhateverWasSent) {
  const auto answer = read("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"a\\n\\u001b[2J" +
                           std::string(5000, 'x') + "\"}")
                          .answer;
  EXPECT_THAT(answer, SizeIs(testing::Le(300U)));
  EXPECT_EQ(answer.find_first_of("\n\x1b"), std::string::npos);
}

TEST(PrometheusAnswer, NoneAtAllIsNoValue) {
  EXPECT_EQ(analysis::read_answer(Error{ErrorCode::unavailable, "connect: refused"}, masking::Mask{}).answer,
            "no answer: connect: refused");
}

TEST(PrometheusAnswer, IsShownWithoutTheTokenThatWasSent) {
  const masking::Mask given{{masking::Secret{"the-token-of-prometheus"}}};
  http::Response response;
  response.status = 401;
  response.body = R"({"status":"error","errorType":"unauthorized","error":")" + std::string(270, '.') +
                  R"( Bearer the-token-of-prometheus is expired"})";
  EXPECT_EQ(analysis::read_answer(response, given).answer.find("the-tok"), std::string::npos);
  response.body = R"({"status":"error","errorType":"x","error":"no dGhlLXRva2VuLW9mLXByb21ldGhldXM= here"})";
  EXPECT_EQ(analysis::read_answer(response, given).answer, "Prometheus refuses the query: x: no ***M= here");
}

}  // namespace
}  // namespace teal::test

// Texts from outside (engines, databases, load balancers, containers) that are no UTF-8: every answer is JSON all the
// same.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>

#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

const std::string strange = "said \xff\xc3( \xed\xa0\x80";
const std::string shown = "said \ufffd\ufffd( \ufffd\ufffd\ufffd";

class StrangeText : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    start();
  }
};

TEST_F(StrangeText, InAnApplicationBreaksNeitherItNorTheList) {
  publish("shop", strange, "/m/" + strange + ".yaml");
  EXPECT_EQ(get("/apis/teal/v1/applications/shop").json().at("status").at("message"), boost::json::value(shown));
  const auto list = get("/apis/teal/v1/applications").json();
  EXPECT_EQ(list.at("items").at(0).at("metadata").at("annotations").at("teal/manifest-file"),
            boost::json::value("/m/" + shown + ".yaml"));
  Socket watch{socket_};
  watch.send("GET /apis/teal/v1/applications?watch=true HTTP/1.1\r\nHost: localhost\r\n\r\n");
  watch.read_until("\r\n\r\n");
  watch.read_until("\r\n");
  const auto line = boost::json::parse(watch.read_until("\n"));
  EXPECT_EQ(line.at("object").at("status").at("message"), boost::json::value(shown));
}

TEST_F(StrangeText, InARolloutBreaksNeitherItNorTheList) {
  auto record = sample_rollout("shop", 7);
  record.outcome.message = strange;
  commit(record);
  EXPECT_EQ(get("/apis/teal/v1/rollouts/shop-7").json().at("status").at("message"), boost::json::value(shown));
  EXPECT_EQ(get("/apis/teal/v1/rollouts").json().at("items").as_array().size(), 1u);
}

TEST_F(StrangeText, InAnEventOrAnErrorBreaksNoAnswer) {
  const std::vector<records::Event> events{
      {Time{}, true, spec::Reason::named("Odd"), strange, "shop", "Application/shop"}};
  on_loop([&] { boost::asio::co_spawn(loop_, store_.append(events), boost::asio::detached); });
  EXPECT_EQ(get("/apis/teal/v1/events").json().at("items").at(0).at("message"), boost::json::value(shown));
  publish("shop");
  on_loop([&] { control_.error = Error{ErrorCode::unavailable, strange}; });
  EXPECT_EQ(call("POST", "/apis/teal/v1/applications/shop/retry").message(), shown);
}

}  // namespace
}  // namespace teal::test

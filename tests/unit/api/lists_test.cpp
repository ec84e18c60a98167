// Lists with limit, continue and labelSelector, and compressed ones: by Kubernetes' conventions.
#include <array>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <sstream>

#include "daemon/api/gzip.hpp"
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;
using Names = std::vector<std::string>;

const std::string applications = "/apis/teal/v1/applications";

std::string unpacked(std::string_view gzip) {
  if (gzip.size() < 18) return {};
  boost::beast::zlib::inflate_stream stream;
  boost::beast::zlib::z_params state;
  state.next_in = gzip.data() + 10;
  state.avail_in = gzip.size() - 18;
  std::string text;
  std::array<char, 4096> piece;
  for (boost::system::error_code end; !end;) {
    state.next_out = piece.data();
    state.avail_out = piece.size();
    stream.write(state, boost::beast::zlib::Flush::sync, end);
    text.append(piece.data(), piece.size() - state.avail_out);
  }
  return text;
}

class Lists : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    options_.bookmark_interval = std::chrono::hours(1);
    start();
  }
  void publish_labelled(const std::string& name, std::map<std::string, std::string> labels) {
    auto application = sample_application(name);
    application.labels = std::move(labels);
    publish(std::move(application));
  }
  static Names names(const json::value& list) {
    Names all;
    for (const auto& item : list.at("items").as_array()) all.emplace_back(item.at("metadata").at("name").as_string());
    return all;
  }
  static std::string token(const json::value& list) {
    const auto* found = list.at("metadata").as_object().if_contains("continue");
    return found == nullptr ? std::string{} : std::string{found->as_string()};
  }
};

TEST_F(Lists, ArePagesOfWhatWasThereAtTheFirst) {
  for (const auto* name : {"e", "a", "c", "b", "d"}) publish(name);
  auto page = get(applications + "?limit=2").json();
  EXPECT_EQ(names(page), (Names{"a", "b"}));
  EXPECT_EQ(page.at("metadata").at("remainingItemCount"), 3);
  const auto version = page.at("metadata").at("resourceVersion");
  publish("aa");
  publish("cc");
  publish("d", "changed meanwhile");
  on_loop([&] { board_.remove("c"); });
  page = get(applications + "?limit=2&continue=" + token(page)).json();
  EXPECT_EQ(names(page), (Names{"c", "d"})) << "as it was at the first page";
  EXPECT_EQ(page.at("items").at(1).at("status").at("message"), "all is well");
  EXPECT_EQ(page.at("metadata").at("resourceVersion"), version);
  EXPECT_EQ(page.at("metadata").at("remainingItemCount"), 1);
  page = get(applications + "?limit=2&continue=" + token(page)).json();
  EXPECT_EQ(names(page), (Names{"e"}));
  EXPECT_EQ(page.at("metadata").at("resourceVersion"), version);
  EXPECT_EQ(token(page), "");
  EXPECT_FALSE(page.at("metadata").as_object().contains("remainingItemCount"));
}

TEST_F(Lists, AreWholeWithoutALimitOrWithALargeOne) {
  publish("a");
  publish("b");
  for (const auto* query : {"", "?limit=0", "?limit=2", "?limit=500"}) {
    const auto list = get(applications + query).json();
    EXPECT_EQ(names(list), (Names{"a", "b"})) << query;
    EXPECT_EQ(token(list), "") << query;
  }
}

TEST_F(Lists, OneThatIsForgottenIsToBeBegunAgain) {
  for (const auto* name : {"a", "b", "c"}) publish(name);
  const auto first = token(get(applications + "?limit=1").json());
  EXPECT_EQ(get(applications + "?limit=1&continue=" + first).status, 200);
  for (int i = 0; i < 40; ++i) {
    publish("a", "change " + std::to_string(i));
    EXPECT_EQ(get(applications + "?limit=1").status, 200);
  }
  const auto answer = get(applications + "?limit=1&continue=" + first);
  EXPECT_EQ(answer.status, 410);
  EXPECT_EQ(answer.json().at("reason"), "Expired");
}

TEST_F(Lists, RefuseWhatCannotBeMeant) {
  publish("a");
  for (const auto* query :
       {"?continue=nonsense", "?continue=MTIz", "?limit=-1", "?limit=many", "?labelSelector=a%3D%3D%3D",
        "?continue=MTowMQ&watch=true", "?continue=MTowMQ&resourceVersion=7"}) {
    EXPECT_EQ(get(applications + query).status, 400) << query;
  }
}

TEST_F(Lists, ShowThoseThatALabelSelectorSelects) {
  publish_labelled("a", {{"team", "x"}, {"tier", "web"}});
  publish_labelled("b", {{"team", "y"}});
  publish_labelled("c", {{"team", "x"}});
  publish_labelled("d", {});
  EXPECT_EQ(names(get(applications + "?labelSelector=team%3Dx").json()), (Names{"a", "c"}));
  EXPECT_EQ(names(get(applications + "?labelSelector=team!%3Dx").json()), (Names{"b", "d"}));
  EXPECT_EQ(names(get(applications + "?labelSelector=tier+in+(web,db)").json()), (Names{"a"}));
  const auto page = get(applications + "?labelSelector=team&limit=2").json();
  EXPECT_EQ(names(page), (Names{"a", "b"}));
  EXPECT_FALSE(page.at("metadata").as_object().contains("remainingItemCount")) << "as in Kubernetes";
  EXPECT_EQ(names(get(applications + "?labelSelector=team&limit=2&continue=" + token(page)).json()), (Names{"c"}));
}

TEST_F(Lists, DoNotGiveAMaskedLabelAway) {
  publish_labelled("a", {{"password", "hunter2"}});
  const auto shown = get(applications + "/a").json().at("metadata").at("labels").at("password");
  ASSERT_NE(shown, "hunter2");
  EXPECT_EQ(names(get(applications + "?labelSelector=password%3Dhunter2").json()), Names{});
  EXPECT_EQ(names(get(applications + "?labelSelector=password").json()), (Names{"a"}));
}

TEST_F(Lists, AWatchAddsWhatGetsTheLabelAndDeletesWhatLosesIt) {
  publish_labelled("a", {{"team", "x"}});
  publish_labelled("b", {{"team", "y"}});
  Socket socket{socket_};
  socket.send("GET " + applications + "?watch=true&labelSelector=team%3Dx HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::vector<std::string> lines;
  const auto next = [&] {
    for (;;) {
      auto line = socket.read_until("\n");
      if (line.empty()) return std::string{"end"};
      if (!line.starts_with('{')) continue;
      const auto event = json::parse(line);
      if (event.at("type") == "BOOKMARK") continue;
      return std::string{event.at("type").as_string()} + " " +
             std::string{event.at("object").at("metadata").at("name").as_string()};
    }
  };
  EXPECT_EQ(next(), "ADDED a");
  publish_labelled("b", {{"team", "y"}, {"more", "1"}});
  publish_labelled("b", {{"team", "x"}});
  EXPECT_EQ(next(), "ADDED b");
  publish_labelled("b", {{"team", "x"}, {"more", "1"}});
  EXPECT_EQ(next(), "MODIFIED b");
  publish_labelled("a", {});
  EXPECT_EQ(next(), "DELETED a");
  on_loop([&] { board_.remove("a"); });
  publish_labelled("c", {{"team", "z"}});
  on_loop([&] { board_.remove("b"); });
  EXPECT_EQ(next(), "DELETED b");
}

TEST_F(Lists, AreCompressedForThoseWhoTakeIt) {
  for (int i = 0; i < 400; ++i) publish("app-" + std::to_string(i), std::string(400, 'm'));
  const auto plain = get(applications);
  ASSERT_GT(plain.body.size(), 128u << 10);
  EXPECT_EQ(plain.head.find("Content-Encoding"), std::string::npos);
  EXPECT_NE(plain.head.find("Vary: Accept-Encoding\r\n"), std::string::npos);
  const auto packed = call("GET", applications, "", "application/json", "Accept-Encoding: deflate, gzip;q=0.5\r\n");
  EXPECT_NE(packed.head.find("Content-Encoding: gzip\r\n"), std::string::npos);
  EXPECT_LT(packed.body.size(), plain.body.size() / 5);
  EXPECT_EQ(unpacked(packed.body), plain.body);
  const auto refused = call("GET", applications, "", "application/json", "Accept-Encoding: gzip;q=0, identity\r\n");
  EXPECT_EQ(refused.body, plain.body);
  const auto one = call("GET", applications + "/app-1", "", "application/json", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(one.head.find("Content-Encoding"), std::string::npos) << "not worth it";
}

TEST(GzipText, IsWhatGzipReads) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65536}, std::size_t{1'000'000}}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + (i * i) % 23);
    const auto packed = api::gzip_text(text);
    EXPECT_EQ(unpacked(packed), text);
    EXPECT_EQ(static_cast<unsigned char>(packed[packed.size() - 4]), size & 0xff);
  }
}

TEST(GzipText, IsTakenOnlyByThoseWhoSaySo) {
  for (const auto* yes : {"gzip", "GZIP", "gzip, br", "br;q=1.0, gzip;q=0.8, *;q=0.1", "*", "x-gzip", " gzip "}) {
    EXPECT_TRUE(api::takes_gzip(yes)) << yes;
  }
  for (const auto* no : {"", "br", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "deflate", "gzip;q=0, *"}) {
    EXPECT_FALSE(api::takes_gzip(no)) << no;
  }
}

}  // namespace
}  // namespace teal::test

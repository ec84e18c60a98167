#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>
#include <sstream>

#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;

class Watch : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    options_.bookmark_interval = std::chrono::milliseconds(300);
    start();
  }

  std::unique_ptr<Socket> watch(const std::string& target, bool over_tcp = false) {
    auto socket = over_tcp ? std::make_unique<Socket>(port_) : std::make_unique<Socket>(socket_);
    socket->send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    head_ = socket->read_until("\r\n\r\n");
    return socket;
  }

  // "ADDED shop 1001" of the next line; bookmarks are left out unless asked for.
  std::string next(Socket& socket, bool with_bookmarks = false) {
    for (;;) {
      if (lines_.empty()) {
        const auto size = socket.read_until("\r\n");
        const auto data = socket.read_until("\r\n");
        if (size == "0\r\n" || data.size() < 2) return "end";
        std::istringstream text(data.substr(0, data.size() - 2));
        for (std::string line; std::getline(text, line);) lines_.push_back(line);
      }
      const auto event = json::parse(lines_.front());
      lines_.erase(lines_.begin());
      last_ = event.at("object");
      const auto& metadata = last_.at("metadata").as_object();
      std::string line(event.at("type").as_string());
      if (line == "BOOKMARK" && !with_bookmarks) continue;
      if (metadata.contains("name")) line += " " + std::string(metadata.at("name").as_string());
      return line + " " + std::string(metadata.at("resourceVersion").as_string());
    }
  }

  void append(const std::string& application, const std::string& message) {
    records::Event event;
    event.application = application;
    event.message = message;
    event.object = "Application/" + application;
    on_loop([&] { boost::asio::co_spawn(loop_, store_.append({event}), boost::asio::detached); });
  }

  std::string head_;
  std::vector<std::string> lines_;
  json::value last_;
};

const std::string applications = "/apis/teal/v1/applications";

TEST_F(Watch, SendsWhatIsThereAndThenEveryChange) {
  publish("shop");
  const auto socket = watch(applications + "?watch=true");
  EXPECT_NE(head_.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_NE(head_.find("Content-Type: application/json"), std::string::npos);
  EXPECT_EQ(next(*socket), "ADDED shop 1001");
  publish("shop", "changed");
  EXPECT_EQ(next(*socket), "MODIFIED shop 1002");
  EXPECT_EQ(last_.at("status").at("message"), "changed");
  publish("blog");
  EXPECT_EQ(next(*socket), "ADDED blog 1003");
  on_loop([&] { board_.remove("shop"); });
  EXPECT_EQ(next(*socket), "DELETED shop 1004");
}

TEST_F(Watch, WorksOverTcpToo) {
  publish("shop");
  const auto socket = watch(applications + "?watch=1&resourceVersion=0", true);
  EXPECT_EQ(next(*socket), "ADDED shop 1001");
}

TEST_F(Watch, StartsFromAVersion) {
  publish("shop");
  publish("blog");
  publish("shop", "changed");
  publish("wiki");
  on_loop([&] { board_.remove("blog"); });
  const auto socket = watch(applications + "?watch=true&resourceVersion=1002");
  EXPECT_EQ(next(*socket), "MODIFIED shop 1003");
  EXPECT_EQ(next(*socket), "ADDED wiki 1004");
  EXPECT_EQ(next(*socket), "DELETED blog 1005");
}

TEST_F(Watch, AVersionThatIsTooOldOrUnknownIsExpired) {
  publish("shop");
  for (const std::string version : {"5", "999", "2000"}) {
    const auto answer = get(applications + "?watch=true&resourceVersion=" + version);
    EXPECT_EQ(answer.status, 410) << version;
    EXPECT_EQ(answer.json().at("reason"), "Expired");
  }
  for (int i = 0; i < 40; ++i) {
    publish("temporary");
    on_loop([&] { board_.remove("temporary"); });
  }
  EXPECT_EQ(get(applications + "?watch=true&resourceVersion=1001").status, 410);
}

TEST_F(Watch, BookmarksComeNowAndThen) {
  const auto socket = watch(applications + "?watch=true");
  EXPECT_EQ(next(*socket, true), "BOOKMARK 1000");
  EXPECT_EQ(next(*socket, true), "BOOKMARK 1000");
}

TEST_F(Watch, EndsAfterItsTime) {
  const auto socket = watch(applications + "?watch=true&timeoutSeconds=0");
  EXPECT_EQ(next(*socket), "end");
}

TEST_F(Watch, AClientThatGoesAwayIsForgotten) {
  {
    const auto socket = watch(applications + "?watch=true");
  }
  for (int i = 0; i < 300; ++i) publish("shop", std::to_string(i));
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(Watch, HeadOfAWatchEnds) { EXPECT_EQ(call("HEAD", applications + "?watch=true").status, 200); }

TEST_F(Watch, EventsAreStreamedAsTheyHappen) {
  append("shop", "first");
  append("blog", "not asked for");
  const auto socket = watch("/apis/teal/v1/events?watch=true&application=shop");
  EXPECT_EQ(next(*socket), "ADDED event-1 1");
  EXPECT_EQ(last_.at("message"), "first");
  append("blog", "nor this");
  append("shop", "second");
  EXPECT_EQ(next(*socket), "ADDED event-4 4");
  const auto later = watch("/apis/teal/v1/events?watch=true&resourceVersion=3");
  lines_.clear();
  EXPECT_EQ(next(*later), "ADDED event-4 4");
}

}  // namespace
}  // namespace teal::test

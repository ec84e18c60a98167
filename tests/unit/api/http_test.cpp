// What clients may do to the server, and what it does about it.
#include <fmt/format.h>
#include <sys/stat.h>

#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

class Http : public ApiTest {
 protected:
  void begin() { start(); }
  // What the server says to raw bytes, to its end.
  Answer raw(const std::string& bytes) {
    Socket socket(socket_);
    socket.send(bytes);
    socket.finish_sending();
    return parse_answer(socket.read_all());
  }
};

constexpr std::string_view healthz = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(Http, KeepsTheConnectionForTheNextRequest) {
  begin();
  Socket socket(socket_);
  for (int i = 0; i < 3; ++i) {
    socket.send(std::string(healthz));
    EXPECT_NE(socket.read_until("\r\n\r\nok\n").find("Connection: keep-alive"), std::string::npos);
  }
}

TEST_F(Http, AnswersPipelinedRequestsInOrder) {
  begin();
  Socket socket(socket_);
  socket.send(std::string(healthz) + "GET /version HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(healthz) +
              "GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto all = socket.read_all();
  const auto version = all.find("\"version\"");
  const auto missing = all.find("404 Not Found");
  EXPECT_LT(all.find("ok\n"), version);
  EXPECT_LT(version, all.rfind("ok\n"));
  EXPECT_LT(all.rfind("ok\n"), missing);
  EXPECT_NE(missing, std::string::npos);
}

TEST_F(Http, TakesARequestByteByByte) {
  begin();
  Socket socket(socket_);
  for (const char c : healthz) socket.send(std::string(1, c));
  EXPECT_NE(socket.read_until("ok\n").find("200 OK"), std::string::npos);
}

TEST_F(Http, HeadHasTheHeadersAndNoBody) {
  begin();
  const auto answer = call("HEAD", "/healthz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_EQ(answer.body, "");
}

TEST_F(Http, SpeaksHttp10) {
  begin();
  const auto answer = raw("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok\n");
}

TEST_F(Http, UnknownPathsAndMethodsAreStatusObjects) {
  begin();
  for (const std::string path : {"/nope", "/apis/teal/v2", "/apis/teal/v2/applications", "/apis/teal/v1/applications/",
                                 "//", "/healthz/", "/apis/teal/v1/applications/a/b/c", "/HEALTHZ"}) {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.json().at("reason"), "NotFound");
  }
  const auto answer = call("POST", "/apis/teal/v1/rollouts");
  EXPECT_EQ(answer.status, 405);
  EXPECT_NE(answer.head.find("Allow: GET, HEAD\r\n"), std::string::npos);
  EXPECT_NE(call("POST", "/apis/teal/v1/applications/shop").head.find("Allow: GET, HEAD, PUT, PATCH, DELETE\r\n"),
            std::string::npos);
  EXPECT_EQ(call("BREW", "/healthz").status, 405);
}

TEST_F(Http, UnknownQueryParametersAreNamed) {
  begin();
  const auto answer = get("/apis/teal/v1/applications?wacth=true&x=1");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.message().find("wacth, x"), std::string::npos) << answer.body;
  EXPECT_EQ(get("/apis/teal/v1/applications?watch=maybe").status, 400);
  EXPECT_EQ(get("/apis/teal/v1/applications?watch=1&watch=1").status, 400);
  EXPECT_EQ(get("/apis/teal/v1/applications?resourceVersion=-1").status, 400);
  EXPECT_EQ(get("/apis/teal/v1/applications?resourceVersion=99999999999999999999").status, 400);
}

TEST_F(Http, RefusesHostileTargets) {
  begin();
  for (const std::string target : {"/%00", "/healthz%00", "/%zz", "/%2", "/%", "/%ff%fe", "/%c0%af",
                                   "/a%0d%0aSet-Cookie:x", "/?a=%00", "/%7f", "/%ed%a0%80"}) {
    EXPECT_EQ(get(target).status, 400) << target;
  }
  for (const std::string target : {"/web/../index.html", "/web/..%2f..%2fetc%2fpasswd", "/web/%2e%2e",
                                   "/../../etc/passwd", "/web/index.html/x", "/apis/teal/v1/rollouts/..%2f1/logs"}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
  EXPECT_EQ(get("*").status, 400);
  EXPECT_EQ(get("http://x/healthz").status, 400);
}

TEST_F(Http, RefusesWhatIsNotHttp) {
  begin();
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("hello\r\n\r\n"),
        std::string("GET\r\n\r\n"), std::string("GET /healthz HTTP/1.1\r\nHo\0st: x\r\n\r\n", 35),
        std::string("GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n"),
        std::string("GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n"), std::string("GET /healthz HTTP/1.1\r\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
        std::string("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        std::string("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n"),
        std::string(
            "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")}) {
    const auto answer = raw(bytes);
    EXPECT_TRUE(answer.status == 400 || answer.status == 505) << answer.status << " for " << bytes;
    EXPECT_NE(answer.head.find("Connection: close"), std::string::npos);
  }
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(Http, RefusesHugeHeadersAndBodies) {
  begin();
  EXPECT_EQ(raw("GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + std::string(20000, 'a') + "\r\n\r\n").status, 431);
  EXPECT_EQ(raw("GET /" + std::string(200000, 'a')).status, 431);
  const std::string put = "PUT /apis/teal/v1/applications/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  const auto declared = raw(put + "Content-Length: 1048577\r\n\r\n" + std::string(1048577, 'a'));
  EXPECT_EQ(declared.status, 413);
  EXPECT_EQ(declared.json().at("reason"), "RequestEntityTooLarge");
  std::string chunks;
  for (int i = 0; i < 20; ++i) chunks += "10000\r\n" + std::string(65536, 'a') + "\r\n";
  EXPECT_EQ(raw(put + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n").status, 413);
  EXPECT_EQ(raw(put + "Content-Length: 99999999999999999999999\r\n\r\n").status, 400);
}

TEST_F(Http, ContinuesWhenAskedTo) {
  begin();
  Socket socket(socket_);
  socket.send(
      "POST /apis/teal/v1/applications/x/retry HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("{}");
  EXPECT_EQ(parse_answer(socket.read_all()).status, 404);
}

TEST_F(Http, ASlowClientIsCutOffAndHoldsUpNobody) {
  options_.header_timeout = std::chrono::milliseconds(200);
  options_.body_timeout = std::chrono::milliseconds(200);
  begin();
  Socket headers(socket_);
  headers.send("GET /healthz HTT");
  Socket body(socket_);
  body.send("PUT /apis/teal/v1/applications/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_TRUE(headers.closed());
  EXPECT_TRUE(body.closed());
}

TEST_F(Http, AClientThatReadsNothingIsCutOff) {
  options_.write_timeout = std::chrono::milliseconds(200);
  begin();
  for (int i = 0; i < 200; ++i) publish("app-" + std::to_string(i), std::string(20000, 'x'));
  Socket socket(socket_);
  socket.send("GET /apis/teal/v1/applications HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_FALSE(socket.read_until("\r\n\r\n").empty()) << "so that it is being written, however long it took to make";
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_LT(socket.read_all().size(), 4000000u);
}

TEST_F(Http, AnIdleConnectionIsClosedInTime) {
  options_.idle_timeout = std::chrono::milliseconds(100);
  begin();
  Socket socket(socket_);
  socket.send(std::string(healthz));
  (void)socket.read_until("ok\n");
  EXPECT_TRUE(socket.closed());
}

TEST_F(Http, TheConnectionIdleForLongestMakesRoom) {
  options_.max_connections = 12;  // three of them for the Unix socket
  begin();
  Socket first(socket_);
  first.send(std::string(healthz));
  (void)first.read_until("ok\n");
  Socket second(socket_);
  second.send(std::string(healthz));
  (void)second.read_until("ok\n");
  Socket third(socket_);
  third.send(std::string(healthz));
  (void)third.read_until("ok\n");
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_TRUE(first.closed());
  second.send(std::string(healthz));
  EXPECT_NE(second.read_until("ok\n").find("200 OK"), std::string::npos);
}

TEST_F(Http, ALoopbackAddressWithoutTokensIsForReading) {
  begin();
  publish("shop");
  EXPECT_EQ(call_tcp("GET", "/apis/teal/v1/applications/shop").status, 200);
  for (const auto& answer :
       {call_tcp("PUT", "/apis/teal/v1/applications/shop", "{}"), call_tcp("DELETE", "/apis/teal/v1/applications/shop"),
        call_tcp("PATCH", "/apis/teal/v1/applications/shop", "{}"),
        call_tcp("POST", "/apis/teal/v1/applications/shop/retry"),
        call_tcp("POST", "/apis/teal/v1/applications/shop/plan"),
        call_tcp("POST", "/apis/teal/v1/applications/shop/preflight")}) {
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.json().at("reason"), "Forbidden");
    EXPECT_NE(answer.message().find("use the Unix socket"), std::string::npos) << answer.message();
  }
  EXPECT_EQ(control_.removed, "");
}

TEST_F(Http, EachDoorAnswersToItsOwnNamesOnly) {
  options_.names = {"teal.example.com", "10.0.0.5.dns.example"};
  begin();
  for (const auto* name : {"localhost", "localhost:70", "127.0.0.1:7080", "127.3.2.1", "[::1]:7080", "LOCALHOST",
                           "teal.example.com", "teal.example.com:443", "10.0.0.5.dns.example:7080"}) {
    EXPECT_EQ(call_tcp("GET", "/healthz", "", name).status, 200) << name;
  }
  for (const auto* name : {"evil.example",
                           "127.evil.example",
                           "127.0.0.1:80@evil",
                           "127.",
                           "127.0.0.1.",
                           "127.0.0.1.evil",
                           "localhost.evil",
                           "teal.example.com.evil",
                           "a@localhost",
                           "localhost:0",
                           "localhost:70000",
                           "localhost:x",
                           "0.0.0.0",
                           "10.0.0.1",
                           "[::]",
                           "[::1",
                           "::1",
                           "127.1",
                           "2130706433",
                           "0x7f.1",
                           "local%68ost",
                           "localhost/..",
                           "",
                           "teal"}) {
    EXPECT_EQ(call_tcp("GET", "/healthz", "", name).status, 403) << name;
  }
}

TEST_F(Http, PagesOfOtherSitesChangeNothing) {
  begin();
  publish("shop");
  const std::string pause = "/apis/teal/v1/applications/shop/pause";
  const auto from = [&](const std::string& origin) {
    return call("POST", pause, "", "application/json", "Origin: " + origin + "\r\n").status;
  };
  EXPECT_EQ(from("http://evil.example"), 403);
  EXPECT_EQ(from("null"), 403);
  EXPECT_EQ(from("http://teal.evil.example"), 403);
  EXPECT_EQ(from("http://x@teal"), 403);
  // What reads as an address and a rest to some parsers.
  for (const auto* origin :
       {"http://127.0.0.1.evil.example", "http://127.0.0.1:80@evil.example", "http://127.0.0.1/x"}) {
    const auto headers = fmt::format("Origin: {}\r\n", origin);
    EXPECT_EQ(call("POST", pause, "", "application/json", headers, "127.0.0.1").status, 403) << origin;
  }
  EXPECT_FALSE(control_.asked);
  EXPECT_EQ(from("http://teal"), 200);
}

TEST_F(Http, TheSocketIsForItsOwnerAndGroup) {
  begin();
  struct stat made{};
  ASSERT_EQ(::stat(socket_.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0660u);
}

TEST_F(Http, AnAddressInUseIsNamed) {
  begin();
  api::ApiOptions same = options_;
  boost::asio::io_context loop;
  const auto refusal = [&](const std::string& address) {
    same.listen = {address};
    api::ApiServer second(loop.get_executor(), same, board_, control_, store_, metrics_, *gate_, *log_);
    const auto listening = second.listen();
    EXPECT_FALSE(listening) << address;
    return listening ? Error{} : listening.error();
  };
  const auto socket = refusal("unix:" + socket_);
  EXPECT_EQ(socket.code, ErrorCode::conflict);
  EXPECT_NE(socket.message.find(socket_), std::string::npos);
  const std::string address = "127.0.0.1:" + std::to_string(port_);
  const auto port = refusal(address);
  EXPECT_EQ(port.code, ErrorCode::conflict);
  EXPECT_NE(port.message.find(address), std::string::npos) << port.message;
  EXPECT_EQ(refusal("nonsense").code, ErrorCode::invalid);
  EXPECT_EQ(refusal("unix:relative").code, ErrorCode::invalid);
  EXPECT_EQ(refusal("127.0.0.1:99999").code, ErrorCode::invalid);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(Http, StoppingFinishesWhatIsUnderWay) {
  begin();
  Socket idle(socket_);
  idle.send(std::string(healthz));
  (void)idle.read_until("ok\n");
  Socket watching(socket_);
  watching.send("GET /apis/teal/v1/applications?watch=true HTTP/1.1\r\nHost: x\r\n\r\n");
  (void)watching.read_until("BOOKMARK");
  const auto started = std::chrono::steady_clock::now();
  on_loop([this] { server_->stop(); });
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(watching.read_all().ends_with("0\r\n\r\n"));
  thread_.join();
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(2));
  EXPECT_FALSE(std::filesystem::exists(socket_));
}

}  // namespace
}  // namespace teal::test

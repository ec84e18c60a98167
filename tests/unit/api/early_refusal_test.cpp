// Who may not is told so before anything of the body is read.
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

class EarlyRefusal : public ApiTest {};

TEST_F(EarlyRefusal, NeedsTheHeadOnly) {
  start();
  const std::string announced =
      "Content-Type: application/json\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n";
  const auto answered = [&](const std::string& head) {
    Socket socket(server_->port(1));
    socket.send(head + announced);
    return parse_answer(socket.read_all());  // nothing of the body is ever sent
  };
  const auto change = answered("PUT /apis/teal/v1/applications/x HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  EXPECT_EQ(change.status, 403) << change.head;
  EXPECT_NE(change.head.find("Connection: close"), std::string::npos);
  EXPECT_EQ(answered("PUT /apis/teal/v1/applications/x HTTP/1.1\r\nHost: evil.example\r\n").status, 403);
}

}  // namespace
}  // namespace teal::test

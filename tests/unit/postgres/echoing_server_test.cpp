// A server, or a pooler before one, that says what it was told: the password is not shown, however it is said.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "daemon/drivers/databases/postgres/postgres_database.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string bytes_of(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::string message(char type, const std::string& body) {
  return std::string(1, type) + bytes_of(static_cast<std::uint32_t>(body.size() + 4)) + body;
}

// Asks for the password in clear and refuses it with `words`, in which each {} is what it was given.
class EchoingServer {
 public:
  explicit EchoingServer(std::string words) : words_(std::move(words)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening_, 8), 0);
    EXPECT_EQ(::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread{[this] { serve(); }};
  }
  ~EchoingServer() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }
  EchoingServer(const EchoingServer&) = delete;
  EchoingServer& operator=(const EchoingServer&) = delete;

  [[nodiscard]] int port() const { return port_; }

 private:
  void serve() {
    for (;;) {
      const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      answer(socket);
      ::close(socket);
    }
  }

  void answer(int socket) {
    std::array<char, 4096> read{};
    constexpr ssize_t question_for_tls = 8;
    auto size = ::recv(socket, read.data(), read.size(), 0);
    if (size == question_for_tls) {
      (void)::send(socket, "N", 1, MSG_NOSIGNAL);
      size = ::recv(socket, read.data(), read.size(), 0);
    }
    if (size <= 0) return;
    const auto question = message('R', bytes_of(3));
    (void)::send(socket, question.data(), question.size(), MSG_NOSIGNAL);
    const auto count = ::recv(socket, read.data(), read.size(), 0);
    if (count <= 6) return;
    const std::string password(read.data() + 5, static_cast<std::size_t>(count) - 6);
    std::string text = words_;
    for (auto at = text.find("{}"); at != text.npos; at = text.find("{}", at)) text.replace(at, 2, password);
    std::string body;
    for (const std::string& field : {std::string{"SFATAL"}, std::string{"C08P01"}, "M" + text}) body += field + '\0';
    const auto refusal = message('E', body + '\0');
    (void)::send(socket, refusal.data(), refusal.size(), MSG_NOSIGNAL);
  }

  std::string words_;
  int listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::jthread thread_;
};

class EchoingServerTest : public testing::Test {
 protected:
  std::string shown_by(const std::string& words) {
    const EchoingServer server{words};
    ports::DatabaseAccess access;
    access.target.host = "127.0.0.1";
    access.target.port = server.port();
    access.target.name = "shop";
    access.application = {"app", masking::Secret{"application  Secret-Pw"}};
    access.migration = {"dba", masking::Secret{"Migr4tion  Secret-Pw"}};
    std::string shown;
    if (const auto view = await(loop_, database_->look(access, ports::LedgerKey{})); !view)
      shown = view.error().message;
    const auto findings = await(loop_, database_->preflight(access, ports::LedgerKey{}, false));
    if (!findings) return shown;
    for (const auto& finding : *findings) shown += "\n" + finding.message;
    return shown;
  }

  boost::asio::io_context loop_;
  runtime::BlockingPool pool_{2};
  std::unique_ptr<ports::Database> database_ = postgres::make_postgres(pool_, {});
};

TEST_F(EchoingServerTest, ItsWordsAreShownWithoutThePassword) {
  const auto shown = shown_by("no entry for {} here");
  EXPECT_THAT(shown, HasSubstr("no entry for *** here"));
  EXPECT_THAT(shown, Not(HasSubstr("Secret-Pw")));
}

TEST_F(EchoingServerTest, NorIsThatOfTheOtherUserWhichItWasToldBefore) {
  EXPECT_THAT(shown_by("not application  Secret-Pw"), Not(HasSubstr("Secret-Pw")));
}

TEST_F(EchoingServerTest, NorAPartOfItWhereTheTextIsCut) {
  for (const int before : {980, 985, 990, 995}) {
    const auto shown = shown_by(std::string(static_cast<std::size_t>(before), '.') + "{}" + std::string(500, '.'));
    EXPECT_THAT(shown, Not(HasSubstr("Migr4"))) << before;
  }
}

}  // namespace
}  // namespace teal::test

#include "daemon/runtime/stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/await.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class UnixListener : public testing::Test {
 protected:
  UnixListener() {
    std::string pattern = (std::filesystem::temp_directory_path() / "teal-stream-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/x.sock";
  }
  ~UnixListener() override { std::filesystem::remove_all(folder_); }

  asio::io_context loop_;
  std::string folder_;
  std::string path_;
};

asio::awaitable<Result<std::string>> echo_once(runtime::ListenerPtr listener, std::string path) {
  auto client = co_await runtime::connect_unix(path, runtime::after(1s));
  if (!client) co_return client.error();
  auto server = co_await listener->accept();
  if (!server) co_return server.error();
  const auto written = co_await (*client)->write("ping", runtime::after(1s));
  if (!written) co_return written.error();
  (*client)->shutdown_send();
  std::string text;
  char buffer[16];
  for (;;) {
    const auto count = co_await (*server)->read_some(buffer, sizeof buffer, runtime::after(1s));
    if (!count) co_return count.error();
    if (*count == 0) co_return text;
    text.append(buffer, *count);
  }
}

TEST_F(UnixListener, CarriesBytesBothKnowTheEndOf) {
  auto listener = runtime::listen_unix(loop_.get_executor(), path_);
  ASSERT_TRUE(listener) << listener.error().message;
  const auto text = await(loop_, echo_once(*listener, path_));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "ping");
}

TEST_F(UnixListener, SetsTheFilesRightsAndRemovesIt) {
  auto listener = runtime::listen_unix(loop_.get_executor(), path_, 0660);
  ASSERT_TRUE(listener);
  struct stat made{};
  ASSERT_EQ(::stat(path_.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0660u);
  (*listener)->close();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UnixListener, ReplacesASocketThatNobodyListensOn) {
  const pid_t child = ::fork();
  if (child == 0) {
    asio::io_context loop;
    const auto listener = runtime::listen_unix(loop.get_executor(), path_);
    ::_exit(listener ? 0 : 1);  // without removing its file, as a killed daemon does
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(runtime::listen_unix(loop_.get_executor(), path_));
}

TEST_F(UnixListener, RefusesASocketInUseAndAFileInTheWay) {
  auto first = runtime::listen_unix(loop_.get_executor(), path_);
  ASSERT_TRUE(first);
  EXPECT_EQ(runtime::listen_unix(loop_.get_executor(), path_).error().code, ErrorCode::conflict);
  (*first)->close();
  std::ofstream{path_} << "precious";
  EXPECT_EQ(runtime::listen_unix(loop_.get_executor(), path_).error().code, ErrorCode::conflict);
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_EQ(runtime::listen_unix(loop_.get_executor(), folder_ + "/none/x").error().code, ErrorCode::invalid);
  EXPECT_EQ(runtime::listen_unix(loop_.get_executor(), std::string(200, 'x')).error().code, ErrorCode::invalid);
}

// Who could put his own socket there would be told the tokens of those who come.
TEST_F(UnixListener, RefusesAFolderThatOthersMayWrite) {
  for (const mode_t mode : {0777U, 01777U, 0722U}) {
    ASSERT_EQ(::chmod(folder_.c_str(), mode), 0);
    const auto listener = runtime::listen_unix(loop_.get_executor(), path_);
    ASSERT_FALSE(listener) << mode;
    EXPECT_EQ(listener.error().code, ErrorCode::denied);
    EXPECT_NE(listener.error().message.find("can write it; "), std::string::npos) << listener.error().message;
    EXPECT_FALSE(std::filesystem::exists(path_));
  }
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  ASSERT_EQ(::chown(folder_.c_str(), 12345, 0), 0) << "only root may give folders away";
  EXPECT_EQ(runtime::listen_unix(loop_.get_executor(), path_).error().code, ErrorCode::denied);
  ASSERT_EQ(::chown(folder_.c_str(), 0, 12345), 0);
  for (const mode_t mode : {0750U, 0755U, 02750U}) {
    ASSERT_EQ(::chmod(folder_.c_str(), mode), 0);
    EXPECT_TRUE(runtime::listen_unix(loop_.get_executor(), path_)) << "a group may come in";
  }
}

asio::awaitable<Result<std::size_t>> read_nothing(runtime::ListenerPtr listener, std::string path, Duration wait) {
  auto client = co_await runtime::connect_unix(path, runtime::after(1s));
  if (!client) co_return client.error();
  char buffer[16];
  co_return co_await (*client)->read_some(buffer, sizeof buffer, runtime::after(wait));
}

TEST_F(UnixListener, ReadingEndsAtItsDeadline) {
  auto listener = runtime::listen_unix(loop_.get_executor(), path_);
  ASSERT_TRUE(listener);
  EXPECT_EQ(await(loop_, read_nothing(*listener, path_, 20ms)).error().code, ErrorCode::timed_out);
  EXPECT_EQ(await(loop_, read_nothing(*listener, path_, -5ms)).error().code, ErrorCode::timed_out);
}

TEST(TcpListener, SaysWhenThePortIsTaken) {
  asio::io_context loop;
  auto first = runtime::listen_tcp(loop.get_executor(), "127.0.0.1", "0");
  ASSERT_TRUE(first);
  EXPECT_GT((*first)->port(), 0);
  EXPECT_EQ(runtime::listen_tcp(loop.get_executor(), "127.0.0.1", std::to_string((*first)->port())).error().code,
            ErrorCode::conflict);
  EXPECT_EQ(runtime::listen_tcp(loop.get_executor(), "a.name", "0").error().code, ErrorCode::invalid);
  EXPECT_EQ(runtime::listen_tcp(loop.get_executor(), "127.0.0.1", "65536").error().code, ErrorCode::invalid);
}

TEST(TcpConnect, ResolvesNamesAndReportsUnknownOnes) {
  asio::io_context loop;
  auto listener = runtime::listen_tcp(loop.get_executor(), "localhost", "0");
  ASSERT_TRUE(listener);
  EXPECT_TRUE(await(loop, runtime::connect_tcp("localhost", std::to_string((*listener)->port()), runtime::after(5s))));
  EXPECT_EQ(await(loop, runtime::connect_tcp("127.0.0.1", "no", runtime::after(1s))).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace teal::test

#include "daemon/secrets/secrets.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "daemon/runtime/blocking_pool.hpp"
#include "tests/support/await.hpp"

namespace teal {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class SecretsTest : public testing::Test {
 protected:
  SecretsTest() {
    auto pattern = (fs::temp_directory_path() / "teal-secrets-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SecretsTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, std::string_view text, unsigned mode = 0600) {
    const auto path = (folder_ / name).string();
    std::ofstream{path, std::ios::binary} << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  Result<Secret> read(ValueSource::Kind kind, const std::string& text) {
    ValueSource source;
    source.kind = kind;
    source.text = text;
    return test::await(loop_, secrets_->read(source));
  }
  Result<Secret> read_file(const std::string& path) { return read(ValueSource::Kind::File, path); }
  std::string value_of(const std::string& text) {
    const auto value = read_file(file("value", text));
    return value ? value->reveal() : "error: " + value.error().message;
  }
  Error refused(const std::string& path) {
    const auto value = read_file(path);
    EXPECT_TRUE(value.has_error());
    return value ? Error{} : value.error();
  }

  boost::asio::io_context loop_;
  BlockingPool pool_{1};
  std::unique_ptr<Secrets> secrets_ = make_secrets(pool_);
  fs::path folder_;
};

TEST_F(SecretsTest, StripsOneNewlineAndNoMore) {
  EXPECT_EQ(value_of("hunter2"), "hunter2");
  EXPECT_EQ(value_of("hunter2\n"), "hunter2");
  EXPECT_EQ(value_of("hunter2\r\n"), "hunter2");
  EXPECT_EQ(value_of("hunter2\n\n"), "hunter2\n");
  EXPECT_EQ(value_of("hunter2\r"), "hunter2\r");
  EXPECT_EQ(value_of(" a\nb \n"), " a\nb ");
  EXPECT_EQ(value_of("\n"), "");
  EXPECT_EQ(value_of(""), "");
}

TEST_F(SecretsTest, FollowsSymbolicLinksAsKubernetesMakesThem) {
  fs::create_directory(folder_ / "..2026");
  file("..2026/password", "one\n");
  fs::create_directory_symlink("..2026", folder_ / "..data");
  fs::create_symlink("..data/password", folder_ / "password");
  const auto value = read_file((folder_ / "password").string());
  ASSERT_TRUE(value.has_value()) << value.error().message;
  EXPECT_EQ(value->reveal(), "one");
}

TEST_F(SecretsTest, ReadsAnewEachTime) {
  const auto path = file("p", "old");
  EXPECT_EQ(read_file(path)->reveal(), "old");
  file("p", "new");
  EXPECT_EQ(read_file(path)->reveal(), "new");
}

TEST_F(SecretsTest, RefusesWhatOthersCanWrite) {
  const auto path = file("p", "hunter2", 0602);
  const auto error = refused(path);
  EXPECT_EQ(error.code, ErrorCode::denied);
  EXPECT_EQ(error.message, path + ": mode 0602: others can write it; chmod o-w " + path);
  EXPECT_TRUE(read_file(file("group", "x", 0660)).has_value());
}

TEST_F(SecretsTest, NamesWhatIsMissing) {
  const auto path = (folder_ / "missing").string();
  EXPECT_EQ(refused(path).code, ErrorCode::not_found);
  EXPECT_THAT(refused(path).message, HasSubstr(path));
  EXPECT_EQ(refused(file("plain", "x") + "/below").code, ErrorCode::not_found);
  fs::create_symlink("nowhere", folder_ / "dangling");
  EXPECT_EQ(refused((folder_ / "dangling").string()).code, ErrorCode::not_found);
  EXPECT_EQ(refused("").code, ErrorCode::not_found);
}

TEST_F(SecretsTest, NeverWaitsForWhatIsNoRegularFile) {
  const auto begin = std::chrono::steady_clock::now();
  const auto fifo = (folder_ / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto socket_path = (folder_ / "socket").string();
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  for (const auto& path : {fifo, socket_path, folder_.string(), std::string{"/dev/zero"}}) {
    EXPECT_EQ(refused(path).code, ErrorCode::invalid);
    EXPECT_EQ(refused(path).message, path + ": is not a regular file");
  }
  ::close(socket);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
}

TEST_F(SecretsTest, RefusesLoopsNulBytesAndLargeFiles) {
  fs::create_symlink("loop", folder_ / "loop");
  EXPECT_EQ(refused((folder_ / "loop").string()).code, ErrorCode::invalid);
  const auto with_nul = refused(file("nul", std::string_view{"hunter\0 2", 9}));
  EXPECT_EQ(with_nul.code, ErrorCode::invalid);
  EXPECT_THAT(with_nul.message, Not(HasSubstr("hunter")));
  EXPECT_EQ(refused(std::string{"/etc\0/x", 7}).code, ErrorCode::invalid);
  EXPECT_EQ(value_of(std::string(64 << 10, 'x')).size(), 64U << 10);
  EXPECT_EQ(refused(file("large", std::string((64 << 10) + 1, 'x'))).code, ErrorCode::invalid);
}

TEST_F(SecretsTest, TakesOwnVariables) {
  ::setenv("TEAL_TEST_SECRET", "hunter2", 1);
  EXPECT_EQ(read(ValueSource::Kind::Environment, "TEAL_TEST_SECRET")->reveal(), "hunter2");
  ::setenv("TEAL_TEST_SECRET", "", 1);
  EXPECT_EQ(read(ValueSource::Kind::Environment, "TEAL_TEST_SECRET")->reveal(), "");
  ::unsetenv("TEAL_TEST_SECRET");
  const auto missing = read(ValueSource::Kind::Environment, "TEAL_TEST_SECRET");
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("TEAL_TEST_SECRET"));
}

TEST_F(SecretsTest, TakesLiteralsAsTheyAreAndRefusesCommands) {
  EXPECT_EQ(read(ValueSource::Kind::Literal, " a\n")->reveal(), " a\n");
  const auto command = read(ValueSource::Kind::Exec, "");
  ASSERT_TRUE(command.has_error());
  EXPECT_EQ(command.error().code, ErrorCode::invalid);
  EXPECT_THAT(command.error().message, HasSubstr("not supported yet"));
}

TEST_F(SecretsTest, ReadsEnvironmentFilesThatOthersCanRead) {
  ::setenv("TEAL_TEST_OWN", "own", 1);
  const auto path = file("env", "A=1\nTEAL_TEST_OWN\n", 0644);
  const auto variables = test::await(loop_, secrets_->read_env_file(path));
  ASSERT_TRUE(variables.has_value()) << variables.error().message;
  ASSERT_EQ(variables->size(), 2U);
  EXPECT_EQ((*variables)[1].first, "TEAL_TEST_OWN");
  EXPECT_EQ((*variables)[1].second.reveal(), "own");
  ::unsetenv("TEAL_TEST_OWN");
}

TEST_F(SecretsTest, RefusesEnvironmentFilesThatOthersCanWriteOrThatAreHuge) {
  const auto open = test::await(loop_, secrets_->read_env_file(file("env", "A=1", 0666)));
  ASSERT_TRUE(open.has_error());
  EXPECT_EQ(open.error().code, ErrorCode::denied);
  const auto huge = test::await(loop_, secrets_->read_env_file(file("huge", std::string((1 << 20) + 1, '\n'))));
  ASSERT_TRUE(huge.has_error());
  EXPECT_EQ(huge.error().code, ErrorCode::invalid);
  const auto missing = test::await(loop_, secrets_->read_env_file((folder_ / "no").string()));
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace teal

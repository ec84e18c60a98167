#include "daemon/drivers/secrets/secrets.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/secret_file.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
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
  Result<masking::Secret> read(spec::ValueSource::Kind kind, const std::string& text) {
    spec::ValueSource source;
    source.kind = kind;
    source.text = text;
    return test::await(loop_, secrets_->read(source));
  }
  Result<masking::Secret> read_file(const std::string& path) { return read(spec::ValueSource::Kind::File, path); }
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
  runtime::BlockingPool pool_{1};
  runtime::BlockingPool programs_{1};
  std::unique_ptr<ports::Secrets> secrets_ = secrets::make_secrets(pool_, programs_, std::chrono::milliseconds{500});
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
}

TEST_F(SecretsTest, TakesFilesAsWindowsWritesThemOrSaysWhatIsWrong) {
  EXPECT_EQ(value_of("\xEF\xBB\xBFhunter2\r\n"), "hunter2");
  EXPECT_EQ(value_of("\xEF\xBB\xBF"), "");
  EXPECT_EQ(value_of("hunter2\xEF\xBB\xBF"), "hunter2\xEF\xBB\xBF");
  const auto path = file("p", std::string{"\xFF\xFEh\0u\0n\0t\0e\0r\0", 14});
  EXPECT_EQ(refused(path).message,
            path + ": cannot be a value: it is in UTF-16, as Windows writes it: save it as UTF-8");
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

// `make-secret > file`: the shell empties it before the program has printed anything.
TEST_F(SecretsTest, AFileThatWasEmptiedJustNowIsReadLater) {
  const auto path = file("p", "");
  const auto error = refused(path);
  EXPECT_EQ(error.code, ErrorCode::unavailable);
  EXPECT_EQ(error.message, path + ": is empty and was written just now: it is read again in a moment");
  EXPECT_TRUE(test::await(loop_, secrets_->read_env_file(path)).has_error());
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::seconds{10});
  EXPECT_EQ(read_file(path)->reveal(), "");
  EXPECT_TRUE(test::await(loop_, secrets_->read_env_file(path))->empty());
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
}

TEST_F(SecretsTest, RefusesWhatOthersCanReadAndNamesTheMode) {
  const auto path = file("p", "hunter2", 0644);
  const auto error = refused(path);
  EXPECT_EQ(error.code, ErrorCode::denied);
  EXPECT_EQ(error.message, path + ": mode 0644: others can read it; chmod o-rwx " + path);
  EXPECT_THAT(refused(file("p", "hunter2", 0604)).message, HasSubstr("mode 0604"));
  EXPECT_THAT(refused(file("p", "hunter2", 0660)).message, HasSubstr("mode 0660: its group can write it; chmod g-w"));
  for (const unsigned mode : {0400U, 0600U, 0700U}) EXPECT_TRUE(read_file(file("p", "x", mode)).has_value()) << mode;
}

// systemd gives a service that is not root its credentials as root's files of mode 0440.
TEST_F(SecretsTest, LetsTheGroupReadWhatRootHasLeftToIt) {
  const auto path = file("p", "x", 0640);
  if (::geteuid() == 0) {
    EXPECT_TRUE(read_file(path).has_value());
    EXPECT_TRUE(read_file(file("p", "x", 0440)).has_value());
  } else {
    EXPECT_EQ(refused(path).message, path + ": mode 0640: its group can read it; chmod g-rwx " + path);
  }
}

// The same as somebody who is not root: the file is ours, and its group has no business with it.
TEST_F(SecretsTest, RefusesTheGroupWhereTheFileIsOurOwn) {
  if (::geteuid() != 0) return;  // the test above has seen it
  const auto path = file("p", "x", 0640);
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
  const auto child = ::fork();
  if (child == 0) {
    const bool there = ::setgid(65534) == 0 && ::setuid(65534) == 0;
    const auto value = runtime::read_secret_file(path, 100, runtime::Readers::OwnerOnly);
    const bool named = !value && value.error().message.find("mode 0640: its group can read it") != std::string::npos;
    ::_exit(there && named ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// Docker's are readable by everybody in their container, where nobody else is: on a read-only mount of their own.
TEST_F(SecretsTest, TakesDockersSecretsAsDockerMountsThem) {
  if (::geteuid() != 0) GTEST_FAIL() << "needs root, to mount";
  const auto child = ::fork();
  if (child == 0) {
    const auto step = [](bool done, int code) {
      if (!done) ::_exit(code);
    };
    step(::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", "", MS_REC | MS_PRIVATE, nullptr) == 0, 2);
    fs::create_directories("/run/secrets");
    step(::mount("secrets", "/run/secrets", "tmpfs", 0, "mode=0755") == 0, 3);
    std::ofstream{"/run/secrets/password"} << "hunter2\n";
    step(::chmod("/run/secrets/password", 0444) == 0, 4);
    const auto writable = runtime::read_secret_file("/run/secrets/password", 100, runtime::Readers::OwnerOnly);
    step(!writable && writable.error().message.find("mode 0444") != std::string::npos, 5);
    step(::mount("secrets", "/run/secrets", "tmpfs", MS_REMOUNT | MS_RDONLY, "mode=0755") == 0, 6);
    const auto value = runtime::read_secret_file("/run/secrets/password", 100, runtime::Readers::OwnerOnly);
    step(value && value->reveal() == "hunter2\n", 7);
    ::_exit(0);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SecretsTest, FindsSystemdsCredentialsByTheirNames) {
  file("db_password", "hunter2\n", 0400);
  ::setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  for (const auto* text :
       {"db_password", "$CREDENTIALS_DIRECTORY/db_password", "${CREDENTIALS_DIRECTORY}/db_password"}) {
    const auto value = read_file(text);
    EXPECT_TRUE(value && value->reveal() == "hunter2") << text;
  }
  EXPECT_EQ(refused("missing").message, (folder_ / "missing").string() + ": No such file or directory");
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_EQ(refused("db_password").code, ErrorCode::not_found);
  EXPECT_THAT(refused("db_password").message, HasSubstr("add LoadCredential=db_password:/path/of/its/file"));
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
  EXPECT_EQ(read(spec::ValueSource::Kind::Environment, "TEAL_TEST_SECRET")->reveal(), "hunter2");
  ::setenv("TEAL_TEST_SECRET", "", 1);
  EXPECT_EQ(read(spec::ValueSource::Kind::Environment, "TEAL_TEST_SECRET")->reveal(), "");
  ::unsetenv("TEAL_TEST_SECRET");
  const auto missing = read(spec::ValueSource::Kind::Environment, "TEAL_TEST_SECRET");
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("TEAL_TEST_SECRET"));
}

TEST_F(SecretsTest, RefusesWhatNoVariableCanHold) {
  const auto error = refused(file("p", "hunter\xff"));
  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_EQ(error.message, (folder_ / "p").string() + ": cannot be a value: it is not valid UTF-8");
}

TEST_F(SecretsTest, TakesLiteralsAsTheyAre) {
  EXPECT_EQ(read(spec::ValueSource::Kind::Literal, " a\n")->reveal(), " a\n");
}

TEST_F(SecretsTest, RunsProgramsWhileFilesAreRead) {
  spec::ValueSource hangs{spec::ValueSource::Kind::Exec, "", {"/bin/sleep", "60"}};
  const auto begin = std::chrono::steady_clock::now();
  const auto late = test::await(loop_, secrets_->read(hangs));
  ASSERT_TRUE(late.has_error());
  EXPECT_EQ(late.error().code, ErrorCode::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
  spec::ValueSource prints{spec::ValueSource::Kind::Exec, "", {"/bin/echo", "hunter2"}};
  const auto value = test::await(loop_, secrets_->read(prints));
  ASSERT_TRUE(value.has_value()) << value.error().message;
  EXPECT_EQ(value->reveal(), "hunter2");
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
}  // namespace teal::test

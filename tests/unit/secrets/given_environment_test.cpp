// What stands in `env` beside fromExec, read and given to the program.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/drivers/secrets/secrets.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class GivenEnvironment : public testing::Test {
 protected:
  GivenEnvironment() {
    auto pattern = (fs::temp_directory_path() / "teal-given-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~GivenEnvironment() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, std::string_view text, unsigned mode = 0600) {
    const auto path = (folder_ / name).string();
    std::ofstream{path, std::ios::binary} << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }

  fs::path folder_;
  boost::asio::io_context loop_;
  runtime::BlockingPool files_{1};
  runtime::BlockingPool programs_{1};
  std::unique_ptr<ports::Secrets> secrets_ = secrets::make_secrets(files_, programs_, std::chrono::seconds{10});
};

TEST_F(GivenEnvironment, GivesAProgramTheValuesThatAreNamedBesideIt) {
  ::setenv("TEAL_TEST_OWN", "own", 1);
  spec::ValueSource value{spec::ValueSource::Kind::Exec, "", {"/bin/sh", "-c", "echo $A $B $C $TEAL_TEST_OWN."}};
  value.env["A"] = {spec::ValueSource::Kind::Literal, "literal", {}};
  value.env["B"] = {spec::ValueSource::Kind::File, file("b", "of-a-file\n"), {}};
  value.env["C"] = {spec::ValueSource::Kind::Environment, "TEAL_TEST_OWN", {}};
  const auto printed = test::await(loop_, secrets_->read(value));
  ASSERT_TRUE(printed.has_value()) << printed.error().message;
  EXPECT_EQ(printed->reveal(), "literal of-a-file own .");
  ::unsetenv("TEAL_TEST_OWN");
}

TEST_F(GivenEnvironment, SaysWhichOfThemCannotBeRead) {
  spec::ValueSource value{spec::ValueSource::Kind::Exec, "", {"/bin/echo", "x"}};
  value.env["TOKEN"] = {spec::ValueSource::Kind::File, file("open", "x", 0644), {}};
  auto read = test::await(loop_, secrets_->read(value));
  ASSERT_TRUE(read.has_error());
  EXPECT_EQ(read.error().code, ErrorCode::denied);
  EXPECT_THAT(read.error().message, testing::StartsWith("fromExec /bin/echo: env.TOKEN: "));
  value.env["TOKEN"] = {spec::ValueSource::Kind::Exec, "", {"/bin/echo", "y"}};
  read = test::await(loop_, secrets_->read(value));
  ASSERT_TRUE(read.has_error());
  EXPECT_EQ(read.error().code, ErrorCode::invalid);
}

TEST_F(GivenEnvironment, AFailureQuotesNoneOfItsSecrets) {
  spec::ValueSource value{
      spec::ValueSource::Kind::Exec, "", {"/bin/sh", "-c", "echo no $TOKEN at $ADDRESS for $API_KEY >&2; exit 1"}};
  value.env["TOKEN"] = {spec::ValueSource::Kind::File, file("t", "planted-t"), {}};
  value.env["API_KEY"] = {spec::ValueSource::Kind::Literal, "planted-k", {}};
  value.env["ADDRESS"] = {spec::ValueSource::Kind::Literal, "vault.example", {}};
  const auto read = test::await(loop_, secrets_->read(value));
  ASSERT_TRUE(read.has_error());
  EXPECT_THAT(read.error().message, HasSubstr("(no *** at vault.example for ***)"));
  EXPECT_THAT(read.error().message, Not(HasSubstr("planted")));
}

}  // namespace
}  // namespace teal::test

#include "daemon/drivers/secrets/secret_program.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class SecretProgramTest : public testing::Test {
 protected:
  SecretProgramTest() {
    auto pattern = (fs::temp_directory_path() / "teal-helper-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SecretProgramTest() override { fs::remove_all(folder_); }

  // A helper of this shell text; the path of it.
  std::string helper(const std::string& text) {
    const auto path = (folder_ / "helper").string();
    fs::remove(path);
    std::ofstream{path} << "#!/bin/sh\n" << text << '\n';
    EXPECT_EQ(::chmod(path.c_str(), 0700), 0);
    return path;
  }
  Result<masking::Secret> run(const std::string& text, Duration deadline = 20s) {
    secrets::SecretProgram program{{helper(text)}, deadline, nullptr, environment_, unspoken_};
    return secrets::read_secret_program(program);
  }
  std::string value_of(const std::string& text) {
    const auto value = run(text);
    return value ? value->reveal() : "error: " + value.error().message;
  }
  Error refused(const std::string& text, Duration deadline = 20s) {
    const auto value = run(text, deadline);
    EXPECT_TRUE(value.has_error()) << text;
    return value ? Error{} : value.error();
  }

  fs::path folder_;
  masking::SecretEnvironment environment_;
  std::vector<masking::Secret> unspoken_;
};

TEST_F(SecretProgramTest, GetsWhatIsNamedAndNothingElseOfTealds) {
  ::setenv("TEAL_TEST_OWN_PASSWORD", "hunter2", 1);
  ::setenv("TEAL_TEST_SETTING", "x", 1);
  ::setenv("LANG", "C.UTF-8", 1);
  environment_.emplace_back("VAULT_ADDR", masking::Secret{"https://vault.example"});
  // The shell itself adds PWD and the like.
  EXPECT_EQ(value_of("env | sed 's/=.*//' | grep -vxE 'PWD|OLDPWD|SHLVL|_' | sort | xargs"),
            std::getenv("HOME") == nullptr ? "LANG PATH VAULT_ADDR" : "HOME LANG PATH VAULT_ADDR");
  EXPECT_EQ(value_of("echo $LANG $VAULT_ADDR $PATH"),
            std::string{"C.UTF-8 https://vault.example "} + std::getenv("PATH"));
  environment_.emplace_back("LANG", masking::Secret{"de_DE"});
  EXPECT_EQ(value_of("echo $LANG"), "de_DE") << "what is named stands in place of teald's own";
  for (const char* name : {"TEAL_TEST_OWN_PASSWORD", "TEAL_TEST_SETTING"}) ::unsetenv(name);
}

TEST_F(SecretProgramTest, QuotesNothingUnspokenOfItsEnvironment) {
  environment_.emplace_back("VAULT_TOKEN", masking::Secret{"abc-def-ghi"});
  unspoken_.emplace_back("abc-def-ghi");
  const auto error = refused("echo \"token $VAULT_TOKEN is not known\" >&2; exit 1");
  EXPECT_THAT(error.message, AllOf(HasSubstr("token *** is not known"), Not(HasSubstr("abc-def"))));
}

TEST_F(SecretProgramTest, TakesWhatItPrintsWithoutOneNewline) {
  EXPECT_EQ(value_of("echo hunter2"), "hunter2");
  EXPECT_EQ(value_of("printf hunter2"), "hunter2");
  EXPECT_EQ(value_of("printf 'a\\nb\\n\\n'"), "a\nb\n");
  EXPECT_EQ(value_of("printf ' a '"), " a ");
  EXPECT_EQ(value_of("echo said >&2; echo hunter2"), "hunter2");
}

TEST_F(SecretProgramTest, RunsItsArgumentsAsTheyStandWithoutAShell) {
  secrets::SecretProgram program{{"/bin/echo", "$HOME", "a b;id"}, 20s, nullptr};
  EXPECT_EQ(secrets::read_secret_program(program)->reveal(), "$HOME a b;id");
}

TEST_F(SecretProgramTest, TakesTheValueOfAnObjectThatHoldsNothingElse) {
  EXPECT_EQ(value_of(R"(echo '{"value": "hunter2"}')"), "hunter2");
  EXPECT_EQ(value_of(R"(printf ' {\n  "value" : "hun\\u0074er\\n2"\n}\n')"), "hunter\n2");
  EXPECT_THAT(refused(R"(echo '{"value": 2}')").message, HasSubstr("expected text as the \"value\""));
  EXPECT_THAT(refused(R"(echo '{"value": ""}')").message, HasSubstr("printed nothing"));
}

TEST_F(SecretProgramTest, LeavesOtherJsonAsItStands) {
  for (const std::string text : {R"({"type": "service_account", "private_key": "x"})", R"({"value": "a", "more": "b"})",
                                 R"(["a"])", R"("a")", "{{not json", "{}", "{secret", "{"}) {
    EXPECT_EQ(value_of("cat <<'E'\n" + text + "\nE"), text);
  }
}

TEST_F(SecretProgramTest, RefusesJsonThatEndsTooEarly) {
  const auto error = refused(R"(printf '{"value": "hunt')");
  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_THAT(error.message, AllOf(HasSubstr("fromExec " + (folder_ / "helper").string()),
                                   HasSubstr("JSON that is broken or ends too early"), HasSubstr("run it by hand"),
                                   Not(HasSubstr("hunt"))));
}

TEST_F(SecretProgramTest, RefusesWhatIsNoText) {
  EXPECT_THAT(refused("head -c 100 /dev/zero").message, HasSubstr("prints what cannot be a value: it holds a NUL"));
  EXPECT_THAT(refused("printf 'hunter\\377'").message,
              AllOf(HasSubstr("it is not valid UTF-8"), Not(HasSubstr("hunter"))));
  EXPECT_EQ(refused("printf '\\377'").code, ErrorCode::invalid);
}

TEST_F(SecretProgramTest, RefusesNothingAndTooMuch) {
  EXPECT_THAT(refused("true").message, HasSubstr("printed nothing; run it by hand"));
  EXPECT_THAT(refused("echo").message, HasSubstr("printed nothing"));
  EXPECT_EQ(refused("true").code, ErrorCode::invalid);
  EXPECT_THAT(refused("yes").message, HasSubstr("prints more than 65536 bytes"));
}

TEST_F(SecretProgramTest, SaysHowItFailedAndWhatToDo) {
  const auto error = refused("echo 'first line' >&2; echo '* permission denied' >&2; exit 2");
  EXPECT_EQ(error.code, ErrorCode::unavailable);  // whoever it asks may be back in a moment
  EXPECT_EQ(error.message, "fromExec " + (folder_ / "helper").string() +
                               " failed with exit status 2 (* permission denied); run it by hand, as the user that "
                               "teald runs as, to see why");
  EXPECT_THAT(refused("kill -9 $$").message, HasSubstr("failed with exit status 137"));
}

TEST_F(SecretProgramTest, ShowsNoSecretThatAFailingOneQuotes) {
  ::setenv("TEAL_TEST_VAULT_TOKEN", "hvs-planted", 1);  // which it may know from elsewhere
  environment_.emplace_back("TEAL_TEST_VAULT_TOKEN", masking::Secret{"hvs-planted"});
  EXPECT_THAT(refused("echo hunter2xyz; echo 'cannot use hunter2xyz' >&2; exit 1").message,
              AllOf(HasSubstr("(cannot use ***)"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(refused("echo \"token $TEAL_TEST_VAULT_TOKEN is bad\" >&2; exit 1").message,
              HasSubstr("(token *** is bad)"));
  EXPECT_THAT(refused("echo 'bad key AKIA1234567890ABCDEF, sorry' >&2; exit 1").message,
              HasSubstr("(bad key ***, sorry)"));
  EXPECT_THAT(refused("echo 'postgres://app:hunter2@db/x refused' >&2; exit 1").message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(refused("printf 'a\\033[2Jb' >&2; exit 1").message, HasSubstr("(a?[2Jb)"));
  ::unsetenv("TEAL_TEST_VAULT_TOKEN");
}

TEST_F(SecretProgramTest, QuotesNoneOfItsArguments) {
  const auto script = helper("echo \"cannot open $1 with pin $2: denied\" >&2; exit 3");
  secrets::SecretProgram program;
  program.command = {script, "prod-path", "1234"};
  const auto failed = secrets::read_secret_program(program);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("(cannot open *** with pin ***: denied)"));
}

TEST_F(SecretProgramTest, KillsOneThatHangsWithAllThatItStarted) {
  const auto begin = std::chrono::steady_clock::now();
  const auto error = refused("sleep 60 & echo hunter2; wait", 300ms);
  EXPECT_EQ(error.code, ErrorCode::timed_out);
  EXPECT_THAT(error.message, AllOf(HasSubstr("did not end within 300ms, it was killed"), HasSubstr("run it by hand")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(SecretProgramTest, EndsAtOnceWhenTealdStops) {
  auto stopping = std::make_shared<std::atomic<bool>>(false);
  secrets::SecretProgram program{{"/bin/sleep", "60"}, 60s, stopping};
  std::thread stop{[stopping] {
    std::this_thread::sleep_for(100ms);
    stopping->store(true);
  }};
  const auto begin = std::chrono::steady_clock::now();
  const auto value = secrets::read_secret_program(program);
  stop.join();
  ASSERT_TRUE(value.has_error());
  EXPECT_EQ(value.error().code, ErrorCode::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(SecretProgramTest, IsNotRunWhenOthersCouldChangeIt) {
  const auto path = helper("touch \"$0.was-run\"; echo x");
  ASSERT_EQ(::chmod(path.c_str(), 0777), 0);
  const auto refusal = secrets::read_secret_program({{path}, 20s, nullptr, environment_, unspoken_});
  ASSERT_TRUE(refusal.has_error());
  EXPECT_EQ(refusal.error().code, ErrorCode::denied);
  EXPECT_THAT(refusal.error().message, AllOf(HasSubstr(path), HasSubstr("0777"), HasSubstr("chmod")));
  EXPECT_FALSE(fs::exists(path + ".was-run"));
  EXPECT_TRUE(secrets::read_secret_program({{"/bin/sh", path}, 20s, nullptr, environment_, unspoken_}).has_error())
      << "as a shell's script";
  EXPECT_FALSE(fs::exists(path + ".was-run"));
  ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
  EXPECT_TRUE(
      secrets::read_secret_program({{"/bin/sh", path, "/no/such/file"}, 20s, nullptr, environment_, unspoken_}));
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_TRUE(secrets::read_secret_program({{path}, 20s, nullptr, environment_, unspoken_}).has_error())
      << "in a folder in which anybody can put another in its place";
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
}

TEST_F(SecretProgramTest, NamesOneThatIsMissingOrMayNotBeRun) {
  secrets::SecretProgram missing{{"teal-no-such-helper"}, 1s, nullptr};
  EXPECT_EQ(secrets::read_secret_program(missing).error().code, ErrorCode::not_found);
  EXPECT_THAT(secrets::read_secret_program(missing).error().message,
              AllOf(HasSubstr("fromExec: teal-no-such-helper cannot be run: No such file"), HasSubstr("install it")));
  secrets::SecretProgram closed{{helper("true")}, 1s, nullptr};
  ::chmod(closed.command[0].c_str(), 0600);
  EXPECT_EQ(secrets::read_secret_program(closed).error().code, ErrorCode::denied);
  EXPECT_THAT(secrets::read_secret_program(closed).error().message, HasSubstr("make it executable"));
}

}  // namespace
}  // namespace teal::test

// teal token: what it prints, what stands in the file afterwards, and that nothing gets lost.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <future>

#include "cli/expiry.hpp"
#include "cli/tokens_edit.hpp"
#include "daemon/runtime/descriptor.hpp"
#include "manifests/foundation/parse_time.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using access::Role;
using access::Token;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAreArray;
namespace fs = std::filesystem;

class TokenVerb : public testing::Test {
 protected:
  Outcome token(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "token");
    arguments.insert(arguments.end(), {"--file", path_});
    return run_teal(arguments);
  }
  std::vector<Token> tokens() const {
    const auto read = access::read_tokens_file(path_);
    EXPECT_TRUE(read) << read.error().message;
    return read ? *read : std::vector<Token>{};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& one : tokens()) found.push_back(one.name);
    return found;
  }
  std::string text() const { return test::Certificates::text(path_); }
  struct ::stat status() const {
    struct ::stat found{};
    EXPECT_EQ(::stat(path_.c_str(), &found), 0);
    return found;
  }

  Folder folder_;
  std::string path_ = folder_.path() + "/tokens.yaml";
};

TEST_F(TokenVerb, CreatePrintsTheTokenAloneAndKeepsItsHash) {
  const auto got =
      token({"create", "ci", "--role", "operator", "--applications", "shop,generator-*", "--expires", "90d"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(got.out, MatchesRegex("teal_[0-9a-f]{64}\n"));
  const auto secret = got.out.substr(0, got.out.size() - 1);
  EXPECT_THAT(got.err, AllOf(HasSubstr("ci: operator of shop, generator-*"), Not(HasSubstr("teal_"))));
  const auto found = tokens();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "ci");
  EXPECT_EQ(found[0].role, Role::Operator);
  EXPECT_EQ(found[0].sha256, access::token_digest(secret));
  EXPECT_THAT(found[0].applications, ElementsAre("shop", "generator-*"));
  const auto left = *found[0].expires - std::chrono::system_clock::now();
  EXPECT_GT(left, std::chrono::days{90} - std::chrono::minutes{2});
  EXPECT_LE(left, std::chrono::days{90});
  EXPECT_EQ(status().st_mode & 07777U, 0600U);
  EXPECT_THAT(text(), Not(HasSubstr(secret)));
}

TEST_F(TokenVerb, CreateMakesAnotherTokenEachTime) {
  const auto one = token({"create", "one", "--role", "viewer"});
  const auto two = token({"create", "two", "--role", "admin"});
  EXPECT_NE(one.out, two.out);
  EXPECT_THAT(names(), ElementsAre("one", "two"));
  EXPECT_FALSE(tokens()[1].expires);
  EXPECT_THAT(tokens()[1].applications, IsEmpty());
}

TEST_F(TokenVerb, CreateRefusesANameThatIsTaken) {
  ASSERT_EQ(token({"create", "ci", "--role", "viewer"}).status, 0);
  const auto before = text();
  const auto got = token({"create", "ci", "--role", "admin"});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.out, IsEmpty());
  EXPECT_THAT(got.err, HasSubstr("teal token revoke ci"));
  EXPECT_EQ(text(), before);
}

TEST_F(TokenVerb, CreateRefusesNamesThatTheAuditHasForOthers) {
  for (const std::string name : {"root", "Root", "anonymous", "daemon"}) {
    const auto got = token({"create", name, "--role", "viewer"});
    EXPECT_EQ(got.status, 2) << name;
    EXPECT_THAT(got.err, AllOf(HasSubstr("no token may be called " + name), HasSubstr("audit")));
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(TokenVerb, SaysWhereAndWhatToDo) {
  EXPECT_THAT(token({"list"}).err,
              HasSubstr(path_ + ": cannot be read: No such file or directory; `teal token create` makes it"));
  EXPECT_THAT(token({"revoke", "ci"}).err, HasSubstr("`teal token create` makes it"));
  EXPECT_THAT(token({"create", "ci", "--role", "boss"}).err,
              HasSubstr("unknown role boss: use viewer, operator or admin"));
  ASSERT_EQ(token({"create", "build", "--role", "viewer"}).status, 0);
  EXPECT_THAT(token({"create", "build", "--role", "viewer"}).err, HasSubstr("teal token revoke build --file " + path_));
  EXPECT_THAT(token({"revoke", "biuld"}).err, HasSubstr("there is no token biuld; did you mean build?"));
  path_ = folder_.path() + "/none/tokens.yaml";
  EXPECT_THAT(token({"create", "ci", "--role", "viewer"}).err,
              HasSubstr(folder_.path() + "/none cannot be opened: No such file or directory: make it first"));
}

TEST_F(TokenVerb, BadUsageChangesNothing) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"create"},
                                             {"create", "ci"},
                                             {"create", "ci", "--role", "root"},
                                             {"create", "ci", "--role", "nobody"},
                                             {"create", "-ci", "--role", "viewer"},
                                             {"create", "a b", "--role", "viewer"},
                                             {"create", "a\nb", "--role", "viewer"},
                                             {"create", "ci", "--role", "viewer", "--expires", "soon"},
                                             {"create", "ci", "--role", "viewer", "--expires", "0d"},
                                             {"create", "ci", "--role", "viewer", "--expires", "-1d"},
                                             {"create", "ci", "--role", "viewer", "--expires", ""},
                                             {"create", "ci", "--role", "viewer", "--expires", "2020-01-01T00:00:00Z"},
                                             {"create", "ci", "--role", "viewer", "--applications", "Shop"},
                                             {"create", "ci", "--role", "viewer", "--applications", ""},
                                             {"revoke"},
                                             {"remove", "ci"}}) {
    const auto got = token(arguments);
    EXPECT_EQ(got.status, 2) << testing::PrintToString(arguments) << got.err;
    EXPECT_THAT(got.out, IsEmpty());
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(TokenVerb, ListShowsEachWithItsStateAndNeverAHash) {
  const Token old{"old", Role::Viewer, std::string(64, 'a'), {"shop"}, parse_time("2020-01-02T03:04:05Z").value()};
  const Token ops{"ops", Role::Admin, std::string(64, 'b'), {}, std::nullopt};
  ASSERT_TRUE(edit_tokens(path_, true, [&](std::vector<Token>& all) -> Result<void> {
    all = {old, ops};
    return {};
  }));
  const auto got = token({"list"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(got.out, AllOf(StartsWith("NAME   ROLE     APPLICATIONS   EXPIRES                    STATE\n"),
                             HasSubstr("old    viewer   shop           2020-01-02T03:04:05.000Z   expired\n"),
                             HasSubstr("ops    admin    all            never                      active\n")));
  const auto document = boost::json::parse(token({"list", "-o", "json"}).out);
  EXPECT_EQ(document, boost::json::parse(R"({"apiVersion": "teal/v1", "kind": "TokenList", "items": [
    {"name": "old", "role": "viewer", "applications": ["shop"], "expires": "2020-01-02T03:04:05.000Z", "state": "expired"},
    {"name": "ops", "role": "admin", "state": "active"}]})"));
  for (const std::string format : {"table", "wide", "json", "yaml"}) {
    EXPECT_THAT(token({"list", "-o", format}).out, Not(HasSubstr("aaaa"))) << format;
  }
}

TEST_F(TokenVerb, RevokeTakesOneOutAndKnowsTheOthers) {
  for (const std::string name : {"one", "two", "three"})
    ASSERT_EQ(token({"create", name, "--role", "viewer"}).status, 0);
  EXPECT_EQ(token({"revoke", "two"}).status, 0);
  EXPECT_THAT(names(), ElementsAre("one", "three"));
  const auto again = token({"revoke", "two"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("there is no token two"));
  EXPECT_EQ(token({"revoke", "one"}).status, 0);
  EXPECT_EQ(token({"revoke", "three"}).status, 0);
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(token({"create", "two", "--role", "viewer"}).status, 0);
}

TEST_F(TokenVerb, WithoutAFileOnlyCreateMakesOne) {
  EXPECT_EQ(token({"list"}).status, 1);
  EXPECT_EQ(token({"revoke", "ci"}).status, 1);
  EXPECT_FALSE(fs::exists(path_));
  path_ = folder_.path() + "/none/tokens.yaml";
  EXPECT_EQ(token({"create", "ci", "--role", "viewer"}).status, 1);
}

TEST_F(TokenVerb, LeavesAFileAloneThatItCannotRead) {
  ASSERT_EQ(folder_.write("tokens.yaml", "apiVersion: teal/v1\nkind: Tokens\ntokenz: []\n"), path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  const auto before = text();
  const auto got = token({"create", "ci", "--role", "viewer"});
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.err, HasSubstr(path_ + ":3:1: tokenz"));
  EXPECT_EQ(token({"revoke", "ci"}).status, 2);
  EXPECT_EQ(text(), before);
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  EXPECT_THAT(token({"create", "ci", "--role", "viewer"}).err, HasSubstr("chmod 600"));
}

TEST_F(TokenVerb, SaysThatCommentsAreGone) {
  ASSERT_EQ(folder_.write("tokens.yaml", "# ours\napiVersion: teal/v1\nkind: Tokens\ntokens: []\n"), path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_THAT(token({"create", "ci", "--role", "viewer"}).err, HasSubstr("comments"));
  EXPECT_THAT(token({"create", "cd", "--role", "viewer"}).err, Not(HasSubstr("comments")));
}

TEST_F(TokenVerb, WritesThroughALinkAndKeepsTheOwner) {
  const auto real = folder_.path() + "/real.yaml";
  fs::create_symlink("real.yaml", path_);
  ASSERT_EQ(token({"create", "one", "--role", "viewer"}).status, 0);
  ASSERT_TRUE(fs::is_symlink(path_));
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::chown(real.c_str(), 12345, 23456), 0);
  }
  const auto got = token({"create", "two", "--role", "viewer"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_EQ(status().st_uid, is_root ? 12345U : ::geteuid());
  EXPECT_EQ(status().st_mode & 07777U, 0600U);
  EXPECT_EQ(std::distance(fs::directory_iterator{folder_.path()}, {}), 2) << "something was left behind";
}

TEST_F(TokenVerb, GivesANewFileToTheFoldersOwner) {
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::chown(folder_.path().c_str(), 12345, 23456), 0);
  }
  const auto got = token({"create", "ci", "--role", "viewer"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_EQ(status().st_uid, is_root ? 12345U : ::geteuid());
  EXPECT_THAT(got.err, HasSubstr("is new and belongs to"));
}

TEST_F(TokenVerb, LosesNothingWhenManyWriteAtOnce) {
  std::vector<std::future<int>> running;
  std::vector<std::string> expected;
  for (int i = 0; i < 12; ++i) {
    const auto name = "t" + std::to_string(i);
    expected.push_back(name);
    running.push_back(
        std::async(std::launch::async, [this, name] { return token({"create", name, "--role", "viewer"}).status; }));
  }
  for (auto& one : running) EXPECT_EQ(one.get(), 0);
  EXPECT_THAT(names(), UnorderedElementsAreArray(expected));
}

TEST_F(TokenVerb, WaitsForAnothersLockAndThenSaysSo) {
  const runtime::Descriptor folder{::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  ASSERT_EQ(::flock(folder.number(), LOCK_EX), 0);
  const auto edited =
      edit_tokens(path_, true, [](std::vector<Token>&) -> Result<void> { return {}; }, std::chrono::milliseconds{100});
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error().code, ErrorCode::unhealthy);
}

TEST(Expiry, IsADurationWithDaysOrAMomentThatIsNotPast) {
  const auto now = parse_time("2026-11-30T12:00:00.500Z").value();
  const auto at = [&](std::string_view text) {
    const auto time = parse_expiry(text, now);
    return time ? format_time(*time) : "refused";
  };
  EXPECT_EQ(at("90d"), "2027-02-28T12:00:00.000Z");
  EXPECT_EQ(at("1d12h"), "2026-12-02T00:00:00.000Z");
  EXPECT_EQ(at("720h"), "2026-12-30T12:00:00.000Z");
  EXPECT_EQ(at("2027-01-01T00:00:00+01:00"), "2026-12-31T23:00:00.000Z");
  for (const auto* wrong : {"", "d", "90", "90D", "1.5d", "12h1d", "-1d", "0d", "0s", "1ms", "2026-11-30T12:00:00Z",
                            "2026-11-30", "9999999d", "99999999999999999999d", "9999-12-31T00:00:00Z"}) {
    EXPECT_EQ(at(wrong), "refused") << wrong;
  }
}

}  // namespace
}  // namespace teal::cli

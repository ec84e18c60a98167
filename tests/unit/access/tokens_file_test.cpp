// The tokens file: what is read, what is refused and where, and that what is written is read as the same.
#include "daemon/access/tokens_file.hpp"
#include "manifests/foundation/parse_time.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace teal::access {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string some_digest(64, 'a');
const std::string other_digest(64, '1');  // to YAML a number

std::string document(const std::string& tokens) { return "apiVersion: teal/v1\nkind: Tokens\ntokens:\n" + tokens; }

std::string complaint(const std::string& text) {
  const auto parsed = parse_tokens(text, "tokens.yaml");
  if (parsed) return "";
  EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
  return parsed.error().message;
}

TEST(TokensFile, ReadsWhatTheContractShows) {
  const auto parsed = parse_tokens(
      document("  - {name: ci.build_1, role: operator, sha256: " + some_digest +
               ", applications: [shop, \"generator-*\"], expires: 2027-01-01T00:00:00Z}\n  - {name: ops, role: admin, "
               "sha256: " +
               other_digest + "}\n"),
      "tokens.yaml");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_THAT(*parsed, ElementsAre(Token{"ci.build_1",
                                         Role::Operator,
                                         some_digest,
                                         {"shop", "generator-*"},
                                         parse_time("2027-01-01T00:00:00Z").value()},
                                   Token{"ops", Role::Admin, other_digest, {}, std::nullopt}));
  const auto none = parse_tokens("apiVersion: teal/v1\nkind: Tokens\ntokens: []\n", "tokens.yaml");
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_THAT(*none, IsEmpty());
}

TEST(TokensFile, RefusesNamesThatTheAuditHasForOthers) {
  for (const std::string name : {"root", "ROOT", "anonymous", "Anonymous"}) {
    EXPECT_THAT(complaint(document("  - {name: " + name + ", role: viewer, sha256: " + some_digest + "}\n")),
                AllOf(StartsWith("tokens.yaml:4:6: tokens[0].name: no token may be called"), HasSubstr(name)));
  }
  EXPECT_EQ(complaint(document("  - {name: rooty, role: viewer, sha256: " + some_digest + "}\n")), "");
}

TEST(TokensFile, ShowsNothingOfAFileThatIsAnother) {
  for (const std::string text :
       {"root:$6$planted:19000:0:99999:7:::\n", "planted: x\n", "apiVersion: v1\nkind: planted\nplanted: planted\n"}) {
    EXPECT_THAT(complaint(text), AllOf(HasSubstr("tokens.yaml:"), Not(HasSubstr("planted")))) << text;
  }
}

TEST(TokensFile, NamesThePlaceAndThePathOfWhatIsWrong) {
  const std::string rest = ", sha256: " + some_digest + "}\n";
  EXPECT_THAT(complaint(document("  - {name: a, role: viewer, roles: x" + rest)),
              AllOf(StartsWith("tokens.yaml:4:29: tokens[0].roles: unknown key"), HasSubstr("role?")));
  EXPECT_THAT(complaint(document("  - {name: a, role: opperator" + rest)),
              AllOf(StartsWith("tokens.yaml:4:15: tokens[0].role:"), HasSubstr("did you mean operator?")));
  EXPECT_THAT(complaint(document("  - {name: a, role: nobody" + rest)), HasSubstr("viewer, operator, admin"));
  EXPECT_THAT(complaint(document("  - {role: viewer" + rest)), HasSubstr("the key name is required"));
  EXPECT_THAT(complaint(document("  - {name: a" + rest)), HasSubstr("the key role is required"));
  EXPECT_THAT(complaint(document("  - {name: a, role: viewer}\n")), HasSubstr("the key sha256 is required"));
  EXPECT_THAT(complaint(document("  - \n")),
              StartsWith("tokens.yaml:4:3: tokens[0]: expected a mapping (key: value), found nothing"));
  EXPECT_THAT(complaint("apiVersion: teal/v1\nkind: Tokens\n"), HasSubstr("the key tokens is required"));
  EXPECT_THAT(complaint("apiVersion: teal/v1\nkind: Tokens\ntokens: {}\n"), HasSubstr("expected a list"));
  EXPECT_THAT(complaint("apiVersion: teal/v1\nkind: Token\ntokens: []\n"), HasSubstr("Tokens"));
  EXPECT_THAT(complaint(""), HasSubstr("the file is empty"));
  for (const std::string name : {"\"\"", "-a", ".a", "\"a b\"", "\"a/b\"", "ü", "\"a\\nb\"", "true"}) {
    EXPECT_THAT(complaint(document("  - {name: " + name + ", role: viewer" + rest)), HasSubstr("tokens[0].name: "))
        << name;
  }
  EXPECT_THAT(complaint(document("  - {name: " + std::string(64, 'a') + ", role: viewer" + rest)), HasSubstr("63"));
  for (const std::string expires : {"tomorrow", "2027-02-30T00:00:00Z", "[]", "90d"}) {
    EXPECT_THAT(complaint(document("  - {name: a, role: viewer, expires: " + expires + rest)),
                HasSubstr("tokens[0].expires: "))
        << expires;
  }
}

TEST(TokensFile, NeverShowsWhatStandsInThePlaceOfTheHash) {
  for (const std::string& wrong : {std::string{"teal_0123456789abcdef"}, std::string(64, 'A'), std::string(63, 'a'),
                                   std::string(65, 'a'), "\"sha256:" + some_digest + "\""}) {
    EXPECT_THAT(complaint(document("  - {name: a, role: viewer, sha256: " + wrong + "}\n")),
                AllOf(HasSubstr("tokens[0].sha256: expected the SHA-256"), Not(HasSubstr(wrong))))
        << wrong;
  }
}

TEST(TokensFile, RefusesTwoOfOneNameAndTwoOfOneToken) {
  const auto two = [](const std::string& name, const std::string& digest) {
    return complaint(document("  - {name: a, role: viewer, sha256: " + some_digest + "}\n  - {name: " + name +
                              ", role: admin, sha256: " + digest + "}\n"));
  };
  EXPECT_EQ(two("b", other_digest), "");
  EXPECT_THAT(two("a", other_digest), AllOf(StartsWith("tokens.yaml:5:6: tokens[1].name: "), HasSubstr("line 4")));
  EXPECT_THAT(two("b", some_digest),
              AllOf(StartsWith("tokens.yaml:5:"), HasSubstr("tokens[1].sha256: the same token")));
}

TEST(TokensFile, RefusesPatternsThatFitNothingAndAListThatSaysNone) {
  const auto with = [](const std::string& applications) {
    return complaint(
        document("  - {name: a, role: viewer, sha256: " + some_digest + ", applications: " + applications + "}\n"));
  };
  EXPECT_EQ(with("[shop, \"*\", a-*-b]"), "");
  EXPECT_THAT(with("[shop, Shop]"), HasSubstr("tokens[0].applications[1]: \"Shop\" fits no application"));
  EXPECT_THAT(with("[\"\"]"), HasSubstr("tokens[0].applications[0]"));
  EXPECT_THAT(with("[\"a.b\"]"), HasSubstr("fits no application"));
  EXPECT_THAT(with("[]"), HasSubstr("at least one"));
  EXPECT_THAT(with(""), HasSubstr("tokens[0].applications"));
  EXPECT_THAT(with("shop"), HasSubstr("expected a list"));
}

TEST(TokensFile, WritesWhatItReadsAsTheSame) {
  const auto expires = parse_time("2027-01-01T10:20:30.5+02:00").value();
  const std::vector<Token> tokens{
      {"ci", Role::Operator, some_digest, {"shop", "generator-*", "*", "123", "-", "true"}, expires},
      {"true", Role::Viewer, other_digest, {}, std::nullopt},
      {"1e5", Role::Admin, "1e" + std::string(62, '0'), {"a"}, parse_time("2027-01-01T00:00:00Z").value()}};
  const auto text = write_tokens(tokens);
  const auto parsed = parse_tokens(text, "tokens.yaml");
  ASSERT_TRUE(parsed) << parsed.error().message << "\n" << text;
  EXPECT_EQ(*parsed, tokens);
  EXPECT_THAT(text, AllOf(StartsWith("apiVersion: teal/v1\nkind: Tokens\ntokens:\n  - name: ci\n    role: operator\n"),
                          HasSubstr("expires: \"2027-01-01T00:00:00Z\"\n")));
  const auto none = parse_tokens(write_tokens({}), "tokens.yaml");
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_THAT(*none, IsEmpty());
}

TEST(TokensFile, HoldsTokensByTheThousand) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < 10'000; ++i) {
    auto name = "token-" + std::to_string(i);
    auto digest = token_digest(name);
    tokens.push_back({std::move(name), Role::Operator, std::move(digest), {"shop", "generator-*"}, Time{}});
  }
  const auto parsed = parse_tokens(write_tokens(tokens), "tokens.yaml");
  ASSERT_TRUE(parsed) << parsed.error().message.substr(0, 300);
  EXPECT_EQ(*parsed, tokens);
  EXPECT_THAT(complaint(std::string(largest_tokens_file + 1, '#')), HasSubstr("at most"));
}

TEST(TokensFile, DigestsTheTokenAsItIs) {
  EXPECT_EQ(token_digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

class TokensOnDisk : public testing::Test {
 protected:
  TokensOnDisk() {
    std::string pattern = (std::filesystem::temp_directory_path() / "teal-tokens-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/tokens.yaml";
  }
  ~TokensOnDisk() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text, unsigned mode = 0600) {
    std::ofstream{path_} << text;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }
  Error refusal(TokensOwner owner = TokensOwner::RootOrUs) {
    const auto read = read_tokens_file(path_, owner);
    return read ? Error{ErrorCode::internal, "it was read"} : read.error();
  }

  std::string folder_;
  std::string path_;
};

TEST_F(TokensOnDisk, AreReadAlsoThroughALink) {
  write(write_tokens({{"ci", Role::Viewer, some_digest, {}, std::nullopt}}));
  std::filesystem::create_symlink(path_, folder_ + "/link");
  const auto read = read_tokens_file(folder_ + "/link");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->front().name, "ci");
}

TEST_F(TokensOnDisk, AreRefusedWhenOthersHaveRightsWithTheCommandThatMendsIt) {
  for (const unsigned mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0666U}) {
    write(write_tokens({}), mode);
    EXPECT_EQ(refusal().code, ErrorCode::denied) << mode;
    EXPECT_THAT(refusal().message, HasSubstr("chmod 600 " + path_)) << mode;
  }
  for (const unsigned mode : {0600U, 0400U}) {
    write(write_tokens({}), mode);
    EXPECT_TRUE(read_tokens_file(path_)) << mode;
    ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  }
}

TEST_F(TokensOnDisk, AreRefusedWhenTheyBelongToSomebodyElse) {
  write(write_tokens({}));
  // Only root can give a file away; to whoever else runs this, root's own files are the strangers that may be.
  if (::chown(path_.c_str(), 65534, 65534) != 0) {
    EXPECT_NE(::geteuid(), 0U);
    return;
  }
  EXPECT_EQ(refusal().code, ErrorCode::denied);
  EXPECT_THAT(refusal().message, AllOf(HasSubstr("65534"), HasSubstr("chown ")));
  EXPECT_TRUE(read_tokens_file(path_, TokensOwner::Anyone));
}

TEST_F(TokensOnDisk, AreRefusedWhereOthersCouldPutOthersInTheirPlace) {
  write(write_tokens({}));
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_EQ(refusal().code, ErrorCode::denied);
  EXPECT_THAT(refusal().message, AllOf(StartsWith(path_), HasSubstr("chmod")));
  EXPECT_TRUE(read_tokens_file(path_, TokensOwner::Anyone));
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  EXPECT_TRUE(read_tokens_file(path_));
}

TEST_F(TokensOnDisk, AreRefusedWhenTheyAreNoFileOrMissingOrTooLarge) {
  EXPECT_EQ(refusal().code, ErrorCode::not_found);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(refusal().code, ErrorCode::invalid);
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_EQ(refusal().code, ErrorCode::invalid);
  std::filesystem::remove(path_);
  write(std::string(largest_tokens_file + 1, ' '));
  EXPECT_EQ(refusal().code, ErrorCode::invalid);
  EXPECT_THAT(refusal().message, HasSubstr("larger"));
}

}  // namespace
}  // namespace teal::access

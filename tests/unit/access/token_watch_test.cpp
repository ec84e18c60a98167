#include "daemon/access/token_watch.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/await.hpp"

namespace teal::access {
namespace {

using testing::HasSubstr;

class TokenWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "teal-tokens-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/tokens.yaml";
    watch_ =
        std::make_unique<TokenWatch>(path_, pool_, tokens_, [this](bool good, std::string sentence, std::string patch) {
          good_ = good;
          patch_ = std::move(patch);
          said_.push_back(std::move(sentence));
        });
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text, std::filesystem::perms mode = std::filesystem::perms{0600}) {
    std::ofstream{path_ + ".new"} << text;
    std::filesystem::permissions(path_ + ".new", mode);
    std::filesystem::rename(path_ + ".new", path_);
  }
  void look() {
    test::await(loop_, [](TokenWatch& watch) -> boost::asio::awaitable<int> {
      co_await watch.look();
      co_return 0;
    }(*watch_));
  }
  [[nodiscard]] bool knows(const std::string& text) const { return tokens_.find(text, now_) != nullptr; }

  boost::asio::io_context loop_;
  runtime::BlockingPool pool_{1};
  Tokens tokens_;
  std::string folder_;
  std::string path_;
  std::unique_ptr<TokenWatch> watch_;
  std::vector<std::string> said_;
  bool good_ = false;
  std::string patch_;
  Time now_{Duration{1700000000000}};
};

std::string file_with(const std::vector<std::string>& texts) {
  std::vector<Token> tokens;
  for (const auto& text : texts) tokens.push_back({text, Role::Viewer, token_digest(text), {}, {}});
  return write_tokens(tokens);
}

TEST_F(TokenWatchTest, TakesOverWhatTheFileSaysNow) {
  write(file_with({"one", "two"}));
  look();
  EXPECT_TRUE(knows("one"));
  EXPECT_FALSE(knows("three"));
  write(file_with({"two", "three"}));
  look();
  EXPECT_FALSE(knows("one")) << "it was revoked";
  EXPECT_TRUE(knows("three"));
  look();
  EXPECT_EQ(said_.size(), 2U) << "what has not changed is not read again";
}

TEST_F(TokenWatchTest, KeepsTheLastGoodOnesAndSaysSo) {
  write(file_with({"one"}));
  look();
  for (const auto& [text, mode] : std::vector<std::pair<std::string, int>>{
           {"tokens: [", 0600}, {file_with({"two"}), 0644}, {file_with({"two"}), 0660}, {"kind: Tokens\n", 0600}}) {
    write(text, std::filesystem::perms{static_cast<unsigned>(mode)});
    look();
    EXPECT_FALSE(good_);
    EXPECT_THAT(said_.back(), HasSubstr(path_));
    EXPECT_THAT(said_.back(), HasSubstr("stay in force"));
    EXPECT_TRUE(knows("one"));
    EXPECT_FALSE(knows("two"));
  }
  std::filesystem::remove(path_);
  look();
  EXPECT_TRUE(knows("one"));
  write(file_with({"two"}));
  look();
  EXPECT_TRUE(good_);
  EXPECT_TRUE(knows("two"));
}

TEST_F(TokenWatchTest, ARevocationIsNotLostWhereAnotherThingThanTheFileWasMended) {
  write(file_with({"one", "two"}));
  look();
  std::filesystem::permissions(folder_, std::filesystem::perms{0777});
  write(file_with({"two"}));
  look();
  look();
  EXPECT_TRUE(knows("one")) << "others could have put it there";
  EXPECT_EQ(said_.size(), 2U) << "said once";
  std::filesystem::permissions(folder_, std::filesystem::perms{0700});
  look();
  EXPECT_TRUE(good_);
  EXPECT_FALSE(knows("one"));
}

TEST_F(TokenWatchTest, TellsWhoGainedAndWhoLostWhat) {
  write(file_with({"ann", "bob"}));
  look();
  EXPECT_EQ(patch_, "") << "nobody has changed anything yet";
  write(write_tokens(
      {{"ann", Role::Admin, token_digest("ann"), {"shop"}, {}}, {"eve", Role::Viewer, token_digest("eve"), {}, {}}}));
  look();
  EXPECT_EQ(patch_, R"([{"op":"remove","path":"/tokens/bob"},)"
                    R"({"op":"replace","path":"/tokens/ann","value":{"role":"admin","applications":["shop"]}},)"
                    R"({"op":"add","path":"/tokens/eve","value":{"role":"viewer"}}])");
}

TEST_F(TokenWatchTest, ATokenThatExpiresIsNoLongerGoodFromThenOn) {
  tokens_.replace({{"ci", Role::Viewer, token_digest("x"), {}, now_ + Duration{1}}});
  EXPECT_TRUE(knows("x"));
  now_ += Duration{1};
  EXPECT_FALSE(knows("x"));
}

}  // namespace
}  // namespace teal::access

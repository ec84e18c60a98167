#include "daemon/fingerprints.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

masking::SecretEnvironment environment(std::initializer_list<std::pair<const char*, const char*>> values) {
  masking::SecretEnvironment all;
  for (const auto& [name, value] : values) all.emplace_back(name, masking::Secret{value});
  return all;
}

TEST(Fingerprints, SayWhetherAValueIsTheSameInOnePlace) {
  const daemon::Fingerprints ours{masking::Secret{"key"}};
  EXPECT_EQ(ours.of("a", masking::Secret{"hunter2"}), ours.of("a", masking::Secret{"hunter2"}));
  EXPECT_NE(ours.of("a", masking::Secret{"hunter2"}), ours.of("a", masking::Secret{"hunter3"}));
  EXPECT_NE(ours.of("a", masking::Secret{"hunter2"}), ours.of("b", masking::Secret{"hunter2"}));
  EXPECT_THAT(ours.of("a", masking::Secret{"hunter2"}), MatchesRegex("[0-9a-f]{8}:[0-9a-f]{32}"));
}

TEST(Fingerprints, OfAnotherKeyAreOtherOnesAndShowIt) {
  const daemon::Fingerprints ours{masking::Secret{"key"}};
  const daemon::Fingerprints others{masking::Secret{"another"}};
  const auto one = ours.of("a", masking::Secret{"x"});
  const auto two = others.of("a", masking::Secret{"x"});
  EXPECT_NE(one.substr(0, 8), two.substr(0, 8));
  EXPECT_NE(one.substr(9), two.substr(9));
  EXPECT_EQ(one.substr(0, 8), ours.of("b", masking::Secret{"y"}).substr(0, 8));
}

TEST(Fingerprints, OfAnEnvFileKeepNamesAndValuesApart) {
  const daemon::Fingerprints ours{masking::Secret{"key"}};
  const auto one = ours.of("f", environment({{"A", "1"}, {"B", "2"}}));
  EXPECT_EQ(one, ours.of("f", environment({{"A", "1"}, {"B", "2"}})));
  EXPECT_NE(one, ours.of("f", environment({{"A", "1\nB=1:2"}})));
  EXPECT_NE(one, ours.of("f", environment({{"A", "2"}, {"B", "1"}})));
}

TEST(FingerprintKey, IsMadeOnceAndForItsOwnerOnly) {
  auto pattern = (fs::temp_directory_path() / "teal-key-XXXXXX").string();
  const fs::path folder = ::mkdtemp(pattern.data());
  const auto path = (folder / "teal.db.key").string();
  const auto made = daemon::read_or_make_key(path);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->reveal().size(), 64U);
  struct ::stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(daemon::read_or_make_key(path)->reveal(), made->reveal());
  EXPECT_EQ(std::distance(fs::directory_iterator{folder}, {}), 1);

  std::ofstream{path} << "hunter2";
  EXPECT_EQ(daemon::read_or_make_key(path).error().code, ErrorCode::invalid);
  EXPECT_THAT(daemon::read_or_make_key(path).error().message, Not(HasSubstr("hunter2")));
  ::chmod(path.c_str(), 0644);
  EXPECT_THAT(daemon::read_or_make_key(path).error().message, HasSubstr("mode 0644"));
  EXPECT_EQ(daemon::read_or_make_key((folder / "no/such").string()).error().code, ErrorCode::unavailable);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace teal::test

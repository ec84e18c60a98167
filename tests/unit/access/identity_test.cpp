#include "daemon/access/identity.hpp"

#include <gtest/gtest.h>

namespace teal::access {
namespace {

bool sees(std::string pattern, std::string_view application) {
  return Identity{Role::Viewer, "ci", "token", {"other", std::move(pattern)}}.sees(application);
}

TEST(Identity, SeesWhatItsPatternsFit) {
  for (const auto* pattern : {"shop", "*", "s*", "*p", "*ho*", "sh**op", "s*o*p"})
    EXPECT_TRUE(sees(pattern, "shop")) << pattern;
  for (const auto* pattern : {"shops", "sho", "hop", "*s", "p*", "s*s", "", "*-*"})
    EXPECT_FALSE(sees(pattern, "shop")) << pattern;
  EXPECT_TRUE(Identity{}.sees("shop"));
}

TEST(Identity, IsNotLongInDoubt) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "*a";
  EXPECT_FALSE(sees(pattern + "*b", std::string(63, 'a')));
}

}  // namespace
}  // namespace teal::access

// What may be asked of which release of HAProxy.
#include "daemon/drivers/load_balancers/haproxy/releases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace teal::test {
namespace {

using haproxy::Release;
using testing::HasSubstr;

std::optional<Release> release(const std::string& version) {
  return haproxy::release_of("Name: HAProxy\nVersion: " + version + "\nPid: 7\n");
}

TEST(HaproxyReleases, AreReadFromItsOwnWords) {
  EXPECT_EQ(release("2.6.12-1+deb12u4"), (Release{2, 6, 12}));
  EXPECT_EQ(release("3.2.26"), (Release{3, 2, 26}));
  EXPECT_EQ(release("3.5-dev5-50872d"), std::nullopt);
  EXPECT_EQ(release("2"), std::nullopt);
  EXPECT_EQ(haproxy::release_of("Unknown command"), std::nullopt);
}

TEST(HaproxyReleases, DeleteServersOnlyWhereEveryRepairIsKnownToBe) {
  for (const auto* sound : {"3.2.22", "3.2.26-1", "3.4.4", "3.5.0", "3.6.1", "4.0.0"}) {
    EXPECT_TRUE(haproxy::deletes_safely(release(sound))) << sound;
  }
  for (const auto* unsound :
       {"2.4.0", "2.6.12", "2.6.99", "2.8.18", "3.0.11", "3.2.21", "3.3.9", "3.4.3", "3.5-dev3"}) {
    EXPECT_FALSE(haproxy::deletes_safely(release(unsound))) << unsound;
  }
}

TEST(HaproxyReleases, CutSessionsOnlyWhereThatIsRepaired) {
  EXPECT_TRUE(haproxy::cuts_safely(release("3.0.11")));
  EXPECT_TRUE(haproxy::cuts_safely(release("3.2.0")));
  EXPECT_FALSE(haproxy::cuts_safely(release("3.0.5")));
  EXPECT_FALSE(haproxy::cuts_safely(release("2.6.12")));
  EXPECT_FALSE(haproxy::cuts_safely(std::nullopt));
}

TEST(HaproxyReleases, AreToldToPeopleAsTheyStandThere) {
  EXPECT_EQ(haproxy::version_in("Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nRelease_date: 2023\n"), "2.6.12-1+deb12u4");
  EXPECT_EQ(haproxy::version_in("Unknown command\n"), "");
}

TEST(HaproxyReleases, SayWhatBecomesOfServers) {
  EXPECT_THAT(haproxy::describe(release("2.6.12-1+deb12u4")), HasSubstr("HAProxy 2.6.12; `del server` is not known"));
  EXPECT_THAT(haproxy::describe(release("3.2.26")), HasSubstr("HAProxy 3.2.26; servers of replicas that are gone are"));
  EXPECT_THAT(haproxy::describe(std::nullopt), HasSubstr("stay in maintenance"));
}

}  // namespace
}  // namespace teal::test

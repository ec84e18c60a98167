// What a refusal says to an identity that is limited to some applications.
#include "daemon/access/gate.hpp"

#include <gmock/gmock.h>

#include "daemon/wall_clock.hpp"

namespace teal::access {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LimitedIdentity : public testing::Test {
 protected:
  std::string refusal(const RequiredAccess& need, const std::string& application) {
    const auto denial = gate_.refuse(ci_, need, false, application);
    EXPECT_TRUE(denial);
    EXPECT_EQ(denial ? denial->status : 0, 403);
    return denial ? denial->message : "";
  }

  Tokens tokens_;
  daemon::WallClock clock_;
  Gate gate_{{}, tokens_, clock_};
  Identity ci_{Role::Operator, "ci", "token", {"shop", "generator-*"}};
};

TEST_F(LimitedIdentity, IsToldWhichApplicationsItHasAndWhichItLacks) {
  EXPECT_EQ(refusal({Role::Operator, Reach::Application}, "blog"),
            "ci is limited to the applications shop, generator-*, which do not include blog: the role operator for "
            "blog would do");
  EXPECT_EQ(refusal({Role::Viewer, Reach::Rollout}, "blog"),
            "ci is limited to the applications shop, generator-*, which do not include blog: the role viewer for blog "
            "would do");
  EXPECT_FALSE(gate_.refuse(ci_, {Role::Operator, Reach::Application}, false, "generator-2"));
}

TEST_F(LimitedIdentity, IsToldThatItsLimitIsWhatKeepsItFromAllOfThem) {
  EXPECT_THAT(refusal({Role::Viewer, Reach::Everything}, ""),
              AllOf(HasSubstr("limited to the applications shop, generator-*"),
                    HasSubstr("the role viewer without `applications`")));
}

TEST_F(LimitedIdentity, IsToldTheRoleWhereThatIsWhatItLacks) {
  EXPECT_THAT(refusal({Role::Admin, Reach::Application}, "blog"),
              AllOf(HasSubstr("it requires the role admin"), Not(HasSubstr("limited"))));
}

TEST_F(LimitedIdentity, SeesTheBeginningOfALongList) {
  ci_.applications.assign(300, "a");
  EXPECT_THAT(refusal({Role::Viewer, Reach::Application}, "blog"),
              HasSubstr("a, a, a, a, a, a, a, a, a, a and 290 more, which"));
}

}  // namespace
}  // namespace teal::access

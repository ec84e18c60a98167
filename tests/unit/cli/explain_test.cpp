// teal explain: reasons and keys, out of the texts that are in the program.
#include <gmock/gmock.h>

#include <set>

#include "cli/explanations.hpp"
#include "daemon/runtime/embedded.hpp"
#include "manifests/spec/reason.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Explain, AReasonSaysWhatItMeansAndWhatToDo) {
  const auto got = run_teal({"explain", "backendnotfound"});
  EXPECT_EQ(got.status, 0);
  EXPECT_THAT(got.out, AllOf(StartsWith("BackendNotFound\nMeans: "), HasSubstr("\nDo: "), Not(HasSubstr("###")),
                             Not(HasSubstr("BackendNotUsable"))));
}

// Phases and what merely happened need no explanation; whatever keeps a rollout or a database waiting does.
TEST(Explain, EverySectionIsOfAReasonThatThereIsAndSaysBoth) {
  const auto document = embedded::troubleshooting().first->second;
  const auto reasons = explained_reasons(document);
  EXPECT_GT(reasons.size(), 80U);
  EXPECT_EQ(std::set(reasons.begin(), reasons.end()).size(), reasons.size());
  for (const auto& reason : reasons) {
    EXPECT_NE(spec::Reason::named(reason).word(), spec::Reason::Unlisted) << reason;
    EXPECT_THAT(explained_reason(document, reason), AllOf(HasSubstr("\nMeans: "), HasSubstr("\nDo: "))) << reason;
  }
}

TEST(Explain, NoReasonToWaitOrToGiveUpIsLeftOut) {
  const auto document = embedded::troubleshooting().first->second;
  using enum spec::Reason::Word;
  const auto first = static_cast<int>(Analysing) + 1;
  const auto last = static_cast<int>(RollbackAsked);
  const std::set<int> calm{Deleting, Preflight, ReadingSecrets, UpgradeAllowed};  // they end by themselves, soon
  for (int word = first; word <= last; ++word) {
    const spec::Reason reason{static_cast<spec::Reason::Word>(word)};
    if (!calm.contains(word)) EXPECT_NE(explained_reason(document, reason.text()), "") << reason;
  }
  for (int word = AnswersWithoutEnd; word <= Unreachable; ++word) {
    const spec::Reason reason{static_cast<spec::Reason::Word>(word)};
    EXPECT_NE(explained_reason(document, reason.text()), "") << reason;
  }
}

TEST(Explain, AKeySaysItsTypeDefaultAndBounds) {
  EXPECT_EQ(run_teal({"explain", "components.replicas"}).out,
            "spec.components[].replicas   integer (0 to 100, default 1)\n");
  EXPECT_EQ(run_teal({"explain", "spec.components[0].replicas"}).out, run_teal({"explain", "components.replicas"}).out);
  const auto health = run_teal({"explain", "spec.components.health"}).out;
  EXPECT_THAT(health, AllOf(StartsWith("spec.components[].health   health\n\nKeys:\n"), HasSubstr("\n  interval "),
                            HasSubstr("duration (default 2s): Go style: 500ms")));
  EXPECT_THAT(run_teal({"explain", "rollout.strategy"}).out, HasSubstr("BlueGreen | Recreate (default BlueGreen)"));
}

TEST(Explain, WithoutAWordThereAreTheKeysOfAManifest) {
  EXPECT_THAT(run_teal({"explain"}).out, AllOf(HasSubstr("  metadata "), HasSubstr("  spec ")));
}

TEST(Explain, AWordThatIsNeitherIsNamedWithTheNearest) {
  const auto key = run_teal({"explain", "spec.rollout.bakee"});
  EXPECT_EQ(key.status, 2);
  EXPECT_THAT(key.err, HasSubstr("spec.rollout has no key bakee; did you mean bake?; there are "));
  EXPECT_THAT(run_teal({"explain", "BackendNotFond"}).err, HasSubstr("did you mean BackendNotFound?"));
  EXPECT_THAT(run_teal({"explain", "spec.version.x"}).err, HasSubstr("spec.version has no keys below it"));
  EXPECT_THAT(run_teal({"explain", "\x1b[31m"}).err, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace teal::cli

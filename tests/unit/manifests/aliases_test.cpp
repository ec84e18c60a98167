// Manifests as users of Compose write them: anchors, aliases and merge keys mean what they would mean written out.
#include <gmock/gmock.h>

#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using test::errors_of;
using test::parsed;
using test::replaced;
using testing::HasSubstr;

constexpr std::string_view with_aliases = R"(apiVersion: teal/v1
kind: Application
metadata: {name: shop}
x-defaults: &defaults
  replicas: 2
  env: &env {A: "1", B: "2"}
  security: {user: "1000:1000"}
x-grace: &grace 90s
spec:
  version: &version "1.0"
  image: registry.example/shop
  env: {RELEASE: *version}
  components:
    - name: api
      port: 8000
      <<: *defaults
      stop: {grace: *grace}
    - <<: [{env: {C: "3"}}, *defaults]
      name: worker
      replicas: 1
      security: &s {user: "2000:2000"}
    - name: mail
      env:
        <<: *env
        B: "4"
      security: *s
)";

constexpr std::string_view written_out = R"(apiVersion: teal/v1
kind: Application
metadata: {name: shop}
spec:
  version: "1.0"
  image: registry.example/shop
  env: {RELEASE: "1.0"}
  components:
    - name: api
      port: 8000
      replicas: 2
      env: {A: "1", B: "2"}
      security: {user: "1000:1000"}
      stop: {grace: 90s}
    - name: worker
      replicas: 1
      env: {C: "3"}
      security: {user: "2000:2000"}
    - name: mail
      env: {A: "1", B: "4"}
      security: {user: "2000:2000"}
)";

TEST(Aliases, MeanTheirAnchorsValueWrittenOut) { EXPECT_EQ(parsed(with_aliases), parsed(written_out)); }

TEST(Aliases, MeanTheLastAnchorOfThatNameAboveThem) {
  auto text = replaced(std::string{written_out}, "A: \"1\", B: \"2\"", "A: &x \"1\", B: &x \"2\"");
  text = replaced(text, "C: \"3\"", "C: *x");
  EXPECT_EQ(parsed(text).spec.components.at(1).env.at("C").text, "2");
}

TEST(Aliases, AMergeKeyInQuotesIsAKey) {
  EXPECT_THAT(errors_of(replaced(std::string{written_out}, "env: {C", "env: {\"<<\": x, C")), HasSubstr("env[\"<<\"]"));
}

TEST(Aliases, ErrorsNameWhereItIsWrittenAndWhichAliasBroughtItThere) {
  const auto twice = errors_of(replaced(std::string{with_aliases}, "replicas: 2", "replicsa: 2"));
  EXPECT_EQ(twice,
            "5:3: spec.components[0].replicsa: unknown key \"replicsa\"; did you mean replicas? (taken over by the "
            "alias in 16:11)\n"
            "5:3: spec.components[1].replicsa: unknown key \"replicsa\"; did you mean replicas? (taken over by the "
            "alias in 18:29)");
  // What only the rules know, and not the reader.
  EXPECT_EQ(errors_of(replaced(std::string{with_aliases}, "security: &s {user", "security: &s {pids: -1, user")),
            "21:21: spec.components[1].security.pids: -1 is out of range: expected 0 to 4194304\n"
            "21:21: spec.components[2].security.pids: -1 is out of range: expected 0 to 4194304 (taken over by the "
            "alias in 26:17)");
  // A value that does where it is written and not where it is brought: the key in whose place it came.
  EXPECT_EQ(errors_of(replaced(std::string{with_aliases}, "port: 8000", "port: *grace")),
            "15:7: spec.components[0].port: expected a whole number, found text");
}

TEST(Aliases, DoNotMakeOtherKeysAtTheTopKnown) {
  EXPECT_THAT(errors_of(replaced(std::string{written_out}, "spec:", "y-other: 1\nspec:")),
              HasSubstr("4:1: y-other: unknown key"));
  EXPECT_THAT(errors_of(replaced(std::string{written_out}, "  image:", "  x-other: 1\n  image:")),
              HasSubstr("unknown key \"x-other\""));
}

// What people's editors, generators and habits put into files that mean the same.
TEST(YamlAsWritten, MeansWhatItsWritersMean) {
  const std::string plain{written_out};
  const std::vector<std::string> same{
      "---\n" + plain,
      "# by hand\n---\n" + plain + "...\n",
      "%YAML 1.2\n---\n" + plain,
      plain + "---\n",
      plain + "---\n# nothing else\n",
      plain + "...\n---\n...\n",
      "\n\n" + plain + "\n   \n\t\n",
      replaced(plain, "port: 8000", "port:\t8000\t# tabs between"),
      replaced(plain, "  components:\n", "  components: # what runs\n\n"),
      replaced(plain, "\"1.0\"\n", "'1.0'\n"),
      replaced(plain, "\"1.0\"\n", "1.0\n"),
      replaced(plain, "registry.example/shop", ">-\n    registry.example/shop"),
      replaced(plain, "replicas: 2", "? replicas\n      : 2"),
  };
  for (const auto& text : same) EXPECT_EQ(errors_of(text), "") << text;
  for (const auto& text : same) EXPECT_EQ(parsed(text), parsed(plain)) << text;
}

struct Habit {
  std::string from;
  std::string to;
  std::string error;
};

TEST(YamlAsWritten, SaysClearlyWhatReadersWouldDifferOn) {
  const std::vector<Habit> habits{
      {"replicas: 2", "replicas: \"2\"", "11:7: spec.components[0].replicas: expected a whole number without quotes"},
      {"replicas: 2", "replicas: 02", "expected a whole number in plain digits (no leading zero"},
      {"replicas: 2", "replicas: 0o2", "expected a whole number in plain digits"},
      {"replicas: 2", "replicas: 2.0", "expected a whole number in plain digits"},
      {"replicas: 2", "replicas: 1_0", "expected a whole number in plain digits"},
      {"A: \"1\"", "A: 1", "YAML reads this as a number: put it in quotes"},
      {"A: \"1\"", "A: no", "YAML reads this as a truth value: put it in quotes"},
      {"A: \"1\"", "A: ", "found nothing: give it a value or remove the key"},
      {"replicas: 2", "replicas: 2\n      replicas: 2",
       "12:7: spec.components[0].replicas: the key \"replicas\" is given"},
      {"replicas: 2", "\xC2\xA0replicas: 2", "did you mean replicas?"},
      {"      replicas: 2", "\xC2\xA0     replicas: 2", "11:1: a blank in the indentation that is no space"},
      {"replicas: 2", "replicas:2",
       "12:10: a \":\" that does not belong here: check the indentation and the line above"},
      {"registry.example/shop", "\xE2\x80\x9Cregistry.example/shop\xE2\x80\x9D", "6:3: spec.image: "},
      {"\"1.0\"\n",
       "\xE2\x80\x9C"
       "1.0\xE2\x80\x9D\n",
       "5:3: spec.version: "},
  };
  for (const auto& [from, to, error] : habits) {
    const auto errors = errors_of(replaced(std::string{written_out}, from, to));
    EXPECT_THAT(errors, HasSubstr(error)) << to;
  }
}

}  // namespace
}  // namespace teal::test

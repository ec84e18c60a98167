// `env` beside fromExec.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "manifests/spec/diff.hpp"
#include "manifests/wire/json.hpp"
#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using test::errors_of;
using test::parsed;
using testing::ElementsAre;
using testing::HasSubstr;

std::string with(const std::string& value) {
  return R"(apiVersion: teal/v1
kind: Application
metadata: {name: shop}
spec:
  version: "1.0"
  image: registry.example/shop
  env:
    PASSWORD: )" +
         value + "\n  components: [{name: api}]\n";
}

TEST(ProgramEnvironment, HoldsTextsFilesAndVariables) {
  const auto application = parsed(with("{fromExec: [vault, x], env: {A: b, T: {fromFile: /t}, K: {fromEnv: KEY}}}"));
  const auto& value = application.spec.env.at("PASSWORD");
  EXPECT_EQ(value.kind, spec::ValueSource::Kind::Exec);
  EXPECT_EQ(value.env.at("A"), (spec::ValueSource{spec::ValueSource::Kind::Literal, "b", {}}));
  EXPECT_EQ(value.env.at("T"), (spec::ValueSource{spec::ValueSource::Kind::File, "/t", {}}));
  EXPECT_EQ(value.env.at("K"), (spec::ValueSource{spec::ValueSource::Kind::Environment, "KEY", {}}));
  const auto text = boost::json::serialize(wire::to_json(application));
  EXPECT_EQ(parsed(text), application) << text;
}

TEST(ProgramEnvironment, IsRefusedWhereItMakesNoSense) {
  EXPECT_THAT(errors_of(with("{fromFile: /x, env: {A: b}}")), HasSubstr("env stands beside fromExec"));
  EXPECT_THAT(errors_of(with("{env: {A: b}}")), HasSubstr("exactly one of fromFile, fromEnv and fromExec"));
  EXPECT_THAT(errors_of(with("{fromExec: [x], env: {A: {fromExec: [y]}}}")),
              HasSubstr("spec.env.PASSWORD.env.A: a program's environment does not come from another program"));
  EXPECT_THAT(errors_of(with("{fromExec: [x], env: {\"1A\": b}}")), HasSubstr("not a variable's name"));
  EXPECT_THAT(errors_of(with("{fromExec: [x], env: {A: {fromFile: relative/path}}}")),
              HasSubstr("spec.env.PASSWORD.env.A.fromFile: expected an absolute path"));
}

TEST(ProgramEnvironment, NestedDeepIsAnErrorAndNothingElse) {
  std::string value = "x";
  for (int i = 0; i < 12; ++i) value = "{fromExec: [y], env: {A: " + value + "}}";
  EXPECT_THAT(errors_of(with(value)), HasSubstr("does not come from another program"));
}

TEST(ProgramEnvironment, AChangeOfItIsANewRevisionThatSaysWhatChanged) {
  const auto before = parsed(with("{fromExec: [vault, x], env: {A: b, T: {fromFile: /t}}}"));
  const auto after = parsed(with("{fromExec: [vault, x], env: {A: c, T: {fromFile: /u}}}"));
  EXPECT_EQ(spec::classify(before.spec, after.spec), spec::ChangeKind::NewRevision);
  EXPECT_THAT(spec::diff(before, after),
              ElementsAre(spec::FieldChange{"spec.env.PASSWORD.env.A", "b", "c"},
                          spec::FieldChange{"spec.env.PASSWORD.env.T", "(file /t)", "(file /u)"}));
  const auto bare = parsed(with("{fromExec: [vault, x]}"));
  EXPECT_EQ(spec::diff(bare, before).size(), 1U);
  EXPECT_THAT(spec::diff(bare, before)[0].path, HasSubstr("spec.env.PASSWORD"));
}

}  // namespace
}  // namespace teal::test

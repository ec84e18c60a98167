// Specs as the store has them: every field is described, and what another release has written is read.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/pfr/core.hpp>

#include "manifests/wire/application.hpp"
#include "manifests/wire/decode_application.hpp"
#include "manifests/wire/json.hpp"
#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;
using test::parsed;
using test::read_example;
using testing::HasSubstr;
using testing::Not;

spec::Application decoded_of(const json::value& document) {
  auto result = wire::decoded<spec::Application>(document, "spec of shop");
  EXPECT_TRUE(result) << result.error().message;
  return result ? *result : spec::Application{};
}

std::string problem_of(const json::value& document) {
  const auto result = wire::decoded<spec::Application>(document, "spec of shop");
  return result ? std::string{"read"} : result.error().message;
}

json::value full() { return wire::to_json(parsed(read_example("full.yaml"))); }

TEST(StoredSpec, ComesBackWhole) {
  for (const std::string name : {"minimal.yaml", "sample.yaml", "generator.yaml", "full.yaml"}) {
    const auto application = parsed(read_example(name));
    EXPECT_EQ(decoded_of(wire::to_json(application)), application) << name;
  }
}

TEST(StoredSpec, GivesOddValuesBack) {
  auto application = parsed(read_example("full.yaml"));
  auto& spec = application.spec;
  spec.env["ODD"] = {spec::ValueSource::Kind::Literal, "a \"b\" \\ 'c' # é\n\ttab {x: [y]} *z &w", {}};
  spec.env["PROGRAM"] = {
      spec::ValueSource::Kind::Exec, "", {"/bin/vault", "read"}, {{"HOME", {spec::ValueSource::Kind::File, "/h"}}}};
  spec.components[0].health.expected_json = {{"", R"({"a":[1,2.5E0,null,true,"x"]})"}, {"/n", "null"}};
  spec.components[0].resources = {std::int64_t{6'291'457}, 0.125};
  spec.rollout.analysis[0].max = 1e-9;
  spec.rollout.windows[0].to_minute = 24 * 60;
  spec.version = "1.10";
  EXPECT_EQ(decoded_of(json::parse(json::serialize(wire::to_json(application)))), application);
}

TEST(StoredSpec, IsReadWithoutTheFieldsOfALaterRelease) {
  const auto as_before = decoded_of(full());
  auto document = full();
  document.as_object()["later"] = 1;
  document.at("spec").as_object()["later"] = json::object{{"a", json::array{1}}};
  document.at_pointer("/spec/components/0").as_object()["later"] = "x";
  EXPECT_EQ(decoded_of(document), as_before);
}

TEST(StoredSpec, HasTodaysDefaultsWhereAnEarlierReleaseHadNoField) {
  auto document = full();
  document.at("spec").as_object().erase("rollout");
  document.at("spec").as_object().erase("hooks");
  document.at_pointer("/spec/components/0").as_object().erase("stop");
  const auto application = decoded_of(document);
  EXPECT_EQ(application.spec.rollout, spec::RolloutPolicy{});
  EXPECT_EQ(application.spec.hooks, spec::Hooks{});
  EXPECT_EQ(application.spec.components[0].stop, spec::Stop{});
}

TEST(StoredSpec, IsTakenAsItStandsWhateverTodaysRulesSay) {
  auto application = parsed(read_example("full.yaml"));
  application.name = "UPPER case";
  application.spec.components[0].replicas = 100'000;
  application.spec.components[0].stop.signal = "SIGNEW";
  application.spec.rollout.windows[0].timezone = "Mars/Base";
  application.spec.rollout.windows[0].to_minute = application.spec.rollout.windows[0].from_minute;
  application.spec.migration.jobs[0].command.clear();
  EXPECT_FALSE(yaml::parse_application(json::serialize(wire::to_json(application)), "a.json").diagnostics.empty());
  EXPECT_EQ(decoded_of(wire::to_json(application)), application);
}

TEST(StoredSpec, CannotBeReadWhenAValueIsOfAnotherKind) {
  const auto with = [](std::string_view pointer, json::value value) {
    auto document = full();
    document.at_pointer(pointer) = std::move(value);
    return problem_of(document);
  };
  EXPECT_EQ(with("/spec/components/0/replicas", "two"),
            "spec of shop: spec.components[0].replicas is no whole number in range");
  EXPECT_EQ(with("/spec/components/0/replicas", 3e9),
            "spec of shop: spec.components[0].replicas is no whole number in range");
  EXPECT_EQ(with("/spec/rollout/strategy", "Canary"),
            "spec of shop: spec.rollout.strategy is none of the words that this teald knows");
  EXPECT_EQ(with("/spec/rollout/bake", 30), "spec of shop: spec.rollout.bake is no text");
  EXPECT_EQ(with("/spec/components", json::object{}), "spec of shop: spec.components is no list");
  EXPECT_EQ(with("/spec", json::array{}), "spec of shop: spec is no object");
  EXPECT_EQ(with("/spec/suspend", 1), "spec of shop: spec.suspend is neither true nor false");
  EXPECT_THAT(with("/spec/env", json::object{{"A", json::object{{"fromVault", "hunter2"}}}}),
              Not(HasSubstr("hunter2")));
}

TEST(StoredSpec, CannotBeReadWithoutWhatHasNoDefault) {
  auto document = full();
  document.at("spec").as_object().erase("image");
  EXPECT_EQ(problem_of(document), "spec of shop: spec has no image");
  EXPECT_EQ(problem_of(json::object{}), "spec of shop has no metadata");
}

// Counts what a description says.
struct Counter : wire::Visitor {
  std::size_t count = 0;

  template <class... Others>
  void operator()(std::string_view, const Others&...) {
    ++count;
  }
  void operator()(std::string_view, auto&, const wire::About&) { ++count; }
  void operator()(std::string_view, auto&, const wire::About&, const auto&) { ++count; }
  template <class Body>
  void group(std::string_view, const wire::About&, const Body& body) {
    body(*this);
  }
  void each(std::string_view, auto&, const wire::About&, const auto&) { ++count; }
  void constant(std::string_view, std::string_view) {}
  void type(std::string_view) {}
  void rule(std::string_view) {}
  void only_with(std::string_view, std::string_view, std::string_view) {}
};

template <class T>
void expect_every_member_described(const char* type) {
  T sample{};
  Counter counter;
  describe(counter, sample);
  EXPECT_EQ(counter.count, boost::pfr::tuple_size_v<T>) << type << " has members that its description leaves out";
}

TEST(StoredSpec, EveryMemberIsDescribed) {
  expect_every_member_described<spec::Application>("Application");
  expect_every_member_described<spec::ApplicationSpec>("ApplicationSpec");
  expect_every_member_described<spec::Migration>("Migration");
  expect_every_member_described<spec::DatabaseTarget>("DatabaseTarget");
  expect_every_member_described<spec::DatabaseUser>("DatabaseUser");
  expect_every_member_described<spec::Hooks>("Hooks");
  expect_every_member_described<spec::Component>("Component");
  expect_every_member_described<spec::HealthCheck>("HealthCheck");
  expect_every_member_described<spec::LoadBalancerUse>("LoadBalancerUse");
  expect_every_member_described<spec::Stop>("Stop");
  expect_every_member_described<spec::Resources>("Resources");
  expect_every_member_described<spec::Mount>("Mount");
  expect_every_member_described<spec::Security>("Security");
  expect_every_member_described<spec::RolloutPolicy>("RolloutPolicy");
  expect_every_member_described<spec::Analysis>("Analysis");
  expect_every_member_described<spec::Window>("Window");
  expect_every_member_described<spec::UpgradePolicy>("UpgradePolicy");
  spec::Job job;
  Counter counter;
  wire::describe_migration_job(counter, job);
  wire::describe_hook(counter, job);
  // Both say what they have in common; a phase is a migration job's only, `required` and `killAfter` a hook's.
  EXPECT_EQ((counter.count - 3) / 2 + 3, boost::pfr::tuple_size_v<spec::Job>);
}

}  // namespace
}  // namespace teal::test

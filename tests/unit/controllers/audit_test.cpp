// Who changed what: on record with the change itself, and only then.
#include "controllers/records/audit.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "controllers/admission/admission.hpp"
#include "manifests/masking/text.hpp"
#include "manifests/parse/parse.hpp"
#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const Time now{std::chrono::milliseconds{1'700'000'000'000}};

records::Requester ann() {
  records::Requester by;
  by.name = "ann";
  by.proof = "token";
  by.from = "10.1.2.3:40122";
  by.method = "PUT";
  by.path = "/apis/teal/v1/applications/shop";
  by.reason = "ticket 7";
  return by;
}

std::string manifest(const std::string& version, const std::string& password = "hunter2") {
  return fmt::format(R"(apiVersion: teal/v1
kind: Application
metadata: {{name: shop}}
spec:
  version: "{}"
  image: shop
  env: {{DATABASE_URL: "postgres://shop:{}@db/shop"}}
  components: [{{name: api}}]
)",
                     version, password);
}

spec::Application parsed(const std::string& text) { return *yaml::parse_application(text, "test").application; }

admission::Register known_after(const admission::Admission& admission, admission::Register known = {}) {
  for (const auto& record : admission.changed) known.put(std::make_shared<const records::ApplicationRecord>(record));
  return known;
}

admission::Admission admitted(const admission::Register& known, const admission::ManifestState& file) {
  admission::Files files{{admission::understood(file)}, false};
  return *files.next(known, now, {}, 1);
}

TEST(Audit, SaysWhoWantedWhichVersionInsteadOfWhich) {
  const auto created = admission::admit_request({}, parsed(manifest("1")), ann(), now);
  ASSERT_THAT(created->audit, SizeIs(1));
  const auto& first = created->audit.front();
  EXPECT_EQ(std::tuple(first.by, first.time, first.application, first.action),
            std::tuple(ann(), now, "shop", "create"));
  EXPECT_EQ(std::tuple(first.generation_before, first.generation_after), std::tuple(0, 1));
  EXPECT_THAT(first.patch, HasSubstr(R"({"op":"add","path":"/spec","value":{"version":"1")"));

  const auto updated = admission::admit_request(known_after(*created), parsed(manifest("2")), ann(), now);
  ASSERT_THAT(updated->audit, SizeIs(1));
  EXPECT_EQ(updated->audit.front().action, "update");
  EXPECT_EQ(updated->audit.front().generation_after, 2);
  EXPECT_EQ(updated->audit.front().patch, R"([{"op":"replace","path":"/spec/version","value":"2"}])");

  const auto deleted = admission::admit_deletion(known_after(*updated), "shop", ann(), now);
  ASSERT_THAT(deleted->audit, SizeIs(1));
  EXPECT_EQ(deleted->audit.front().action, "delete");
  EXPECT_EQ(std::tuple(deleted->audit.front().generation_before, deleted->audit.front().generation_after),
            std::tuple(2, 0));
  EXPECT_THAT(admission::admit_deletion(known_after(*deleted), "shop", ann(), now)->audit, IsEmpty());
}

TEST(Audit, ShowsThatASecretChangedAndNeverWhatItIs) {
  const auto created = admission::admit_request({}, parsed(manifest("1", "hunter2")), ann(), now);
  EXPECT_THAT(created->audit.front().patch, Not(HasSubstr("hunter2")));
  const auto updated =
      admission::admit_request(known_after(*created), parsed(manifest("1", "correct-horse")), ann(), now);
  ASSERT_THAT(updated->audit, SizeIs(1));
  EXPECT_EQ(updated->audit.front().patch,
            R"([{"op":"replace","path":"/spec/env/DATABASE_URL","value":"postgres://shop:***@db/shop"}])");
}

TEST(Audit, KnowsLabelsTooThoughTheyAreNoNewGeneration) {
  const auto created = admission::admit_request({}, parsed(manifest("1")), ann(), now);
  auto labelled = parsed(manifest("1"));
  labelled.labels["team"] = "learning";
  const auto updated = admission::admit_request(known_after(*created), labelled, ann(), now);
  ASSERT_THAT(updated->audit, SizeIs(1));
  EXPECT_EQ(updated->audit.front().generation_after, 1);
  EXPECT_EQ(updated->audit.front().patch, R"([{"op":"add","path":"/metadata/labels/team","value":"learning"}])");
}

TEST(Audit, NamesTheManifestFile) {
  const auto saved = admitted({}, {"/m/shop.yaml", true, manifest("1"), ""});
  ASSERT_THAT(saved.audit, SizeIs(1));
  const auto& by = saved.audit.front().by;
  EXPECT_EQ(std::tuple(by.name, by.proof, by.from), std::tuple("/m/shop.yaml", "manifest file", "/m"));

  const auto known = known_after(saved);
  const auto gone = admitted(known, {"/m/shop.yaml", false, "", ""});
  ASSERT_THAT(gone.audit, SizeIs(1));
  EXPECT_EQ(gone.audit.front().action, "orphan");
  EXPECT_EQ(gone.audit.front().patch, "");
  EXPECT_THAT(admitted(known, {"/m/shop.yaml", true, "no: manifest", ""}).audit, IsEmpty());
}

TEST(Audit, SavingTheSameAgainAsksForNothing) {
  const auto saved = admitted({}, {"/m/shop.yaml", true, manifest("1"), ""});
  const auto broken = admitted(known_after(saved), {"/m/shop.yaml", true, "no: manifest", ""});
  const auto mended = admitted(known_after(broken, known_after(saved)), {"/m/shop.yaml", true, manifest("1"), ""});
  EXPECT_THAT(mended.changed, SizeIs(1));
  EXPECT_THAT(mended.audit, IsEmpty());
}

TEST(Audit, KeepsWhatAStrangerWroteShortPlainAndWithoutPasswords) {
  records::Requester by;
  by.name = "a\x1b[31m\xff";
  by.path = std::string(5000, 'x');
  by.reason = std::string(500, 'y') + " see postgres://ann:hunter2@db";
  const auto entry = records::audit_entry(by, "shop", "retry", now);
  EXPECT_EQ(entry.by.name, "a?[31m?");
  EXPECT_EQ(entry.by.path, std::string(509, 'x') + "…");
  EXPECT_THAT(entry.by.reason, Not(HasSubstr("hunt")));
  EXPECT_LE(entry.by.reason.size(), 512U);
}

TEST(Text, IsCutBetweenTwoCharacters) {
  EXPECT_EQ(masking::printable("grün", 5), "grün");
  EXPECT_EQ(masking::printable("grün!", 5), "gr…");
  EXPECT_EQ(masking::printable("日本語日本語", 9), "日本…");
  EXPECT_EQ(masking::printable("\xC2\x9B\xED\xA0\x80\xC0\xAF\xF5", 99), "????????");
  EXPECT_EQ(masking::printable("é\xE2\x82", 99), "é??");
}

TEST(Audit, HasOneEntryForEachVerbThatIsTaken) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  const auto before = stage.store.all_audit().size();
  records::VerbRequest pause{records::Verb::Pause, std::nullopt, ann()};
  EXPECT_FALSE(stage.wait(stage.teald().request("shop", pause)));  // nothing is under way
  EXPECT_THAT(stage.store.all_audit(), SizeIs(before));

  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(
      stage.run_until([&] { return stage.view()->rollout && stage.view()->rollout->course.target.number == 2; }));
  const auto running = stage.store.all_audit().size();
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", pause)));
  ASSERT_THAT(stage.store.all_audit(), SizeIs(running + 1));
  const auto& paused = stage.store.all_audit().back();
  EXPECT_EQ(std::tuple(paused.action, paused.by, paused.patch), std::tuple("pause", ann(), ""));
  EXPECT_EQ(std::tuple(paused.generation_before, paused.generation_after), std::tuple(2, 2));
}

TEST(Audit, OfARollbackSaysWhatItGoesBackTo) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", {records::Verb::Rollback, std::nullopt, ann()})));
  const auto& entry = stage.store.all_audit().back();
  EXPECT_EQ(entry.action, "rollback");
  EXPECT_EQ(entry.patch, R"([{"op":"replace","path":"/spec/version","value":"1"}])");
}

TEST(Audit, IsNotWrittenWithoutTheChangeNorTheChangeWithoutIt) {
  Stage stage;
  stage.start_teald();
  stage.store.inject(FakeStore::Fault::Fail, 1, "put");
  EXPECT_FALSE(stage.wait(stage.teald().apply(stage.application, ann(), false)));
  EXPECT_THAT(stage.store.all_audit(), IsEmpty());
  ASSERT_TRUE(stage.wait(stage.teald().apply(stage.application, ann(), true)));  // only tried
  EXPECT_THAT(stage.store.all_audit(), IsEmpty());
  stage.store.inject(FakeStore::Fault::LoseAnswer, 1, "put");
  EXPECT_FALSE(stage.wait(stage.teald().apply(stage.application, ann(), false)));
  EXPECT_THAT(stage.store.all_audit(), SizeIs(1));
  ASSERT_TRUE(stage.wait(stage.teald().apply(stage.application, ann(), false)));  // the same again: in force already
  EXPECT_THAT(stage.store.all_audit(), SizeIs(1));
}

}  // namespace
}  // namespace teal::test

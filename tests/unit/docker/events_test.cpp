#include "daemon/drivers/engines/docker/events.hpp"
#include "manifests/foundation/parse_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace teal::docker {
namespace {

using namespace std::chrono_literals;

const std::string die_line =
    R"({"status":"die","id":"abc","from":"i:1","Type":"container","Action":"die","Actor":{"ID":"abc","Attributes":)"
    R"({"exitCode":"3","image":"i:1","name":"a1","teal.application":"shop"}},"scope":"local","time":1795371480,)"
    R"("timeNano":1795371480847251326})";

Time at(int second) { return parse_time("2026-01-01T00:00:00Z").value() + std::chrono::seconds{second}; }

Event event(const std::string& action, int second, const std::string& signal = "", std::optional<int> code = {}) {
  Event event;
  event.action = action;
  event.container_id = "abc";
  event.signal = signal;
  event.exit_code = code;
  event.time = at(second);
  return event;
}

world::Container exited(int code) {
  world::Container container;
  container.id = "abc";
  container.state = world::ContainerState::Exited;
  container.exit_code = code;
  return container;
}

TEST(DockerEvent, ReadsAnEnd) {
  const auto event = parse_event(die_line);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->action, "die");
  EXPECT_EQ(event->container_id, "abc");
  EXPECT_EQ(event->application, "shop");
  EXPECT_EQ(event->exit_code, 3);
  EXPECT_EQ(format_time(event->time), "2026-11-22T18:18:00.847Z");
}

TEST(DockerEvent, RefusesNonsense) {
  for (const std::string line :
       {"", "{", "[]", "null", "1", "{}", R"({"Action":1,"Actor":{"ID":"x"},"timeNano":1})",
        R"({"Action":"die","Actor":[],"timeNano":1})", R"({"Action":"die","Actor":{"ID":"x"},"timeNano":"1"})"}) {
    const auto event = parse_event(line);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error().code, ErrorCode::unavailable);
  }
  for (std::size_t cut = 0; cut < die_line.size(); ++cut) ASSERT_FALSE(parse_event(die_line.substr(0, cut))) << cut;
  EXPECT_FALSE(parse_event(std::string(100'000, '[')));
}

TEST(DockerLines, PutsLinesTogetherHoweverTheyAreSplit) {
  const std::string text = "one\r\ntwo\n\nthree\nrest";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    Lines lines;
    std::vector<std::string> all;
    for (std::size_t i = 0; i < text.size(); i += size) {
      const auto whole = lines.feed(std::string_view{text}.substr(i, size));
      ASSERT_TRUE(whole);
      all.insert(all.end(), whole->begin(), whole->end());
    }
    ASSERT_THAT(all, testing::ElementsAre("one", "two", "three")) << size;
    ASSERT_EQ(lines.rest(), "rest");
  }
}

TEST(DockerLines, RefusesALineWithoutEnd) {
  Lines lines;
  bool refused = false;
  for (int i = 0; i < 200 && !refused; ++i) refused = !lines.feed(std::string(10'000, 'x'));
  EXPECT_TRUE(refused);
}

TEST(DockerWitness, BelievesOnlyACodeThatItSaw) {
  Witness witness;
  auto unseen = exited(0);
  witness.fill(unseen, "SIGTERM");
  EXPECT_FALSE(unseen.exit_witnessed);
  witness.saw(event("die", 5, "", 1));
  auto same = exited(1);
  witness.fill(same, "SIGTERM");
  EXPECT_TRUE(same.exit_witnessed);
  auto other = exited(0);
  witness.fill(other, "SIGTERM");
  EXPECT_FALSE(other.exit_witnessed) << "the engine says 0 now and said 1 then";
}

TEST(DockerWitness, CountsTheStopSignalAndSigkillOnly) {
  Witness witness;
  witness.saw(event("kill", 1, "1"));
  auto container = exited(0);
  witness.fill(container, "SIGTERM");
  EXPECT_FALSE(container.signalled_at);
  witness.saw(event("kill", 2, "15"));
  witness.fill(container, "SIGTERM");
  EXPECT_EQ(container.signalled_at, at(2));
  witness.saw(event("kill", 3, "9"));
  witness.saw(event("kill", 3, "9"));
  witness.fill(container, "SIGTERM");
  EXPECT_EQ(container.signalled_at, at(3));
}

TEST(DockerWitness, RemembersWhatTheEngineForgetsUntilTheContainerIsGone) {
  Witness witness;
  witness.delivered("abc", at(1));
  auto container = exited(0);
  witness.fill(container, "SIGTERM");
  EXPECT_EQ(container.signalled_at, at(1));
  witness.saw(event("destroy", 2));
  auto gone = exited(0);
  witness.fill(gone, "SIGTERM");
  EXPECT_FALSE(gone.signalled_at);
}

world::Container running() {
  world::Container container;
  container.id = "abc";
  container.state = world::ContainerState::Running;
  container.started_at = at(0);
  return container;
}

TEST(DockerWitness, AsksForThePastOfWhatItDidNotStartAndOnce) {
  Witness witness;
  EXPECT_TRUE(witness.asks_about(running()));
  witness.has_read_about(running());
  EXPECT_FALSE(witness.asks_about(running()));

  Witness other;
  other.started("abc");
  EXPECT_FALSE(other.asks_about(running())) << "nothing can have happened to it before";
  auto never = running();
  never.state = world::ContainerState::Created;
  never.started_at.reset();
  EXPECT_FALSE(Witness{}.asks_about(never));
}

TEST(DockerWitness, AsksHowAContainerEndedUntilTheRecordWasReadAfterIt) {
  Witness witness;
  witness.started("abc");
  auto ended = running();
  ended.state = world::ContainerState::Exited;
  witness.has_read_about(running());
  EXPECT_TRUE(witness.asks_about(ended)) << "what was read ends before that";
  witness.has_read_about(ended);
  EXPECT_FALSE(witness.asks_about(ended));
}

TEST(DockerWitness, AsksAfterASignalWhoseAnswerWasLostUntilOneIsDelivered) {
  Witness witness;
  witness.started("abc");
  witness.in_doubt("abc");
  EXPECT_TRUE(witness.asks_about(running()));
  witness.has_read_about(running());
  EXPECT_TRUE(witness.asks_about(running())) << "it may be delivered still";
  witness.delivered("abc", at(1));
  EXPECT_FALSE(witness.asks_about(running()));
}

TEST(DockerSignal, KnowsNamesAndNumbers) {
  EXPECT_EQ(signal_number("SIGTERM"), 15);
  EXPECT_EQ(signal_number("TERM"), 15);
  EXPECT_EQ(signal_number("15"), 15);
  EXPECT_EQ(signal_number("SIGRTMIN+3"), 37);
  EXPECT_EQ(signal_number("SIGRTMAX-1"), 63);
  for (const auto* name : {"", "SIG", "SIGNOPE", "0", "-1", "999", "SIGRTMIN+x", "sigterm;"}) {
    EXPECT_FALSE(signal_number(name)) << name;
  }
}

}  // namespace
}  // namespace teal::docker

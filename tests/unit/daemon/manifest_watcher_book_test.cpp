#include "daemon/manifest_watcher_index.hpp"

#include <gmock/gmock.h>

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using daemon::Cause;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = daemon::FolderEvent::Kind;

class BookTest : public testing::Test {
 protected:
  static admission::ManifestState state(const std::string& name, const std::string& text) {
    admission::ManifestState file;
    file.path = "/m/" + name;
    file.text = text;
    return file;
  }
  static admission::ManifestState missing(const std::string& name) {
    auto file = state(name, "");
    file.exists = false;
    return file;
  }
  static daemon::FolderReading reading(std::vector<admission::ManifestState> files) {
    daemon::FolderReading result;
    result.files = std::move(files);
    return result;
  }
  std::vector<std::string> due(Duration after_start) {
    std::vector<std::string> names;
    for (const auto& asked : book_.take_due(start_ + after_start)) names.push_back(asked.name);
    return names;
  }
  void note(Kind kind, const std::string& name, Duration after_start = 0ms) {
    book_.note(daemon::FolderEvent{kind, name}, start_ + after_start);
  }

  daemon::ManifestIndex::Moment start_ = std::chrono::steady_clock::now();
  daemon::ManifestIndex book_;
};

TEST_F(BookTest, ReadsAClosedFileAtOnceAndAWrittenOneWhenItRests) {
  note(Kind::Whole, "a.yaml");
  note(Kind::Written, "b.yaml");
  note(Kind::Written, "b.yaml", 30ms);
  EXPECT_THAT(due(0ms), ElementsAre("a.yaml"));
  EXPECT_THAT(due(10'029ms), IsEmpty());
  EXPECT_EQ(book_.next_due(), start_ + 10'030ms);
  EXPECT_THAT(due(10'030ms), ElementsAre("b.yaml"));
  EXPECT_FALSE(book_.waits());
}

TEST_F(BookTest, ATouchDoesNotHurryAFileThatIsBeingWritten) {
  note(Kind::Written, "a.yaml");
  note(Kind::Touched, "a.yaml");
  note(Kind::Touched, "b.yaml");
  EXPECT_THAT(due(0ms), ElementsAre("b.yaml"));
}

TEST_F(BookTest, TellsOnlyWhatDiffers) {
  book_.told(reading({state("a.yaml", "1"), state("b.yaml", "1")}));
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "1"), state("b.yaml", "2"), state("c.yaml", "1")}),
                            Cause::Announced, start_),
              SizeIs(2));
  EXPECT_THAT(book_.compare(reading({state("b.yaml", "2")}), Cause::Asked, start_), IsEmpty());
  auto unreadable = state("b.yaml", "");
  unreadable.problem = "Permission denied";
  EXPECT_THAT(book_.compare(reading({unreadable}), Cause::Asked, start_), SizeIs(1));
  EXPECT_THAT(book_.compare(reading({unreadable}), Cause::Asked, start_), IsEmpty());
}

TEST_F(BookTest, AFileIsGoneOnlyWhenItStillIsLater) {
  book_.told(reading({state("a.yaml", "1")}));
  EXPECT_THAT(book_.compare(reading({missing("a.yaml")}), Cause::Asked, start_), IsEmpty());
  EXPECT_THAT(due(99ms), IsEmpty());
  EXPECT_THAT(due(100ms), ElementsAre("a.yaml"));
  const auto changes = book_.compare(reading({missing("a.yaml")}), Cause::Asked, start_ + 100ms);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].path, "/m/a.yaml");
  EXPECT_FALSE(changes[0].exists);
  EXPECT_THAT(book_.compare(reading({missing("a.yaml")}), Cause::Asked, start_ + 300ms), IsEmpty());
}

TEST_F(BookTest, ARenamedFileIsToldTogetherWithItsOldName) {
  for (const auto cause : {Cause::Announced, Cause::Asked}) {
    book_.told(reading({state("a.yaml", "1")}));
    EXPECT_THAT(book_.compare(reading({state("b.yaml", "1"), missing("a.yaml")}), cause, start_), IsEmpty());
    EXPECT_EQ(book_.next_due(), start_ + 100ms);
    EXPECT_THAT(due(100ms), ElementsAre("a.yaml", "b.yaml"));
    EXPECT_THAT(book_.compare(reading({missing("a.yaml"), state("b.yaml", "1")}), Cause::Asked, start_ + 100ms),
                SizeIs(2));
    EXPECT_FALSE(book_.waits());
  }
}

TEST_F(BookTest, ANewFileDoesNotWaitForOneThatWentMissingLater) {
  book_.told(reading({state("a.yaml", "1"), state("z.yaml", "1")}));
  EXPECT_THAT(book_.compare(reading({state("b.yaml", "1"), missing("a.yaml")}), Cause::Asked, start_), IsEmpty());
  EXPECT_THAT(book_.compare(reading({missing("z.yaml")}), Cause::Asked, start_ + 90ms), IsEmpty());
  static_cast<void>(due(100ms));
  EXPECT_THAT(book_.compare(reading({missing("a.yaml"), state("b.yaml", "1")}), Cause::Asked, start_ + 100ms),
              SizeIs(2));
}

TEST_F(BookTest, AFileThatComesBackWasNeverGone) {
  book_.told(reading({state("a.yaml", "1")}));
  EXPECT_THAT(book_.compare(reading({missing("a.yaml")}), Cause::Asked, start_), IsEmpty());
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "1")}), Cause::Asked, start_ + 40ms), IsEmpty());
  EXPECT_FALSE(book_.waits());
  EXPECT_THAT(book_.compare(reading({missing("a.yaml")}), Cause::Asked, start_ + 100ms), IsEmpty());  // a new absence
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "2")}), Cause::Announced, start_ + 110ms), SizeIs(1));
}

TEST_F(BookTest, WhatAWholeReadingLacksIsMissing) {
  book_.told(reading({state("a.yaml", "1"), state("b.yaml", "1")}));
  EXPECT_TRUE(book_.misses_any(reading({state("a.yaml", "1")})));
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "1")}), Cause::Announced, start_), IsEmpty());
  EXPECT_THAT(due(100ms), ElementsAre("b.yaml"));
  EXPECT_THAT(book_.compare(reading({missing("b.yaml")}), Cause::Asked, start_ + 100ms), SizeIs(1));
  EXPECT_EQ(book_.size(), 1U);
}

TEST_F(BookTest, WhatChangedWhileItWasReadIsReadAgain) {
  book_.told(reading({state("a.yaml", "1"), state("b.yaml", "1")}));
  note(Kind::Written, "a.yaml");
  note(Kind::Written, "b.yaml");
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "")}), Cause::Announced, start_), IsEmpty());
  EXPECT_THAT(due(10s), ElementsAre("a.yaml", "b.yaml"));
}

TEST_F(BookTest, AFileThatIsStillOpenIsLeftToItsWriter) {
  daemon::FolderReading result;
  result.being_written = {"a.yaml"};
  EXPECT_THAT(book_.compare(result, Cause::Asked, start_), IsEmpty());
  EXPECT_THAT(due(9'999ms), IsEmpty());
  EXPECT_THAT(due(10s), ElementsAre("a.yaml"));
}

TEST_F(BookTest, WhatARescanFindsIsToldWhenItHasStayedTheSame) {
  book_.told(reading({state("a.yaml", "1"), state("b.yaml", "1")}));
  const auto half = reading({state("a.yaml", "half"), state("b.yaml", "1"), state("c.yaml", "1")});
  EXPECT_THAT(book_.compare(half, Cause::Rescan, start_), IsEmpty());
  EXPECT_THAT(due(1'999ms), IsEmpty());
  EXPECT_THAT(due(2s), ElementsAre("a.yaml", "c.yaml"));
  const auto more = reading({state("a.yaml", "half and more"), state("c.yaml", "1")});
  EXPECT_THAT(book_.compare(more, Cause::Asked, start_ + 2s), SizeIs(1)) << "only c.yaml stayed the same";
  EXPECT_THAT(due(4s), ElementsAre("a.yaml"));
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "half and more")}), Cause::Asked, start_ + 4s), SizeIs(1));
  EXPECT_FALSE(book_.waits());
}

TEST_F(BookTest, WhatIsFoundAfterLostAnnouncementsIsToldWhenItHasStayedTheSame) {
  book_.told(reading({state("a.yaml", "1"), state("b.yaml", "1")}));
  note(Kind::Whole, "a.yaml");  // and written again since, which nobody has heard of
  note(Kind::Written, "b.yaml");
  book_.lose_announcements();
  const auto found = reading({state("a.yaml", "half"), state("b.yaml", "half"), state("c.yaml", "half")});
  EXPECT_THAT(book_.compare(found, Cause::Overflowed, start_), IsEmpty());
  EXPECT_THAT(due(1'999ms), IsEmpty());
  EXPECT_THAT(due(2s), ElementsAre("a.yaml", "c.yaml")) << "b.yaml is still left to its writer";
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "whole"), state("c.yaml", "half")}), Cause::Asked, start_ + 2s),
              SizeIs(1));
  EXPECT_THAT(due(4s), ElementsAre("a.yaml"));
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "whole")}), Cause::Asked, start_ + 4s), SizeIs(1));
}

TEST_F(BookTest, WhatWasSavedWithTheSameTextWhileAnnouncementsWereLostIsTold) {
  auto before = reading({state("a.yaml", "1"), state("b.yaml", "1")});
  before.stamps["a.yaml"] = {.size = 1, .written = 100, .changed = 100};
  before.stamps["b.yaml"] = {.size = 1, .written = 100, .changed = 100};
  book_.told(before);
  auto after = before;
  after.stamps["a.yaml"].written = 200;
  after.stamps["b.yaml"].changed = 200;  // its mode, perhaps
  const auto changes = book_.compare(after, Cause::Overflowed, start_);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].path, "/m/a.yaml");
  EXPECT_THAT(book_.compare(after, Cause::Overflowed, start_), IsEmpty());
}

TEST_F(BookTest, AFileThatWasNotReadAsNothingHasChangedIsThere) {
  book_.told(reading({state("a.yaml", "1"), state("b.yaml", "1")}));
  daemon::FolderReading nothing;
  EXPECT_THAT(book_.compare(nothing, Cause::Rescan, start_), IsEmpty());
  nothing.unchanged = {"a.yaml"};
  EXPECT_THAT(book_.compare(nothing, Cause::Rescan, start_ + 10ms), IsEmpty());
  EXPECT_THAT(due(1s), ElementsAre("b.yaml"));
  EXPECT_THAT(book_.compare(reading({missing("b.yaml")}), Cause::Asked, start_ + 1s), SizeIs(1));
  EXPECT_EQ(book_.size(), 1U);
}

TEST_F(BookTest, WhatARescanFindsIsToldAtOnceWhenItIsClosedOrRefused) {
  book_.told(reading({state("a.yaml", "1"), state("b.yaml", "1")}));
  auto refused = state("b.yaml", "");
  refused.problem = "others can write it";
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "half"), refused}), Cause::Rescan, start_), SizeIs(1));
  note(Kind::Whole, "a.yaml", 1s);
  EXPECT_THAT(due(1s), ElementsAre("a.yaml"));
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "2")}), Cause::Asked, start_ + 1s), SizeIs(1));
}

TEST_F(BookTest, WhatARescanFindsAndTheNextReadingDoesNotWasNeverThere) {
  book_.told(reading({state("a.yaml", "1")}));
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "half")}), Cause::Rescan, start_), IsEmpty());
  EXPECT_THAT(due(2s), ElementsAre("a.yaml"));
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "1")}), Cause::Asked, start_ + 2s), IsEmpty());
  EXPECT_THAT(book_.compare(reading({state("a.yaml", "half")}), Cause::Asked, start_ + 3s), SizeIs(1));
}

}  // namespace
}  // namespace teal::test

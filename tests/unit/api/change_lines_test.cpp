// A change is written once for all who watch.
#include "daemon/api/change_lines.hpp"

#include <gtest/gtest.h>

#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

status::SharedView view_of(const std::string& name) {
  status::ApplicationView view;
  view.record.application = sample_application(name);
  return std::make_shared<const status::ApplicationView>(std::move(view));
}

TEST(ChangeLines, WritesAChangeOnceForAllWhoWatch) {
  status::Board board{1};
  api::SharedList objects{board};
  api::ChangeLines lines{objects};
  const auto shop = view_of("shop");
  const auto* first = &lines.of({status::Change::Type::Modified, shop});
  EXPECT_TRUE(first->starts_with(R"({"type":"MODIFIED","object":{"apiVersion")")) << *first;
  EXPECT_TRUE(first->ends_with("}\n"));
  EXPECT_EQ(&lines.of({status::Change::Type::Modified, shop}), first);
}

TEST(ChangeLines, TellsChangesApart) {
  status::Board board{1};
  api::SharedList objects{board};
  api::ChangeLines lines{objects};
  const auto shop = view_of("shop");
  const auto added = lines.of({status::Change::Type::Added, shop});
  EXPECT_NE(lines.of({status::Change::Type::Deleted, shop}), added);
  EXPECT_NE(lines.of({status::Change::Type::Added, view_of("other")}), added);
  for (int i = 0; i < 100; ++i) (void)lines.of({status::Change::Type::Modified, view_of(std::to_string(i))});
  EXPECT_EQ(lines.of({status::Change::Type::Added, shop}), added) << "also once it was forgotten";
}

}  // namespace
}  // namespace teal::test

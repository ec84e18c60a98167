#include "controllers/records/json_patch.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>

namespace teal::test {
namespace {

namespace json = boost::json;

records::JsonView plain(const json::value& value) { return {value, value}; }

std::string patch(const char* before, const char* after) {
  return json::serialize(records::json_patch(plain(json::parse(before)), plain(json::parse(after))));
}

// RFC 6902, the three operations, by Boost.JSON's own pointers but for the last step.
json::value applied(json::value document, const json::array& operations) {
  for (const auto& operation : operations) {
    const auto& object = operation.as_object();
    const std::string op{object.at("op").as_string()};
    const std::string path{object.at("path").as_string()};
    if (path.empty()) {
      EXPECT_EQ(op, "replace");
      document = object.at("value");
      continue;
    }
    const auto slash = path.rfind('/');
    auto& parent = document.at_pointer(path.substr(0, slash));
    std::string last = path.substr(slash + 1);
    for (auto at = last.find('~'); at != std::string::npos; at = last.find('~', at + 1)) {
      last.replace(at, 2, last[at + 1] == '0' ? "~" : "/");
    }
    if (auto* members = parent.if_object()) {
      EXPECT_EQ(members->contains(last), op != "add") << path;
      if (op == "remove") {
        members->erase(last);
      } else {
        (*members)[last] = object.at("value");
      }
      continue;
    }
    auto& elements = parent.as_array();
    const auto index = static_cast<std::size_t>(std::stoul(last));
    if (op == "add") {
      EXPECT_LE(index, elements.size());
      elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(index), object.at("value"));
    } else if (op == "remove") {
      elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(index));
    } else {
      elements.at(index) = object.at("value");
    }
  }
  return document;
}

TEST(JsonPatch, SaysWhatWasAddedRemovedAndReplaced) {
  EXPECT_EQ(
      patch(R"({"a":1,"b":{"c":2,"d":3}})", R"({"b":{"c":4,"d":3},"e":[5]})"),
      R"([{"op":"remove","path":"/a"},{"op":"replace","path":"/b/c","value":4},{"op":"add","path":"/e","value":[5]}])");
  EXPECT_EQ(patch(R"({"a":[1]})", R"({"a":{"b":1}})"), R"([{"op":"replace","path":"/a","value":{"b":1}}])");
  EXPECT_EQ(patch(R"({"a":[1,{"b":2}]})", R"({"a":[1,{"b":2}]})"), "[]");
}

TEST(JsonPatch, NamesKeysAsPointersDo) {
  EXPECT_EQ(patch(R"({"a/b":{"m~n":1,"":2}})", R"({"a/b":{"m~n":3,"":4}})"),
            R"([{"op":"replace","path":"/a~1b/m~0n","value":3},{"op":"replace","path":"/a~1b/","value":4}])");
}

TEST(JsonPatch, LeavesWhatListsBeginAndEndWithAlone) {
  EXPECT_EQ(patch("[1,2,3,4]", "[1,2,9,3,4]"), R"([{"op":"add","path":"/2","value":9}])");
  EXPECT_EQ(patch("[1,2,3,4,5]", "[1,5]"),
            R"([{"op":"remove","path":"/3"},{"op":"remove","path":"/2"},{"op":"remove","path":"/1"}])");
  EXPECT_EQ(patch(R"([{"n":"api","r":1},{"n":"web"}])", R"([{"n":"api","r":2},{"n":"web"}])"),
            R"([{"op":"replace","path":"/0/r","value":2}])");
}

TEST(JsonPatch, ShowsThatASecretChangedAndNotWhatItIs) {
  const records::JsonView before{json::parse(R"({"env":{"A":"x","P":"old"},"list":["old",1]})"),
                                 json::parse(R"({"env":{"A":"x","P":"***"},"list":["***",1]})")};
  const records::JsonView after{json::parse(R"({"env":{"A":"x","P":"new"},"list":["new",1]})"),
                                json::parse(R"({"env":{"A":"x","P":"***"},"list":["***",1]})")};
  EXPECT_EQ(json::serialize(records::json_patch(before, after)),
            R"([{"op":"replace","path":"/env/P","value":"***"},{"op":"replace","path":"/list/0","value":"***"}])");
}

// A mask may stand for more than a text, and where it does the shapes differ.
TEST(JsonPatch, ReplacesByTheMaskWhereThatHasAnotherShape) {
  const records::JsonView before{json::parse(R"({"run":["tool","--password","old"]})"),
                                 json::parse(R"({"run":"***"})")};
  const records::JsonView after{json::parse(R"({"run":["tool","--password","new"]})"), json::parse(R"({"run":"***"})")};
  EXPECT_EQ(json::serialize(records::json_patch(before, after)), R"([{"op":"replace","path":"/run","value":"***"}])");
}

class Documents {
 public:
  explicit Documents(unsigned seed) : random_(seed) {}

  json::value any(int depth = 0) {
    switch (below(depth < 4 ? 7 : 4)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return below(4);
      case 3:
        return json::string_view{words_[static_cast<std::size_t>(below(5))]};
      case 4: {
        json::array list;
        for (int i = below(5); i > 0; --i) list.push_back(any(depth + 1));
        return list;
      }
      default: {
        json::object object;
        for (int i = below(5); i > 0; --i) object[words_[static_cast<std::size_t>(below(5))]] = any(depth + 1);
        return object;
      }
    }
  }

  // Something else in a few places, as an edit does.
  void edit(json::value& value) {
    if (below(6) == 0) {
      value = any(2);
    } else if (auto* list = value.if_array()) {
      for (auto& one : *list) {
        if (below(2) == 0) edit(one);
      }
      if (below(3) == 0) list->insert(list->begin() + below(static_cast<int>(list->size()) + 1), any(3));
      if (below(3) == 0 && !list->empty()) list->erase(list->begin() + below(static_cast<int>(list->size())));
    } else if (auto* object = value.if_object()) {
      for (auto& member : *object) {
        if (below(2) == 0) edit(member.value());
      }
      if (below(3) == 0) (*object)[words_[static_cast<std::size_t>(below(5))]] = any(3);
      if (below(3) == 0 && !object->empty()) object->erase(object->begin());
    }
  }

  // The words that are secret here, masked.
  static json::value masked(const json::value& value) {
    if (const auto* text = value.if_string()) return *text == "s/e~cret" || *text == "" ? json::value("***") : value;
    if (const auto* list = value.if_array()) {
      json::array out;
      for (const auto& one : *list) out.push_back(masked(one));
      return out;
    }
    if (const auto* object = value.if_object()) {
      json::object out;
      for (const auto& member : *object) out[member.key()] = masked(member.value());
      return out;
    }
    return value;
  }

 private:
  int below(int end) { return std::uniform_int_distribution<>(0, end - 1)(random_); }

  std::mt19937 random_;
  std::array<const char*, 5> words_{"", "a", "b/c", "d~e", "s/e~cret"};
};

TEST(JsonPatch, AppliedToWhatWasGivesWhatIs) {
  int changed = 0;
  for (unsigned seed = 0; seed < 20000; ++seed) {
    Documents documents{seed};
    const auto before = documents.any();
    auto after = before;
    documents.edit(after);
    const auto shown_before = Documents::masked(before);
    const auto shown_after = Documents::masked(after);
    const auto operations = records::json_patch({before, shown_before}, {after, shown_after});
    ASSERT_EQ(applied(shown_before, operations), shown_after)
        << "seed " << seed << ": " << before << " → " << after << ": " << operations;
    ASSERT_EQ(operations.empty(), before == after) << "seed " << seed << ": " << before << " → " << after;
    changed += operations.empty() ? 0 : 1;
  }
  EXPECT_GT(changed, 5000);
}

}  // namespace
}  // namespace teal::test

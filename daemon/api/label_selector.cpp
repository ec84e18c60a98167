#include "daemon/api/label_selector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "manifests/spec/text_rules.hpp"

namespace teal::api {
namespace {

constexpr std::string_view special = "=!(),<>";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

class LabelSelector::Reader {
 public:
  explicit Reader(std::string_view text) : all_(text), rest_(text) {}

  Result<LabelSelector> read() {
    LabelSelector selector;
    if (peek().empty()) return selector;
    for (;;) {
      auto requirement = read_requirement();
      if (!requirement) return requirement.error();
      selector.requirements_.push_back(std::move(*requirement));
      if (peek().empty()) return selector;
      if (take() != ",") return wrong("expected a comma before the next requirement");
    }
  }

 private:
  Result<Requirement> read_requirement() {
    Requirement one;
    const bool is_denied = peek() == "!";
    if (is_denied) take();
    one.key = take();
    if (!spec::is_label_key(one.key)) return wrong(fmt::format("\"{}\" is not a label's key", one.key));
    one.is = is_denied ? Operator::Missing : Operator::Exists;
    if (is_denied || peek().empty() || peek() == ",") return one;
    const auto word = take();
    if (word == "in" || word == "notin") {
      one.is = word == "in" ? Operator::In : Operator::NotIn;
      return read_values(std::move(one));
    }
    const bool is_equal = word == "=" || word == "==";
    if (!is_equal && word != "!=" && word != ">" && word != "<") {
      return wrong(fmt::format("expected one of =, ==, !=, in, notin, > and < after \"{}\"", one.key));
    }
    // `key=` asks for the empty value.
    const auto value = peek().empty() || peek() == "," ? std::string{} : take();
    if (!spec::is_label_value(value)) return wrong(fmt::format("\"{}\" is not a label's value", value));
    if (word == ">" || word == "<") {
      const auto bound = whole_number(value);
      if (!bound) return wrong(fmt::format("expected a whole number after \"{}{}\"", one.key, word));
      one.is = word == ">" ? Operator::Greater : Operator::Less;
      one.bound = *bound;
      return one;
    }
    one.is = is_equal ? Operator::In : Operator::NotIn;
    one.values.insert(value);
    return one;
  }

  Result<Requirement> read_values(Requirement one) {
    if (take() != "(") return wrong(fmt::format("expected (…) with the values of \"{}\"", one.key));
    for (;;) {
      const auto value = peek() == "," || peek() == ")" ? std::string{} : take();
      if (!spec::is_label_value(value)) return wrong(fmt::format("\"{}\" is not a label's value", value));
      one.values.insert(value);
      const auto next = take();
      if (next == ")") return one;
      if (next != ",") return wrong(fmt::format("expected a comma or ) among the values of \"{}\"", one.key));
    }
  }

  [[nodiscard]] Error wrong(const std::string& what) const {
    return Error{ErrorCode::invalid, fmt::format("labelSelector \"{}\": {}", all_, what)};
  }

  // The next word or sign; empty: that was all.
  std::string_view peek() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    if (rest_.empty()) return {};
    for (const std::string_view two : {"==", "!="}) {
      if (rest_.starts_with(two)) return rest_.substr(0, 2);
    }
    if (special.find(rest_.front()) != std::string_view::npos) return rest_.substr(0, 1);
    const auto end =
        std::ranges::find_if(rest_, [](char c) { return is_blank(c) || special.find(c) != std::string_view::npos; });
    return rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  }

  std::string take() {
    const std::string word{peek()};
    rest_.remove_prefix(word.size());
    return word;
  }

  std::string_view all_;
  std::string_view rest_;
};

Result<LabelSelector> LabelSelector::parse(std::string_view text) { return Reader{text}.read(); }

bool LabelSelector::holds(const Requirement& requirement, const Labels& labels) {
  const auto found = labels.find(requirement.key);
  const bool exists = found != labels.end();
  switch (requirement.is) {
    case Operator::In:
      return exists && requirement.values.contains(found->second);
    case Operator::NotIn:
      return !exists || !requirement.values.contains(found->second);
    case Operator::Exists:
      return exists;
    case Operator::Missing:
      return !exists;
    case Operator::Greater:
    case Operator::Less: {
      const auto number = exists ? whole_number(found->second) : std::nullopt;
      if (!number) return false;
      return requirement.is == Operator::Greater ? *number > requirement.bound : *number < requirement.bound;
    }
  }
  return false;
}

bool LabelSelector::matches(const Labels& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& one) { return holds(one, labels); });
}

}  // namespace teal::api

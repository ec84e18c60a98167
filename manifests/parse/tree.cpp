#include "manifests/parse/tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <map>
#include <set>
#include <streambuf>
#include <utility>

#include "manifests/parse/aliases.hpp"
#include "manifests/parse/source_text.hpp"

namespace teal::yaml {
namespace {

// Thrown out of the parser's callbacks, which have no other way to end it; caught in load_tree.
struct Enough {};

constexpr std::size_t most_problems = 50;
constexpr int most_documents = 16;  // empty ones, which are passed over, included

class Builder final : public YAML::EventHandler {
 public:
  Builder(const SourceText& source, Report& report, Limits limits)
      : source_(source), report_(report), limits_(limits) {}

  std::optional<Node> root;
  std::optional<std::size_t> last_quoted;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) second_ = offset(mark);
    if (documents_ > most_documents) refuse_second();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // A "---" at the end of a file, as generators write it, begins nothing.
    if (second_ && open_.empty() && !is_written(offset(mark))) return;
    Node node;
    node.position = source_.position(null_offset(mark));
    if (anchor != YAML::NullAnchor && !is_written(offset(mark))) {
      refuse(node.position, "an anchor (&name) has no value: give it one, or put a text that begins with & in quotes");
    }
    keep(anchor, node);
    deliver(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto at = source_.position(offset(mark));
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      refuse(at, "an alias (*name) refers to a value that contains it");
      return OnNull(mark, YAML::NullAnchor);
    }
    const auto& [node, weight] = found->second;
    if (static_cast<int>(open_.size()) + weight.depth > deepest_nesting) too_deep(at);
    spend(weight, at);
    auto copy = node;
    brought_by(copy, at);
    deliver(std::move(copy));
  }

  void OnAnchor(const YAML::Mark&, const std::string&) override {}  // it comes with its value

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Node::Kind::Scalar;
    node.position = source_.position(offset(mark));
    node.text = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (node.quoted) last_quoted = offset(mark);
    check_tag(mark, tag);
    keep(anchor, node);
    deliver(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, Node::Kind::Sequence);
    open_.back().block = style == YAML::EmitterStyle::Block;
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::Mapping);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::set<std::string, std::less<>> keys;
    std::optional<Entry> entry;  // its key has come, its value not yet
    std::optional<Node> merged;  // what stands behind its <<
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool block = false;  // a list of "- " lines
    bool skip = false;   // the entry was refused: its value is dropped
    bool merge = false;  // the entry is <<
  };

  struct Anchored {
    Node node;
    TreeWeight weight;
  };

  void refuse(std::size_t where, std::string message, std::string plain = {}) {
    refuse(source_.position(where), std::move(message), std::move(plain));
  }

  void refuse(Position position, std::string message, std::string plain = {}) {
    report_.add(position, path(), std::move(message), std::move(plain));
    if (++problems_ >= most_problems) throw Enough{};
  }

  // Of what is being read: every open list and mapping, and where in it we are.
  std::string path() const {
    std::string path;
    for (const auto& opened : open_) {
      if (opened.node.kind == Node::Kind::Sequence) {
        path = item_path(path, opened.node.items.size());
      } else if (opened.entry) {
        path = child_path(path, opened.entry->key);
      }
    }
    return path;
  }

  std::size_t offset(const YAML::Mark& mark) const { return source_.offset(mark.line, mark.column); }

  bool is_written(std::size_t null_at) const {
    const auto rest = source_.text().substr(null_at);
    return rest.starts_with('~') || rest.starts_with('n') || rest.starts_with('N');
  }

  // A missing value is noticed only at what follows it.
  std::size_t null_offset(const YAML::Mark& mark) const {
    const auto at = offset(mark);
    const bool item = !open_.empty() && open_.back().block;
    return !is_written(at) && item ? source_.dash_before(at) : at;
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    static const std::set<std::string, std::less<>> known{"",
                                                          "?",
                                                          "!",
                                                          "tag:yaml.org,2002:str",
                                                          "tag:yaml.org,2002:int",
                                                          "tag:yaml.org,2002:float",
                                                          "tag:yaml.org,2002:bool",
                                                          "tag:yaml.org,2002:null",
                                                          "tag:yaml.org,2002:map",
                                                          "tag:yaml.org,2002:seq"};
    if (known.contains(tag)) return;
    // Not quoted: a password that begins with ! and stands without quotes is a tag.
    constexpr auto sentence = "a tag is not supported: remove it, or put a text that begins with ! in quotes";
    refuse(offset(mark), sentence, sentence);
  }

  [[noreturn]] void too_deep(Position where) {
    report_.add(where, "", fmt::format("nested deeper than {} levels", deepest_nesting));
    throw Enough{};  // without the path, which is as deep
  }

  // What an anchor keeps and an alias brings is counted as if it stood there: a few lines of aliases of aliases mean
  // billions of values.
  void spend(const TreeWeight& weight, Position where) {
    copied_bytes_ += weight.bytes;
    nodes_ += weight.values;
    if (copied_bytes_ <= limits_.bytes && nodes_ <= limits_.values) return;
    report_.add(where, "",
                fmt::format("the aliases (*name) up to here come to more than {} values or {} bytes", limits_.values,
                            limits_.bytes));
    throw Enough{};
  }

  void keep(YAML::anchor_t anchor, const Node& node) {
    if (anchor == YAML::NullAnchor) return;
    const auto weight = weigh(node);
    spend(weight, node.position);
    anchors_[anchor] = {node, weight};
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    if (static_cast<int>(open_.size()) >= deepest_nesting) too_deep(source_.position(offset(mark)));
    check_tag(mark, tag);
    Open opened;
    opened.anchor = anchor;
    opened.node.kind = kind;
    opened.node.position = source_.position(offset(mark));
    open_.push_back(std::move(opened));
  }

  void close() {
    if (open_.back().merged) merge(open_.back());
    auto node = std::move(open_.back().node);
    const auto anchor = open_.back().anchor;
    open_.pop_back();
    keep(anchor, node);
    deliver(std::move(node));
  }

  void merge(Open& mapping) {
    for (const auto& problem : merge_into(mapping.node, *mapping.merged)) refuse(problem.position, problem.message);
  }

  void deliver(Node node) {
    if (++nodes_ > limits_.values) {
      report_.add(node.position, "", fmt::format("more than {} values in one file", limits_.values));
      throw Enough{};
    }
    if (second_) refuse_second();
    if (open_.empty()) {
      if (!root) root = std::move(node);
      return;
    }
    auto& parent = open_.back();
    if (parent.node.kind == Node::Kind::Sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.entry) {
      begin_entry(parent, std::move(node));
    } else {
      if (open_.size() == 1 && !parent.skip) report_.found(parent.entry->key, node.text);
      if (parent.merge) parent.merged = std::move(node);
      if (!parent.merge) parent.entry->value = std::move(node);
      if (!parent.skip && !parent.merge) parent.node.entries.push_back(std::move(*parent.entry));
      parent.entry.reset();
    }
  }

  void refuse_second() {
    const auto where = *std::exchange(second_, std::nullopt);
    report_.add(source_.position(where), "", "a second document begins here: expected one document in a file");
    throw Enough{};
  }

  void begin_entry(Open& parent, Node key) {
    parent.entry = Entry{key.text, key.position, {}};
    parent.skip = true;
    parent.merge = false;
    if (key.kind != Node::Kind::Scalar) {
      const bool mapping = key.kind == Node::Kind::Mapping;
      refuse(key.position, fmt::format("a key must be a word, not a list, a mapping or nothing{}",
                                       mapping ? ": is {{ … }} a template that was not filled in?" : ""));
    } else if (!parent.keys.insert(key.text).second) {
      const bool merge = key.text == "<<";
      refuse(
          key.position,
          fmt::format("the key {} is given twice{}", in_quotes(key.text), merge ? ": merge a list, <<: [*a, *b]" : ""),
          "a key is given twice");
    } else {
      parent.skip = false;
      parent.merge = key.text == "<<" && !key.quoted;
    }
  }

  const SourceText& source_;
  Report& report_;
  Limits limits_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;  // those whose value has been read
  int documents_ = 0;
  std::optional<std::size_t> second_;  // where a second document begins, if anything comes in it
  std::size_t problems_ = 0;
  std::size_t nodes_ = 0;         // copies included
  std::size_t copied_bytes_ = 0;  // kept for anchors and brought by aliases
};

// Reads the text where it lies: a stringstream would copy it.
struct ViewBuffer : std::streambuf {
  explicit ViewBuffer(std::string_view text) {
    auto* begin = const_cast<char*>(text.data());  // a get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

constexpr std::string_view tab_words = "a tab in the indentation: indent with spaces";
constexpr std::string_view odd_blank_words =
    "a blank in the indentation that is no space, as pages and chats put there: indent with spaces";

std::string plain_words(const YAML::ParserException& error) {
  const std::string_view message = error.msg;
  if (message == YAML::ErrorMsg::TAB_IN_INDENTATION) return std::string{tab_words};
  if (message == YAML::ErrorMsg::EOF_IN_SCALAR) return "the file ends inside a quoted text: a closing quote is missing";
  if (message == YAML::ErrorMsg::END_OF_MAP)
    return "this does not belong here: expected \"key: value\" or less indentation";
  if (message == YAML::ErrorMsg::END_OF_SEQ)
    return "this does not belong here: expected \"- item\" or less indentation";
  if (message == YAML::ErrorMsg::END_OF_MAP_FLOW)
    return "a \"{\" is never closed, or something in it is not \"key: value\"";
  if (message == YAML::ErrorMsg::END_OF_SEQ_FLOW) return "a \"[\" is never closed, or a comma is missing";
  if (message == YAML::ErrorMsg::MAP_VALUE)
    return "a \":\" that does not belong here: check the indentation and the line above (behind a \":\" comes a "
           "blank), "
           "or quote the text";
  if (message == YAML::ErrorMsg::BLOCK_ENTRY)
    return "a \"- \" that does not belong here: a list begins on a line of its own";
  if (message.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR)) {
    return "an alias (*name) whose anchor (&name) is not defined above it: text that begins with * needs quotes";
  }
  return fmt::format("not valid YAML: {}", message);
}

// The parser's own words may hold a piece of the text ("unknown escape character: x").
std::string words_without_text(const YAML::ParserException& error) {
  auto words = plain_words(error);
  return words.starts_with("not valid YAML") ? "not valid YAML" : words;
}

}  // namespace

std::optional<Node> load_tree(std::string_view text, Report& report, Limits limits) {
  const SourceText source{text, limits.bytes};
  if (auto problem = source.problem()) {
    report.add(problem->position, "", std::move(problem->message), std::move(problem->plain));
    return std::nullopt;
  }
  Builder builder{source, report, limits};
  try {
    ViewBuffer buffer{source.text()};
    std::istream stream{&buffer};
    YAML::Parser parser{stream};
    while (parser.HandleNextDocument(builder)) {  // a second one with anything in it ends this
    }
  } catch (const Enough&) {
    return std::nullopt;
  } catch (const YAML::ParserException& error) {
    const auto at = source.offset(error.mark.line, error.mark.column);
    if (const auto blank = source.odd_indentation(at)) {
      const bool tab = source.text().at(*blank) == '\t';
      report.add(source.position(*blank), "", std::string{tab ? tab_words : odd_blank_words});
    } else {
      report.add(source.position(at), "", plain_words(error), words_without_text(error));
    }
    return std::nullopt;
  }
  if (builder.last_quoted && source.is_unterminated(*builder.last_quoted)) {
    report.add(source.position(*builder.last_quoted), "", "this quote is never closed");
    return std::nullopt;
  }
  if (!builder.root) report.add(Position{}, "", "the file is empty: expected a document with apiVersion and kind");
  return std::move(builder.root);
}

}  // namespace teal::yaml

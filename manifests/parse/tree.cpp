#include "manifests/parse/tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <set>
#include <streambuf>

#include "manifests/parse/source_text.hpp"

namespace teal::yaml {
namespace {

// Thrown out of the parser's callbacks, which have no other way to end it; caught in load_tree.
struct Enough {};

constexpr std::size_t most_problems = 50;

class Builder final : public YAML::EventHandler {
 public:
  Builder(const SourceText& source, Report& report, std::size_t most_values)
      : source_(source), report_(report), most_values_(most_values) {}

  std::optional<Node> root;
  std::optional<std::size_t> last_quoted;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) refuse(offset(mark), "a second document begins here: expected one document in a file");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node;
    node.position = source_.position(null_offset(mark));
    deliver(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(offset(mark), "an alias (*name) is not supported: write the value out");
    OnNull(mark, 0);
  }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    refuse(offset(mark), "an anchor (&name) is not supported: write the value out where it is needed");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    Node node;
    node.kind = Node::Kind::Scalar;
    node.position = source_.position(offset(mark));
    node.text = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (node.quoted) last_quoted = offset(mark);
    check_tag(mark, tag);
    deliver(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, Node::Kind::Sequence);
    open_.back().block = style == YAML::EmitterStyle::Block;
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, Node::Kind::Mapping);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::set<std::string, std::less<>> keys;
    std::optional<Entry> entry;  // its key has come, its value not yet
    bool block = false;          // a list of "- " lines
    bool skip = false;           // the entry was refused: its value is dropped
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

  // A missing value is noticed only at what follows it.
  std::size_t null_offset(const YAML::Mark& mark) const {
    const auto at = offset(mark);
    const auto rest = source_.text().substr(at);
    const bool written = rest.starts_with('~') || rest.starts_with('n') || rest.starts_with('N');
    const bool item = !open_.empty() && open_.back().block;
    return !written && item ? source_.dash_before(at) : at;
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

  void open(const YAML::Mark& mark, const std::string& tag, Node::Kind kind) {
    if (static_cast<int>(open_.size()) >= deepest_nesting) {
      report_.add(source_.position(offset(mark)), "", fmt::format("nested deeper than {} levels", deepest_nesting));
      throw Enough{};  // without the path, which is as deep
    }
    check_tag(mark, tag);
    Open opened;
    opened.node.kind = kind;
    opened.node.position = source_.position(offset(mark));
    open_.push_back(std::move(opened));
  }

  void close() {
    auto node = std::move(open_.back().node);
    open_.pop_back();
    deliver(std::move(node));
  }

  void deliver(Node node) {
    if (++nodes_ > most_values_) {
      report_.add(node.position, "", fmt::format("more than {} values in one file", most_values_));
      throw Enough{};
    }
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
      parent.entry->value = std::move(node);
      if (!parent.skip) parent.node.entries.push_back(std::move(*parent.entry));
      parent.entry.reset();
    }
  }

  void begin_entry(Open& parent, Node key) {
    parent.entry = Entry{key.text, key.position, {}};
    parent.skip = true;
    if (key.kind != Node::Kind::Scalar) {
      refuse(key.position, "a key must be a word, not a list, a mapping or nothing");
    } else if (key.text == "<<" && !key.quoted) {
      refuse(key.position, "merge keys (<<) are not supported: write the keys out");
    } else if (!parent.keys.insert(key.text).second) {
      refuse(key.position, fmt::format("the key {} is given twice", in_quotes(key.text)), "a key is given twice");
    } else {
      parent.skip = false;
    }
  }

  const SourceText& source_;
  Report& report_;
  std::size_t most_values_;
  std::vector<Open> open_;
  int documents_ = 0;
  std::size_t problems_ = 0;
  std::size_t nodes_ = 0;
};

// Reads the text where it lies: a stringstream would copy it.
struct ViewBuffer : std::streambuf {
  explicit ViewBuffer(std::string_view text) {
    auto* begin = const_cast<char*>(text.data());  // a get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

std::string plain_words(const YAML::ParserException& error) {
  const std::string_view message = error.msg;
  if (message == YAML::ErrorMsg::TAB_IN_INDENTATION) return "a tab in the indentation: indent with spaces";
  if (message == YAML::ErrorMsg::EOF_IN_SCALAR) return "the file ends inside a quoted text: a closing quote is missing";
  if (message == YAML::ErrorMsg::END_OF_MAP)
    return "this does not belong here: expected \"key: value\" or less indentation";
  if (message == YAML::ErrorMsg::END_OF_SEQ)
    return "this does not belong here: expected \"- item\" or less indentation";
  if (message == YAML::ErrorMsg::END_OF_MAP_FLOW)
    return "a \"{\" is never closed, or something in it is not \"key: value\"";
  if (message == YAML::ErrorMsg::END_OF_SEQ_FLOW) return "a \"[\" is never closed, or a comma is missing";
  if (message == YAML::ErrorMsg::MAP_VALUE)
    return "a \":\" that does not belong here: check the indentation, or quote the text";
  if (message == YAML::ErrorMsg::BLOCK_ENTRY)
    return "a \"- \" that does not belong here: a list begins on a line of its own";
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
  Builder builder{source, report, limits.values};
  try {
    ViewBuffer buffer{source.text()};
    std::istream stream{&buffer};
    YAML::Parser parser{stream};
    // Two are enough: the second is refused.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
  } catch (const Enough&) {
    return std::nullopt;
  } catch (const YAML::ParserException& error) {
    report.add(source.position(source.offset(error.mark.line, error.mark.column)), "", plain_words(error),
               words_without_text(error));
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

// The masked view of a spec. Every text of it is looked at, so that a new field is masked without anybody's thinking of
// it; where a value stands under a name, the name counts.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "manifests/masking/mask_commands.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/parse/report.hpp"
#include "manifests/spec/text_rules.hpp"
#include "manifests/wire/json.hpp"

namespace teal::wire {
namespace {

namespace json = boost::json;

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }
std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

class Masker {
 public:
  std::string masked_before;         // the path of the first mask that stood there already
  std::vector<std::string> written;  // the paths of secrets that stand there

  void value(const std::string& path, json::value& value) {
    if (auto* text = value.if_string()) return mask_text(path, *text, masking::TellingWords::Anywhere);
    if (auto* list = value.if_array()) {
      for (std::size_t i = 0; i < list->size(); ++i) this->value(yaml::item_path(path, i), (*list)[i]);
    }
    if (auto* object = value.if_object()) {
      for (auto& member : *object)
        this->member(yaml::child_path(path, view(member.key())), member.key(), member.value());
    }
  }

 private:
  void member(const std::string& path, json::string_view key, json::value& found) {
    if ((key == "env" || key == "credentials") && found.is_object()) {
      for (auto& each : found.get_object()) {
        variable(yaml::child_path(path, view(each.key())), view(each.key()), each.value(), key == "credentials");
      }
    } else if (key == "headers" && found.is_object()) {
      for (auto& each : found.get_object()) {
        auto* text = each.value().if_string();
        const auto name = yaml::child_path(path, view(each.key()));
        if (text != nullptr && spec::is_secret_header(view(each.key())))
          hide(name, *text);
        else
          value(name, each.value());
      }
    } else if (key == "password" && found.is_string()) {
      hide(path, found.get_string());
    } else if (key == "command" && found.is_array()) {
      arguments(path, found.get_array());
    } else if (key == "fromExec" && found.is_array()) {
      program(path, found.get_array());
    } else {
      value(path, found);
    }
  }

  void variable(const std::string& path, std::string_view name, json::value& found, bool is_credential) {
    auto* text = found.if_string();
    if (text == nullptr) return value(path, found);
    const bool is_secret =
        is_credential ? !spec::names_place(name) : spec::sounds_secret(name) && !spec::counts_tokens(name, view(*text));
    if (is_secret) return hide(path, *text);
    mask_text(path, *text, masking::TellingWords::Manifest);
  }

  void arguments(const std::string& path, json::array& list) {
    auto program = masking::CommandProgram::Other;
    auto holds = masking::NextWord::Ordinary;  // of the option before
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto* text = list[i].if_string();
      if (text == nullptr) continue;
      const auto where = yaml::item_path(path, i);
      const std::string argument{view(*text)};
      if (const auto named = masking::program_of(argument); named != masking::CommandProgram::Other) program = named;
      auto secret = masking::secret_in_word(argument, holds);
      if (!secret) secret = masking::secret_in_option(argument, program);
      if (secret) {
        hide(where, *text, *secret);
      } else {
        mask_text(where, *text, masking::TellingWords::Manifest);
      }
      holds = masking::secret_in_word(argument, holds) ? masking::NextWord::Ordinary
                                                       : masking::next_word(argument, program);
    }
  }

  // Who is asked is worth knowing; what for may be a secret itself.
  void program(const std::string& path, json::array& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (auto* text = list[i].if_string(); text != nullptr && view(*text) == masking::secret_mask)
        note(yaml::item_path(path, i));
    }
    if (list.size() > 1) {
      list.resize(1);
      list.emplace_back(json::string_view{masking::secret_mask});
    }
    if (!list.empty() && list[0].is_string()) mask_text(path, list[0].get_string(), masking::TellingWords::Manifest);
  }

  void hide(const std::string& path, json::string& text) {
    if (view(text) == masking::secret_mask) note(path);
    if (!text.empty()) written.push_back(path);
    if (!text.empty()) text = json::string_view{masking::secret_mask};
  }

  void hide(const std::string& path, json::string& text, masking::TextSpan span) {
    json::string secret{view(text).substr(span.from, span.to - span.from)};
    hide(path, secret);
    text = json::string{std::string{view(text).substr(0, span.from)} + std::string{view(secret)} +
                        std::string{view(text).substr(span.to)}};
  }

  void mask_text(const std::string& path, json::string& text, masking::TellingWords words) {
    const auto spans = masking::telling_spans(view(text), words);
    if (spans.empty()) return;
    for (const auto& span : spans) {
      const auto inner = view(text).substr(span.from, span.to - span.from);
      if (inner == masking::secret_mask) note(path);
      // What a shell puts in there is not written there.
      if (!inner.empty() && inner.find('$') > 1 && (written.empty() || written.back() != path)) written.push_back(path);
    }
    text = json::string{masking::with_masks(view(text), spans)};
  }

  void note(const std::string& path) {
    if (masked_before.empty()) masked_before = path;
  }
};

}  // namespace

std::string mask_document(json::value& document) {
  Masker masker;
  masker.value("", document);
  return std::move(masker.masked_before);
}

json::object to_public_json(const spec::Application& application) {
  json::value document = to_json(application);
  mask_document(document);
  return std::move(document.as_object());
}

std::vector<std::string> secrets_written_in(const spec::Application& application) {
  json::value document = to_json(application);
  Masker masker;
  masker.value("", document);
  return std::move(masker.written);
}

std::string masked_command(const std::vector<std::string>& command) {
  json::array list;
  for (const auto& argument : command) list.emplace_back(json::string{argument});
  json::value document = json::object{{"command", std::move(list)}};
  mask_document(document);
  std::string text;
  for (const auto& argument : document.at("command").as_array()) {
    text += (text.empty() ? "" : " ") + std::string{view(argument.as_string())};
  }
  return text;
}

}  // namespace teal::wire

#include "daemon/api/list_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "manifests/foundation/digest.hpp"

namespace teal::api {
namespace {

constexpr std::size_t most_lists = 32;  // that somebody may be in the middle of

}  // namespace

ListPlace ListPages::begin() {
  const auto version = board_.version();
  if (newest_.empty() || newest_.front().version != version) {
    newest_.push_front({version, std::make_shared<const std::vector<status::SharedView>>(board_.list()), 0});
    if (newest_.size() > most_lists) newest_.pop_back();
  }
  return newest_.front();
}

std::string ListPages::token(std::uint64_t version, std::string_view last) {
  return encode_base64url(fmt::format("{}:{}", version, last));
}

Result<ListPlace> ListPages::at(std::string_view token) const {
  const auto text = decode_base64(token).value_or("");
  const auto colon = text.find(':');
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + std::min(colon, text.size()), version);
  if (colon == std::string::npos || error != std::errc{} || end != text.data() + colon) {
    return Error{ErrorCode::invalid, "continue is not what a list has answered as metadata.continue"};
  }
  const auto found = std::ranges::find(newest_, version, &ListPlace::version);
  if (found == newest_.end()) {
    return Error{ErrorCode::not_found,
                 "the list that continue belongs to is forgotten, as much has changed since: list again"};
  }
  auto place = *found;
  const auto name_of = [](const status::SharedView& view) -> const std::string& {
    return view->record.application.name;
  };
  const auto next = std::ranges::upper_bound(*place.views, text.substr(colon + 1), {}, name_of);
  place.first = static_cast<std::size_t>(next - place.views->begin());
  return place;
}

}  // namespace teal::api

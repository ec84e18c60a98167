#include "manifests/foundation/percent.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace teal {

namespace urls = boost::urls;

std::string percent_encode(std::string_view text) { return urls::encode(text, urls::unreserved_chars); }

std::optional<std::string> percent_decode(std::string_view text, PlusMeans plus) {
  const auto coded = urls::make_pct_string_view(text);
  if (!coded) return std::nullopt;
  urls::encoding_opts options;
  options.space_as_plus = plus == PlusMeans::Space;
  return coded->decode(options);
}

}  // namespace teal

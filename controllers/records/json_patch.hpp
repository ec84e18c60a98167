// The difference of two JSON documents, as an RFC 6902 patch.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace teal::records {

// A document as it is, and as it may be shown: the same but for masks where secrets stand.
struct JsonView {
  boost::json::value whole;
  boost::json::value shown;
};

// Operations "add", "remove" and "replace" that, applied in their order to `before.shown`, give `after.shown`. Nothing
// of `whole` is in it; where only that differs, the shown value replaces itself, so that the change is seen. Objects
// are compared by key, arrays by index between what they begin and end with alike.
[[nodiscard]] boost::json::array json_patch(const JsonView& before, const JsonView& after);

}  // namespace teal::records

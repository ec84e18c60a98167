// Who changed what, and who was refused: a list, or lines as they come.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <chrono>

#include "daemon/api/handlers.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "manifests/foundation/parse_time.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

// A moment, or how long ago: RFC 3339, "90m", "24h", "7d".
Result<std::optional<Time>> since_parameter(const Request& request, Time now) {
  const auto text = text_parameter(request, "since");
  if (!request.query.contains("since")) return std::optional<Time>{};
  if (const auto moment = parse_time(text)) return std::optional{*moment};
  const bool in_days = text.ends_with('d');
  const auto duration = parse_duration(in_days ? text.substr(0, text.size() - 1) + "h" : text);
  constexpr auto longest = std::chrono::hours{100 * 8760};
  if (!duration || *duration > longest / 24) {
    return Error{ErrorCode::invalid, "since must be a moment (2026-11-30T04:00:00Z) or a duration (90m, 24h, 7d)"};
  }
  return std::optional{now - *duration * (in_days ? 24 : 1)};
}

// The store tells nobody of new entries, so it is asked, only while somebody follows: at each change on the board, and
// now and then for those that change nothing there.
boost::asio::awaitable<void> stream_audit(Services& services, ports::AuditQuery query, SinkPtr sink) {
  const std::weak_ptr<Sink> weak = sink;
  const auto subscription = services.board.subscribe([weak](const status::Change&) {
    if (const auto alive = weak.lock()) alive->wake();
  });
  for (;;) {
    const auto found = co_await services.store.audit(query);
    std::string text;
    if (found) {
      for (const auto& entry : *found) {
        text += wire::json_text(wire::encode(audit_object(entry))) + "\n";
        query.after = entry.sequence;
      }
      if (!query.after) query.after = 0;  // all that comes, however much at once
    }
    if (!text.empty() && !co_await sink->write(std::move(text))) co_return;
    const bool has_more = found && found->size() == query.limit && query.limit > 0;
    if (!co_await sink->wait(has_more ? Duration{0} : services.event_check)) co_return;
  }
}

}  // namespace

Answer list_audit(Services& services, Request request) {
  const auto follow = flag_parameter(request, "follow");
  if (!follow) co_return bad_request(follow.error().message);
  const auto limit = number_parameter(request, "limit", 5000);
  if (!limit) co_return bad_request(limit.error().message);
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const auto since = since_parameter(request, now);
  if (!since) co_return bad_request(since.error().message);
  ports::AuditQuery query;
  query.application = text_parameter(request, "application");
  query.since = *since;
  query.limit = limit->value_or(500);
  query.fitting = request.identity.applications;  // of which alone one who is limited sees the entries
  Response response;
  if (*follow) {
    response.stream = [&services, query](SinkPtr sink) { return stream_audit(services, query, std::move(sink)); };
    co_return response;
  }
  const auto found = co_await services.store.audit(query);
  if (!found) co_return failure(found.error());
  json::array items;
  for (const auto& entry : *found) items.push_back(wire::encode(audit_object(entry)));
  const auto newest = found->empty() ? 0 : found->back().sequence;
  response.body =
      wire::json_text(list_object("AuditList", static_cast<std::uint64_t>(newest), std::move(items))) + "\n";
  co_return response;
}

}  // namespace teal::api

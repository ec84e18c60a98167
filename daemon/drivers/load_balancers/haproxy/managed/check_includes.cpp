// What `teald --check` says of the files that become part of HAProxy's configuration.
#include "daemon/drivers/load_balancers/haproxy/managed/edge.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_folder.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_includes.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_state.hpp"

namespace teal::haproxy {

Result<void> check_includes(const EdgeOptions& options) {
  EdgeState state;
  if (const auto text = read_file(options.place.file("state.json"))) {
    auto present = read_state(*text);
    if (present) state = std::move(*present);
  }
  EdgeIncludes includes{options.place, options.include, options.program};
  auto texts = includes.read();
  // That something is not there is what is wrong.
  if (!texts) return Error{ErrorCode::invalid, texts.error().message};
  state.includes = std::move(*texts);
  auto judged = includes.judge(state);
  if (!judged) return Error{ErrorCode::invalid, judged.error().message};
  return judged;
}

}  // namespace teal::haproxy

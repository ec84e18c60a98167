// The descriptions (manifests/wire/field.hpp) of what records keep of the world.
#pragma once

#include "controllers/world/database.hpp"
#include "manifests/wire/decode.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::world {

template <class V>
void describe(V& v, wire::Is<DatabaseFinding> auto& finding) {
  v("type", finding.type);
  v("reason", finding.reason);
  v("message", finding.message);
  v("blocks", finding.blocks);
  v("passes", finding.passes);
}

}  // namespace teal::world

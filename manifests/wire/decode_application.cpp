#include "manifests/wire/decode_application.hpp"

#include "manifests/wire/application.hpp"
#include "manifests/wire/decode.hpp"

namespace teal {

void decode(const wire::Place& place, Application& out) {
  wire::Decoder decoder{place};
  describe(decoder, out);
}

}  // namespace teal

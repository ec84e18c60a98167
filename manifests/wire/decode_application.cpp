#include "manifests/wire/decode_application.hpp"

#include "manifests/wire/application.hpp"
#include "manifests/wire/decode.hpp"

namespace teal::wire {

void decode(const Place& place, spec::Application& out) {
  Decoder decoder{place};
  describe(decoder, out);
}

}  // namespace teal::wire

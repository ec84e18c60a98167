// A stream goes on for as long as whoever asked may have it: a token that is revoked or expires ends it.
#pragma once

#include "daemon/access/gate.hpp"
#include "daemon/api/message.hpp"

namespace teal::api {

// From now on the answer's stream, if it is one, asks again each second and at each write whether `credentials` still
// are those of `identity`. Handlers know nothing of it. The gate outlives the stream.
void guard_stream(const access::Gate& gate, access::Credentials credentials, access::Identity identity,
                  Response& response);

}  // namespace teal::api

// A stream lasts only as long as its caller is authorized: it ends when the token is revoked or expires.
#pragma once

#include "daemon/access/gate.hpp"
#include "daemon/api/message.hpp"

namespace teal::api {

// From now on the answer's stream, if it is one, asks again each second and at each write whether `credentials` still
// are those of `identity`. Handlers know nothing of it. The gate outlives the stream.
void guard_stream(const access::Gate& gate, access::Credentials credentials, access::Identity identity,
                  Response& response);

}  // namespace teal::api

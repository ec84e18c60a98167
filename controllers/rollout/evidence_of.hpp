// Records what is observed of a failing rollout, before anything of it is removed.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Takes down a server of the target before it is removed, since nothing runs behind it: its counters go with it, and
// the verdict on its replica may come later.
void note_server(Pass& pass, const BackendView& view, const world::Server& server);

// A job that still ran when the evidence was taken: how it ended, once it has. A rollout that went on and succeeded
// keeps what was recorded.
void complete_evidence(Pass& pass);

// Replaces what was recorded before; it is evidence of `reason`.
void take_evidence(Pass& pass, const spec::Reason& reason);

}  // namespace teal::rollout

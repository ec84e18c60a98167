#pragma once
// SIGTERM as the sample application understands it.
namespace sample {

// Installs the handler and returns a descriptor that becomes (and stays) readable with the first SIGTERM or SIGINT.
// With `second_kills`, the next one ends the process at once with status 143, whatever it is doing, as Dramatiq's
// worker does. With `ignore`, signals are logged and nothing else happens.
[[nodiscard]] int stop_descriptor(bool ignore, bool second_kills);

}  // namespace sample

// fromExec: a value printed by a program.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::secrets {

struct SecretProgram {
  std::vector<std::string> command;  // run as it stands, without a shell
  Duration deadline = std::chrono::seconds{30};
  std::shared_ptr<const std::atomic<bool>> stopping;  // see ProgramCall
  masking::SecretEnvironment
      environment{};                        // beside, or in place of, teald's own PATH, HOME and LANG; names are unique
  std::vector<masking::Secret> unspoken{};  // of the environment: values that no error may quote
};

// Runs it with that environment and no other and takes what it prints, without one newline at the end, of at most 64
// KiB of text. What it prints may also be a JSON object with the one member `value`, which then is the value: for
// helpers that answer in JSON. Any other JSON is taken as it stands. Blocks: for a BlockingPool.
//
// Errors name the program, never its arguments or what it printed, but for the last line of its standard error, without
// what looks like a secret: not_found and denied (it cannot be run), timed_out, unavailable (it failed), invalid (it
// printed nothing, too much, what is no text, or JSON that ends too early), cancelled.
[[nodiscard]] Result<masking::Secret> read_secret_program(const SecretProgram& program);

// The last line of a text that says something, at most 200 bytes of it, without what may be secret: `output`,
// `unspoken`, `arguments` of four bytes and more, the values of teald's own variables that are named like secrets,
// passwords in connection strings, and words that look like keys.
[[nodiscard]] std::string presentable_complaint(const masking::Secret& complaint, const masking::Secret& output,
                                                const std::vector<masking::Secret>& unspoken,
                                                const std::vector<std::string>& arguments);

}  // namespace teal::secrets

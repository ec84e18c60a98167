// Containers and images as an engine reports them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "manifests/foundation/time.hpp"

namespace teal::world {

enum class Role { Serve, Migrate };  // label teal.role: serve | migrate

enum class ContainerState {
  Created,  // never started
  Running,  // its process runs
  Exited,   // its process ended, or the engine could not start it
};

struct Container {
  std::string id;
  std::string name;
  std::string application;
  std::string unit;  // label teal.component or teal.job
  Role role = Role::Serve;
  int revision = 0;
  int index = 0;  // replica index from 0; a job's attempt from 1
  ContainerState state = ContainerState::Created;
  std::string image_id;
  std::string version;             // label teal.version: its spec's; empty: an older teald made it
  std::string image_digest;        // label teal.digest; the same
  std::optional<Time> started_at;  // set once it was ever started, even if it has ended since
  std::optional<Time> finished_at;
  std::optional<int> exit_code;      // set when Exited
  bool exit_witnessed = false;       // the engine vouches for `exit_code`; without that it may lie
  std::optional<Time> signalled_at;  // when it was last asked to stop, by whomever, as far as the engine can tell
  bool out_of_memory = false;
  std::string engine_error;            // why the engine could not start it; Running: why it cannot be looked at closely
  std::optional<std::string> address;  // where teald and load balancers reach its port: "host:port"; set while Running
  std::string command_to_end;          // what a person types to end it, since Teal ends no job; empty: there is no such

  bool operator==(const Container&) const = default;
};

// A container that bears our owner's labels and yet is not one that we made: a copy, or ours under another name. It is
// nobody's replica and nobody's job, and it is left alone.
struct Stranger {
  std::string id;
  std::string name;
  std::string expected;           // the name that its labels say; empty: they say none
  std::string command_to_remove;  // what a person types to remove it; empty: there is no such

  bool operator==(const Stranger&) const = default;
};

// Which kind of thing the id is depends on the engine's image store: the digest of the image's configuration, or that
// of its manifest, and then it is the registry's digest as well. So ids are compared with ids of the same engine only,
// and that both are equal says nothing about where the image came from.
struct Image {
  std::string id;      // what containers are created from: immutable, of this engine
  std::string digest;  // the registry's digest where it has one, else the id
  // The engine has it as repository@digest, by which it can be pulled again: what was pulled or pushed is, and where
  // the id is the manifest's digest also what was built there.
  bool named_by_digest = false;

  bool operator==(const Image&) const = default;
};

}  // namespace teal::world

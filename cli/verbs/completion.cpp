// teal completion bash|zsh|fish. The scripts know nothing: they ask `teal __complete` (cli/complete.hpp).
#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

constexpr std::string_view bash = R"(# bash completion for teal; to load: source <(teal completion bash)
_teal() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ":files" ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done < <(command teal __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _teal teal
)";

constexpr std::string_view zsh = R"(#compdef teal
# zsh completion for teal; to load: source <(teal completion zsh)
_teal() {
  local line
  local -a candidates
  for line in "${(@f)$(command teal __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == ":files" ]]; then
      _files
    elif [[ -n $line ]]; then
      candidates+=("${line%%$'\t'*}:${line#*$'\t'}")
    fi
  done
  (( $#candidates )) && _describe teal candidates
}
if [[ $funcstack[1] == _teal ]]; then _teal "$@"; else compdef _teal teal; fi
)";

constexpr std::string_view fish = R"(# fish completion for teal; to load: teal completion fish | source
function __teal_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in (command teal __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c teal -f -a '(__teal_complete)'
)";

}  // namespace

Handler declare_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return [shell](Context& context) {
    context.out << (*shell == "bash" ? bash : *shell == "zsh" ? zsh : fish);
    return ExitStatus::Done;
  };
}

}  // namespace teal::cli

// Owns the scripts that make a shell ask `jts-hot complete` what may come next. What it answers is answer.ts's.
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** `self`: what to call, as a shell takes it. */
export function completionScript(shell: Shell, self: string): string {
  return SCRIPTS[shell].replaceAll('@SELF@', () => self);
}

const BASH = `# bash completion of jts-hot. For every bash:  jts-hot completion bash | sudo tee /etc/bash_completion.d/jts-hot
_jts_hot() {
  local lines
  COMPREPLY=()
  mapfile -t lines < <(command @SELF@ complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case \${lines[0]-} in
    files) compopt -o default ;;
    directories) compopt -o dirnames ;;
    *) COMPREPLY=("\${lines[@]:1}") ;;
  esac
}
complete -F _jts_hot jts-hot
`;

const ZSH = `#compdef jts-hot
# zsh completion of jts-hot. Save it as _jts-hot in a directory of $fpath, or load it after compinit:
#   source <(jts-hot completion zsh)
_jts-hot() {
  local -a lines
  lines=("\${(@f)$(command @SELF@ complete zsh "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ $PREFIX == --*=* ]] && compset -P '*='
  case $lines[1] in
    files) _files ;;
    directories) _files -/ ;;
    *)
      lines=("\${(@)lines[2,-1]}")
      (( $#lines )) && _describe jts-hot lines
      ;;
  esac
}
if [[ $funcstack[1] == _jts-hot ]]; then _jts-hot "$@"; else compdef _jts-hot jts-hot; fi
`;

const FISH = `# fish completion of jts-hot. Save it as ~/.config/fish/completions/jts-hot.fish
function __jts_hot
    set -l token (commandline -ct)
    set -l typed (commandline -opc)
    set -l lines (command @SELF@ complete fish $typed[2..-1] $token 2>/dev/null)
    set -l flag (string match -r -- '^--[^=]*=' $token)
    set -l path (string replace -- "$flag" '' $token)
    switch "$lines[1]"
        case files
            printf "$flag%s\\n" (__fish_complete_path $path)
        case directories
            printf "$flag%s\\n" (__fish_complete_directories $path)
        case '*'
            printf '%s\\n' $lines[2..-1]
    end
end
complete -c jts-hot -f -a '(__jts_hot)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

#compdef zfs-guix
# Completions of zfs-guix for zsh, to be added to ~/.zshrc, or to be the file
# _zfs-guix in a directory of $fpath.
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_zfs_guix() {
  local -a found
  found=("${(@f)$(zfs-guix --complete "${(@)words[1,CURRENT]}" 2>/dev/null)}")
  if [[ -n $found ]]; then
    # A word and what it means, a colon between them.
    found=("${(@)found/$'\t'/:}")
    _describe zfs-guix found
  else
    _files
  fi
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
  _zfs_guix "$@"
else
  compdef _zfs_guix zfs-guix
fi

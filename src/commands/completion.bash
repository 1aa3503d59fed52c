# Completions of zfs-guix for bash, to be added to ~/.bashrc.
_zfs_guix() {
  local IFS=$'\n' words=("${COMP_WORDS[@]:0:COMP_CWORD+1}")
  mapfile -t COMPREPLY < <(compgen -W "$(zfs-guix --complete "${words[@]}" 2>/dev/null | cut -f1)" -- "${words[COMP_CWORD]}")
}
# Where there are none, the names of files and directories.
complete -o bashdefault -o default -F _zfs_guix zfs-guix

# Completions of zfs-guix for fish: ~/.config/fish/completions/zfs-guix.fish.
function __zfs_guix_complete
    set -l current (commandline -ct)
    set -l found (zfs-guix --complete (commandline -opc) "$current" 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c zfs-guix -f -a '(__zfs_guix_complete)'

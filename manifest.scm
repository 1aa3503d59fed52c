;; What the commands of README.md need: 'guix shell' in this directory.

(specifications->manifest
 '("gcc-toolchain" "git" "guile" "node" "make"))
